// hetscope-gbench: the same catalogue behind Google Benchmark's front door. Every case of the given scenarios is a
// benchmark with manual time; all --benchmark_* flags work. The cases, kernels and clock are those of `hetscope run`;
// only the loop that decides how often to repeat is Google Benchmark's.
//
//   hetscope-gbench scenarios/smoke/copy.json --benchmark_filter=memcpy
//
// Google Benchmark reports the mean of a repetition. For a median as `run` has it, ask for many short repetitions:
// --benchmark_min_time=0.002 --benchmark_repetitions=100 --benchmark_report_aggregates_only=true.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "harness/core/clock.hpp"
#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/kernel/verify.hpp"
#include "harness/measure/batch.hpp"
#include "harness/processor/processor.hpp"
#include "harness/run/runner.hpp"
#include "harness/run/scenario.hpp"
#include "kernels/catalog.hpp"

namespace hetscope {
namespace {

// A case that is prepared and verified, kept for all its repetitions: they time the same memory, as rounds do.
struct Prepared {
  std::string line;
  std::vector<Operand> inputs;
  std::unique_ptr<Runnable> runnable;
  Work work;
  std::int64_t batch = 1;  // iterations of a timed batch; the same in each repetition, as Google Benchmark wants it
};

struct Context {
  Catalog catalog = make_catalog();
  ProcessorSet processors;
  MonotonicClock clock;
  std::unique_ptr<Prepared> prepared;  // the last case; after the processors, which it uses
};

constexpr std::int64_t kMinBatchNs = 200'000;

// As the runner does. Throws Error for what cannot run or is wrong.
std::unique_ptr<Prepared> prepare(Context& context, const Case& item) {
  auto prepared = std::make_unique<Prepared>();
  prepared->line = item.line();
  const Operation& operation = context.catalog.operations().at(item.operation());
  const Kernel& kernel = context.catalog.kernels().at(item.kernel());
  std::vector<Processor*> on;
  for (const std::string& name : item.processors()) on.push_back(&context.processors.at(name));
  if (const Support support = kernel.supports(item, on); !support) throw Error("unsupported: " + support.reason());
  prepared->inputs = operation.inputs(item, seed_from(problem_key(item, operation)));
  prepared->runnable = kernel.prepare(item, on, prepared->inputs);
  prepared->work = kernel.executed_work(item, operation);
  const EnteredRunnable entered(*prepared->runnable);
  prepared->runnable->run(1);
  auto expectations = own_reference(kernel, operation, item, prepared->inputs);
  if (!expectations) expectations = operation.reference(item, prepared->inputs);
  const Verification verification = verify(prepared->runnable->outputs(), *expectations, operation.tolerance(item));
  if (!verification.matches) throw Error("mismatch: " + verification.reason);
  for (std::int64_t elapsed_ns = 0;
       (elapsed_ns = time_batch(context.clock, *prepared->runnable, prepared->batch)) < kMinBatchNs;) {
    prepared->batch = grown_batch(prepared->batch, elapsed_ns, kMinBatchNs);
  }
  return prepared;
}

// Times batches of at least 200 us.
void measure(benchmark::State& state, Context& context, const Case& item) {
  try {
    if (!context.prepared || context.prepared->line != item.line()) {
      context.prepared.reset();
      context.prepared = prepare(context, item);
    }
    Prepared& prepared = *context.prepared;
    const EnteredRunnable entered(*prepared.runnable);
    // Each repetition begins warm, as each visit of a round does.
    prepared.runnable->run(prepared.batch);
    while (state.KeepRunningBatch(prepared.batch)) {
      state.SetIterationTime(static_cast<double>(time_batch(context.clock, *prepared.runnable, prepared.batch)) * 1e-9);
    }
    if (prepared.work.bytes > 0) state.SetBytesProcessed(state.iterations() * prepared.work.bytes);
    if (prepared.work.flops > 0) {
      state.counters["flops"] = benchmark::Counter(static_cast<double>(state.iterations() * prepared.work.flops),
                                                   benchmark::Counter::kIsRate);
    }
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
  }
}

int run(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  Context context;
  std::vector<std::string> paths(argv + 1, argv + argc);
  if (paths.empty() || paths.front().front() == '-') {
    throw Error(paths.empty() ? "no scenario" : "unknown option " + paths.front(), "",
                "usage: hetscope-gbench SCENARIO... [--benchmark_*]");
  }
  const Discovery discovery = context.processors.discover();
  for (const std::string& path : paths) {
    for (const PlannedGroup& group : expand(load_scenario(path), context.catalog, discovery.found)) {
      for (const PlannedCase& planned : group.cases) {
        const Case item = planned.item();
        if (item.text_or("cache", "hot") != "hot") continue;  // evicting per iteration is the Session's affair
        benchmark::RegisterBenchmark(planned.line.c_str(), [&context, item](benchmark::State& state) {
          measure(state, context, item);
        })->UseManualTime();
      }
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace hetscope

int main(int argc, char** argv) {
  try {
    return hetscope::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hetscope-gbench: %s\n", error.what());
    return 2;
  }
}

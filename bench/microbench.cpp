// hetscope-gbench: the same catalogue behind Google Benchmark's front door. Every case of the given scenarios is a
// benchmark with manual time; all --benchmark_* flags work. The cases, kernels and clock are those of `hetscope run`;
// only the loop that decides how often to repeat is Google Benchmark's.
//
//   hetscope-gbench scenarios/smoke/copy.json --benchmark_filter=memcpy
#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "harness/core/clock.hpp"
#include "harness/core/error.hpp"
#include "harness/kernel/verify.hpp"
#include "harness/measure/batch.hpp"
#include "harness/processor/processor.hpp"
#include "harness/run/scenario.hpp"
#include "kernels/catalog.hpp"

namespace hetscope {
namespace {

struct Context {
  Catalog catalog = make_catalog();
  ProcessorSet processors;
  MonotonicClock clock;
};

// Prepares and verifies as the runner does, then times batches of at least 200 us. `batch` is found by the first
// repetition and kept, because Google Benchmark wants the same number of iterations in each.
void measure(benchmark::State& state, Context& context, const Case& item, std::int64_t& batch) {
  try {
    const Operation& operation = context.catalog.operations().at(item.operation());
    const Kernel& kernel = context.catalog.kernels().at(item.kernel());
    std::vector<Processor*> on;
    for (const std::string& name : item.processors()) on.push_back(&context.processors.at(name));
    if (const Support support = kernel.supports(item, on); !support) {
      state.SkipWithError(("unsupported: " + support.reason()).c_str());
      return;
    }
    const std::vector<Operand> inputs = operation.inputs(item, 1);
    const std::unique_ptr<Runnable> runnable = kernel.prepare(item, on, inputs);
    const EnteredRunnable entered(*runnable);
    runnable->run(1);
    const Verification verification =
        verify(runnable->outputs(), operation.reference(item, inputs), operation.tolerance(item));
    if (!verification.matches) {
      state.SkipWithError(("mismatch: " + verification.reason).c_str());
      return;
    }
    if (batch == 0) {
      batch = 1;
      for (std::int64_t elapsed_ns = 0; (elapsed_ns = time_batch(context.clock, *runnable, batch)) < 200'000;) {
        batch = grown_batch(batch, elapsed_ns, 200'000);
      }
    }
    while (state.KeepRunningBatch(batch)) {
      state.SetIterationTime(static_cast<double>(time_batch(context.clock, *runnable, batch)) * 1e-9);
    }
    const Work work = kernel.executed_work(item, operation);
    if (work.bytes > 0) state.SetBytesProcessed(state.iterations() * work.bytes);
    if (work.flops > 0) {
      state.counters["flops"] =
          benchmark::Counter(static_cast<double>(state.iterations() * work.flops), benchmark::Counter::kIsRate);
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
        if (planned.item.text_or("cache", "hot") != "hot") continue;  // evicting per iteration is the Session's affair
        const Case item = planned.item;
        benchmark::RegisterBenchmark(item.line().c_str(), [&context, item,
                                                           batch = std::int64_t{0}](benchmark::State& state) mutable {
          measure(state, context, item, batch);
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

// Operands through the operation, products through the kernels: nothing here is computed in another way than in a run.
#include "bench/commands/series_problem.hpp"

#include <cmath>
#include <cstring>
#include <memory>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/kernel/verify.hpp"
#include "harness/measure/batch.hpp"
#include "harness/measure/session.hpp"
#include "harness/processor/processor.hpp"
#include "harness/run/runner.hpp"
#include "kernels/sparse/fused_product.hpp"
#include "kernels/sparse/npy.hpp"
#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {
namespace {

constexpr const char* kProductOperation = "sparse_matmul";
constexpr const char* kSeriesKernel = "sparse_matmul_series";
constexpr const char* kHostName = "cpu";

Case completed_case(Case item, const Catalog& catalog, const std::string& where) {
  item.set_kernel(kSeriesKernel);
  item.set_processors({kHostName});
  item = catalog.complete(item);
  catalog.validate(item, where);
  if (item.integer_or("threads", 1) != 1 || item.text_or("cache", "hot") != "hot") {
    throw Error("series measures on one thread and with warm caches", where,
                "leave threads and cache out, or run what it finds with hetscope run");
  }
  return item;
}

// Verified, or a reason.
std::unique_ptr<Runnable> prepared_product(const SeriesProblem& problem, const Catalog& catalog, Processor& cpu,
                                           const std::vector<Expectation>& exact, SeriesProduct& product) {
  Case item = problem.item;
  item.set_kernel(product.kernel);
  if (!product.series.empty()) {
    item.set("series", product.series);
    item.set("residual", product.residual);
    item.set("columns", product.columns);
  }
  item = catalog.complete(item);
  const Operation& operation = catalog.operations().at(item.operation());
  const Kernel& kernel = catalog.kernels().at(item.kernel());
  Processor* const on[] = {&cpu};
  if (const Support support = kernel.supports(item, on); !support) {
    product.reason = support.reason();
    return nullptr;
  }
  std::unique_ptr<Runnable> runnable = kernel.prepare(item, on, problem.inputs);
  {
    const EnteredRunnable entered(*runnable);
    runnable->run(1);
  }
  const auto own = own_reference(kernel, operation, item, problem.inputs);
  const Verification verification = verify(runnable->outputs(), own ? *own : exact, operation.tolerance(item));
  if (verification.matches) return runnable;
  product.reason = "mismatch: " + verification.reason;
  return nullptr;
}

}  // namespace

MatrixView SeriesProblem::matrix() const { return view_of(inputs[kSparseLeft].tensor); }

std::vector<float> SeriesProblem::right() const { return values_of(view_of(inputs[kSparseRight].tensor)); }

SeriesProblem series_problem_of_case(const std::string& line, const Catalog& catalog) {
  const Case given = Case::parse(line);
  if (given.operation() != kProductOperation) {
    throw Error("'" + given.operation() + "' has no sparse operand to decompose", "--case",
                "give a case of sparse_matmul");
  }
  SeriesProblem problem;
  problem.item = completed_case(given, catalog, "--case");
  const Operation& operation = catalog.operations().at(kProductOperation);
  problem.key = problem_key(problem.item, operation);
  problem.inputs = operation.inputs(problem.item, seed_from(problem.key));
  return problem;
}

SeriesProblem series_problem_of_file(const std::string& path, const std::string& array, std::int64_t columns,
                                     const Catalog& catalog) {
  const NpyArray found = load_array(path, array);
  if (found.shape.size() < 2 || found.element_count() < 1) {
    throw Error("the array is no matrix: it has " + std::to_string(found.shape.size()) + " axes and " +
                    std::to_string(found.element_count()) + " elements",
                path, "give one with rows and columns");
  }
  const std::vector<float> values = found.to_f32();
  std::int64_t zeros = 0;
  for (const float value : values) {
    if (!std::isfinite(value)) throw Error("the array holds NaN or infinity", path, "no term can keep them");
    zeros += value == 0 ? 1 : 0;
  }
  const std::int64_t rows = found.shape[0];
  const std::int64_t cols = found.element_count() / rows;
  SeriesProblem problem;
  Case item(kProductOperation, "", {});
  item.set("shape", Dims{rows, cols, columns});
  item.set("dtype", std::string("f32"));
  item.set("sparsity", static_cast<double>(zeros) / static_cast<double>(values.size()));
  problem.key = path + ": " + item.line();
  problem.item = completed_case(std::move(item), catalog, path);
  HostTensor left(DType::f32, Shape{rows, cols}, Layout::row_major(2));
  std::memcpy(left.data(), values.data(), left.size_bytes());
  HostTensor right(DType::f32, Shape{cols, columns}, Layout::row_major(2));
  Random random(seed_from(path));
  right.fill_random(random);
  problem.inputs.push_back({"a", Lifetime::constant, std::move(left)});
  problem.inputs.push_back({"b", Lifetime::per_run, std::move(right)});
  return problem;
}

void measure_series_products(const SeriesProblem& problem, const Catalog& catalog, double budget_s,
                             std::vector<SeriesProduct>& products) {
  ProcessorSet processors;
  Processor& cpu = processors.at(kHostName);
  const std::vector<Expectation> exact =
      catalog.operations().at(kProductOperation).reference(problem.item, problem.inputs);
  std::vector<std::unique_ptr<Runnable>> runnables;
  std::vector<Subject> subjects;
  std::vector<SeriesProduct*> measured;
  for (SeriesProduct& product : products) {
    std::unique_ptr<Runnable> runnable = prepared_product(problem, catalog, cpu, exact, product);
    if (runnable == nullptr) continue;
    runnables.push_back(std::move(runnable));
    subjects.push_back({runnables.back().get()});
    measured.push_back(&product);
  }
  if (subjects.empty()) return;
  const MonotonicClock clock;
  MeasureOptions options;
  options.budget_ns = std::llround(budget_s * 1e9 * static_cast<double>(subjects.size()));
  const std::vector<Measurement> results = Session(clock).measure(subjects, options);
  const std::vector<double> first = results[0].per_iteration_ns(kHostClock);
  // Every member is in each round, so that two of each are two that they share.
  const bool is_against_first = measured[0] == &products[0] && !first.empty() && results[0].rounds.back() > 0;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::vector<double> samples = results[i].per_iteration_ns(kHostClock);
    if (samples.empty()) {
      measured[i]->reason = "no sample within the budget";
      continue;
    }
    measured[i]->median_ns = median(samples);
    measured[i]->interval = median_interval_by_round(samples, results[i].rounds, options.seed);
    measured[i]->converged = results[i].converged;
    if (i > 0 && is_against_first && results[i].rounds.back() > 0) {
      measured[i]->against_first = ratio_of_rounds(samples, results[i].rounds, first, results[0].rounds, options.seed);
    }
  }
}

}  // namespace hetscope

// sparse_matmul_series_online: the left operand is decomposed within the clock, as activations have to be (TASD-A,
// arXiv 2403.07953), then multiplied by the fused kernel. Its stages say what the decomposition costs beside the
// product, which is what decides from how many columns of b on it pays.
//   executed flops = 2 m n (slots of a row), padded tail blocks included
//   traffic: a once, 5 bytes a slot written and read, 6 bytes a slot written; then as sparse_matmul_series
#include <array>
#include <utility>

#include "harness/core/clock.hpp"
#include "harness/core/divided_up.hpp"
#include "kernels/registration.hpp"
#include "kernels/sparse/fused_product.hpp"
#include "kernels/sparse/series_product.hpp"
#include "kernels/sparse/sparse_axes.hpp"
#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {
namespace {

class OnlineProduct final : public OneResultRunnable {
 public:
  OnlineProduct(HostCpu& cpu, ThreadPool& pool, Series series, const HostTensor& left, const HostTensor& right)
      : OneResultRunnable(
            cpu, pool,
            HostTensor(product_type(left.dtype()), Shape{left.shape()[0], right.shape()[1]}, Layout::row_major(2))),
        series_(std::move(series)),
        left_(left),
        right_(right) {}

  std::map<std::string, double> run_stages() override {
    const MonotonicClock clock;
    const std::int64_t begin_ns = clock.now_ns();
    decompose_left();
    const std::int64_t decomposed_ns = clock.now_ns();
    packed_.assign_in_order(decomposed_, &pool());
    const std::int64_t packed_ns = clock.now_ns();
    multiply();
    const std::int64_t end_ns = clock.now_ns();
    return {{"decompose", static_cast<double>(decomposed_ns - begin_ns)},
            {"pack", static_cast<double>(packed_ns - decomposed_ns)},
            {"multiply", static_cast<double>(end_ns - packed_ns)}};
  }
  Metrics metrics() override {
    const Decomposition whole = decompose(view_of(left_), series_);
    Metrics result = metrics_of_terms(metrics_of(whole));
    result["pseudo_density"] = {pseudo_density(values_of(view_of(left_))), "1", ""};
    return result;
  }

 protected:
  void run_once() override {
    decompose_left();
    packed_.assign_in_order(decomposed_, &pool());
    multiply();
  }
  std::vector<std::span<const std::byte>> operands() const override {
    std::vector<std::span<const std::byte>> all = packed_.storage();
    all.push_back({left_.data(), left_.size_bytes()});
    all.push_back({right_.data(), right_.size_bytes()});
    all.push_back({result().data(), result().size_bytes()});
    return all;
  }

 private:
  void decompose_left() { decompose(view_of(left_), series_, {.keep_residual = false, .pool = &pool()}, decomposed_); }
  void multiply() { multiply_fused(packed_, right_, result(), workspace_, &pool()); }

  Series series_;
  const HostTensor& left_;
  const HostTensor& right_;
  Decomposition decomposed_;
  FusedSeries packed_;
  SeriesMatmulWorkspace workspace_;
};

class SparseMatmulSeriesOnline final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "sparse_matmul_series_online"; }
  std::string_view operation() const noexcept override { return "sparse_matmul"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 2> kAxes = {HostKernel::axes()[0], series_axis()};
    return kAxes;
  }

  Work executed_work(const Case& item, const Operation&) const override {
    const SparseMatmulProblem problem(item);
    const Series series = series_of(item);
    std::int64_t slots = 0;
    for (const NmPattern& term : series.terms()) slots += divided_up(problem.k, term.m) * term.n;
    return problem.work(problem.m * slots, problem.dense_bytes() + 16 * problem.m * slots);
  }

  std::optional<std::vector<Operand>> approximated_inputs(const Case& item,
                                                          std::span<const Operand> inputs) const override {
    return with_approximated_left(series_of(item), inputs);
  }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<OnlineProduct>(cpu, pool, series_of(item), inputs[kSparseLeft].tensor,
                                           inputs[kSparseRight].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_series_online, SparseMatmulSeriesOnline)

}  // namespace hetscope

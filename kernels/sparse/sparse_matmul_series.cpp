// sparse_matmul_series: a is decomposed into an ordered series of N:M terms (TASD, arXiv 2403.07953) before the run,
// and one fused pass over b multiplies all terms. Approximate: what no term keeps is dropped; the record says how much.
//   executed flops = 2 m n (slots of a row), padded tail blocks included
//   traffic: a (at least 5 bytes a slot) once for each panel of b, b once, packed inside the clock, c once
#include <array>
#include <cstring>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/registration.hpp"
#include "kernels/sparse/decomposition_metrics.hpp"
#include "kernels/sparse/packed_term.hpp"
#include "kernels/sparse/series_matmul.hpp"
#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {
namespace {

MatrixView view_of(const HostTensor& matrix) {
  const auto count = static_cast<std::size_t>(matrix.shape().element_count());
  return MatrixView::f32(std::span(matrix.as<float>(), count), matrix.shape()[0], matrix.shape()[1]);
}

Series series_of(const Case& item) { return Series::parse(item.text("series"), item.line()); }

class SeriesProduct final : public HostRunnable {
 public:
  SeriesProduct(HostCpu& cpu, ThreadPool& pool, const Series& series, const HostTensor& left, const HostTensor& right)
      : HostRunnable(cpu, pool),
        right_(right),
        result_(DType::f32, Shape{left.shape()[0], right.shape()[1]}, Layout::row_major(2)),
        decomposed_(decompose(view_of(left), series)),
        left_(decomposed_) {
    metrics_ = metrics_of(decomposed_);
    for (const PackedTerm& term : pack(decomposed_)) packed_bytes_ += term.stored_bytes();
    decomposed_ = {};
  }

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(result_.clone());
    return result;
  }
  std::int64_t prepared_bytes() const override { return left_.bytes(); }
  Metrics metrics() override {
    const auto& m = metrics_;
    return {{"density", {1 - m.sparsity(), "1", ""}},
            {"slots", {m.slots, "1", ""}},
            {"executed_slots", {m.executed_slots, "1", ""}},
            {"dropped_nonzeros", {m.dropped_nonzero_fraction(), "1", ""}},
            {"dropped_magnitude", {m.dropped_magnitude_fraction(), "1", ""}},
            {"relative_error_of_matrix", {m.relative_frobenius, "1", ""}},
            {"packed_bytes", {static_cast<double>(packed_bytes_), "B", ""}}};
  }

 protected:
  void run_once() override {
    series_matmul(left_, right_.as<float>(), right_.shape()[1], result_.as<float>(), &pool());
  }
  std::vector<std::span<const std::byte>> operands() const override {
    std::vector<std::span<const std::byte>> result = left_.storage();
    result.push_back({right_.data(), right_.size_bytes()});
    result.push_back({result_.data(), result_.size_bytes()});
    return result;
  }

 private:
  const HostTensor& right_;
  HostTensor result_;
  Decomposition decomposed_;  // only while it is packed
  FusedSeries left_;
  DecompositionMetrics metrics_;
  std::int64_t packed_bytes_ = 0;
};

class SparseMatmulSeries final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "sparse_matmul_series"; }
  std::string_view operation() const noexcept override { return "sparse_matmul"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 2> kAxes = {
        HostKernel::axes()[0],
        AxisSpec{"series",
                 AxisType::text,
                 "N:M terms in the order in which they are extracted, such as 2:4+2:8",
                 AxisValue(std::string("2:4")),
                 {}},
    };
    return kAxes;
  }

  Work executed_work(const Case& item, const Operation&) const override {
    const SparseMatmulProblem problem(item);
    std::int64_t slots = 0;
    const Series series = series_of(item);
    for (const NmPattern& term : series.terms()) slots += (problem.k + term.m - 1) / term.m * term.n;
    return problem.work(problem.m * slots, 5 * problem.m * slots);
  }

  std::optional<std::vector<Operand>> approximated_inputs(const Case& item,
                                                          std::span<const Operand> inputs) const override {
    const HostTensor& left = inputs[kSparseLeft].tensor;
    const std::vector<float> kept = decompose(view_of(left), series_of(item), {.keep_residual = false}).approximation();
    std::vector<Operand> result;
    result.push_back({"a", Lifetime::constant, HostTensor(left.view())});
    std::memcpy(result[0].tensor.data(), kept.data(), result[0].tensor.size_bytes());
    result.push_back({"b", Lifetime::per_run, inputs[kSparseRight].tensor.clone()});
    return result;
  }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<SeriesProduct>(cpu, pool, series_of(item), inputs[kSparseLeft].tensor,
                                           inputs[kSparseRight].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_series, SparseMatmulSeries)

}  // namespace hetscope

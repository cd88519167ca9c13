// sparse_matmul_series: a is decomposed into an ordered series of N:M terms (TASD, arXiv 2403.07953) before the run,
// and one fused pass over b multiplies all terms. What no term keeps is dropped, and the record says how much; with
// residual=csr it follows the terms as compressed rows in the same pass, and the product is exact.
//   executed flops = 2 m n (slots of a row), padded tail blocks included; a kept residual is not counted here
// With columns=spread the columns are brought into an order that loses less before they are decomposed, and b's rows
// are packed in that order; finding it is part of the preparation. f16 and i8 are multiplied in f32
// (kernels/sparse/series_matmul-inl.hpp): a is packed as f32 whatever its type.
//   traffic: a (5 to 6 bytes a slot) once for two panels of b; b once for 1024 rows, packed inside the clock; c once
#include <array>
#include <utility>

#include "kernels/registration.hpp"
#include "kernels/sparse/column_permutation.hpp"
#include "kernels/sparse/fused_product.hpp"
#include "kernels/sparse/series_product.hpp"
#include "kernels/sparse/sparse_axes.hpp"
#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {
namespace {

bool spreads_columns(const Case& item) { return item.text("columns") == "spread"; }

HostTensor in_order(const HostTensor& matrix, const ColumnOrder& order) {
  return tensor_of(in_order(view_of(matrix), order), matrix.view());
}

class SparseMatmulSeries final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "sparse_matmul_series"; }
  std::string_view operation() const noexcept override { return "sparse_matmul"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 4> kAxes = {
        HostKernel::axes()[0],
        series_axis(),
        residual_axis(),
        AxisSpec{"columns",
                 AxisType::text,
                 "the order of a's columns when it is decomposed: spread moves those that crowd into other blocks",
                 AxisValue(std::string("as_they_are")),
                 {"as_they_are", "spread"}},
    };
    return kAxes;
  }

  Work executed_work(const Case& item, const Operation&) const override {
    const SparseMatmulProblem problem(item);
    const std::int64_t slots = slots_of_row(series_of(item), problem.k);
    return problem.work(problem.m * slots, 5 * problem.m * slots);
  }

  std::optional<std::vector<Operand>> approximated_inputs(const Case& item,
                                                          std::span<const Operand> inputs) const override {
    if (keeps_residual(item)) return std::nullopt;
    if (!spreads_columns(item)) return with_approximated_left(series_of(item), inputs);
    const HostTensor& left = inputs[kSparseLeft].tensor;
    const ColumnOrder order = spread_columns(view_of(left), series_of(item));
    const HostTensor spread = in_order(left, order);
    const Decomposition kept = decompose(view_of(spread), series_of(item), {.keep_residual = false});
    return with_left(back_in_place(kept.approximation(), order), inputs);
  }

 protected:
  Support supports_case(const Case& item) const override { return needs_constant_left(item); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    const bool keeps_rest = keeps_residual(item);
    const HostTensor& matrix = inputs[kSparseLeft].tensor;
    ColumnOrder order;
    if (spreads_columns(item)) order = spread_columns(view_of(matrix), series_of(item));
    const HostTensor spread = order.empty() ? matrix.clone() : in_order(matrix, order);
    const Decomposition decomposed = decompose(view_of(spread), series_of(item));
    FusedSeries left(decomposed, keeps_rest ? FusedSeries::Residual::kept : FusedSeries::Residual::dropped);
    if (!order.empty()) left.set_b_order(std::move(order));
    Metrics metrics = metrics_of_product(decomposed, left.multiply_adds(), keeps_rest);
    return make_fused_product(cpu, pool, std::move(left), inputs[kSparseRight].tensor, std::move(metrics));
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_series, SparseMatmulSeries)

}  // namespace hetscope

// sparse_matmul_series: a is decomposed into an ordered series of N:M terms (TASD, arXiv 2403.07953) before the run,
// and one fused pass over b multiplies all terms. What no term keeps is dropped, and the record says how much; with
// residual=csr it follows the terms as compressed rows in the same pass, and the product is exact.
//   executed flops = 2 m n (slots of a row), padded tail blocks included; a kept residual is not counted here
// f16 and i8 are multiplied in f32 (kernels/sparse/series_matmul-inl.hpp): a is packed as f32 whatever its type.
//   traffic: a (5 to 6 bytes a slot) once for two panels of b; b once for 1024 rows, packed inside the clock; c once
#include <array>
#include <utility>

#include "kernels/registration.hpp"
#include "kernels/sparse/fused_product.hpp"
#include "kernels/sparse/series_product.hpp"
#include "kernels/sparse/sparse_axes.hpp"
#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {
namespace {

bool keeps_residual(const Case& item) { return item.text("residual") == "csr"; }

class SparseMatmulSeries final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "sparse_matmul_series"; }
  std::string_view operation() const noexcept override { return "sparse_matmul"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 3> kAxes = {
        HostKernel::axes()[0],
        series_axis(),
        AxisSpec{"residual",
                 AxisType::text,
                 "what becomes of the entries that no term keeps: csr multiplies them too",
                 AxisValue(std::string("drop")),
                 {"drop", "csr"}},
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
    return with_approximated_left(series_of(item), inputs);
  }

 protected:
  Support supports_case(const Case& item) const override { return needs_constant_left(item); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    const bool keeps_rest = keeps_residual(item);
    const Decomposition decomposed = decompose(view_of(inputs[kSparseLeft].tensor), series_of(item));
    FusedSeries left(decomposed, keeps_rest ? FusedSeries::Residual::kept : FusedSeries::Residual::dropped);
    Metrics metrics = metrics_of_product(decomposed, left.multiply_adds(), keeps_rest);
    return make_fused_product(cpu, pool, std::move(left), inputs[kSparseRight].tensor, std::move(metrics));
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_series, SparseMatmulSeries)

}  // namespace hetscope

// sparse_matmul_dense_buffer: every entry, zeros included, in OpenCL C, with the tiles of sparse_matmul_series_buffer:
// what a series is compared with on the same device.
//   executed flops = 2 m n k
#include "kernels/dense/dense_panels.hpp"
#include "kernels/registration.hpp"
#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {
namespace {

ProductExtents extents_of(const Case& item) {
  const SparseMatmulProblem problem(item);
  return {problem.m, problem.n, problem.k};
}

class SparseMatmulDenseBuffer final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "sparse_matmul_dense_buffer"; }
  std::string_view operation() const noexcept override { return "sparse_matmul"; }

  Work executed_work(const Case& item, const Operation&) const override {
    const SparseMatmulProblem problem(item);
    return problem.work(problem.m * problem.k, 4 * problem.m * problem.k);
  }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    if (const Support constant = needs_constant_f32_left(item); !constant) return constant;
    const ProductExtents extents = extents_of(item);
    return holds_tiled_product(extents, ProductTiling(extents, device), dense_panel_bytes(extents), device);
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    return make_dense_tiled_product(device, extents_of(item), inputs[kSparseLeft].tensor, inputs[kSparseRight].tensor,
                                    kSparseRight);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_dense_buffer, SparseMatmulDenseBuffer)

}  // namespace hetscope

// matmul_tiled: the product in OpenCL C, tiles of b in local memory, blocks of y in registers. The same source serves
// GPUs and CPUs: width, block and group come from what the device prefers and allows. The constant operand is packed
// into panels of rows when it is prepared.
//   traffic: a once for each tile of columns, b once for each group of rows, y written once
#include "kernels/dense/dense_panels.hpp"
#include "kernels/dense/matmul.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

ProductExtents extents_of(const Case& item) {
  const MatmulProblem problem(item);
  ProductExtents extents{.m = problem.m, .n = problem.n, .k = problem.k, .dtype = problem.dtype};
  if (problem.dtype == DType::i8) extents.factor = matmul_i8_factor(problem.k);
  return extents;
}

class MatmulTiled final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "matmul_tiled"; }
  std::string_view operation() const noexcept override { return "matmul"; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const ProductExtents extents = extents_of(item);
    return holds_tiled_product(extents, ProductTiling(extents, device), dense_panel_bytes(extents), device);
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const ProductExtents extents = extents_of(item);
    return make_dense_tiled_product(device, extents, ProductTiling(extents, device), inputs[kMatmulLeft].tensor,
                                    inputs[kMatmulRight].tensor, kMatmulRight);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(matmul_tiled, MatmulTiled)

}  // namespace hetscope

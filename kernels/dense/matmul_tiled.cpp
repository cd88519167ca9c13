// matmul_tiled: the product in OpenCL C, tiles of b in local memory, blocks of y in registers. The same source serves
// GPUs and CPUs: width, block and group come from what the device prefers and allows. The constant operand is packed
// into panels of rows when it is prepared. matmul_tiled_image2d reads b from a texture, to which each run brings it.
//   traffic: a once for each tile of columns, b once for each group of rows (and to the texture), y written once
#include "kernels/dense/dense_panels.hpp"
#include "kernels/dense/matmul.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

MatrixProduct extents_of(const Case& item) {
  const MatmulProblem problem(item);
  MatrixProduct product{.m = problem.m, .n = problem.n, .k = problem.k, .dtype = problem.dtype};
  if (problem.dtype == DType::i8) product.factor = matmul_i8_factor(problem.k);
  return product;
}

template <Storage kStorage>
class MatmulTiled final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override {
    return kStorage == Storage::buffer ? "matmul_tiled" : "matmul_tiled_image2d";
  }
  std::string_view operation() const noexcept override { return "matmul"; }
  bool uses_textures() const override { return kStorage == Storage::image2d; }

  Work executed_work(const Case& item, const Operation& operation) const override {
    Work work = operation.useful_work(item);
    if (kStorage == Storage::image2d) work.bytes += 2 * right_texel_bytes(extents_of(item));
    return work;
  }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const MatrixProduct product = extents_of(item);
    return holds_tiled_product(product, ProductTiling(product, device, kStorage), dense_panel_bytes(product), device);
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const MatrixProduct product = extents_of(item);
    return make_dense_tiled_product(device, product, ProductTiling(product, device, kStorage),
                                    inputs[kMatmulLeft].tensor, inputs[kMatmulRight].tensor, kMatmulRight);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(matmul_tiled, MatmulTiled<Storage::buffer>)
HETSCOPE_DEFINE_KERNEL(matmul_tiled_image2d, MatmulTiled<Storage::image2d>)

}  // namespace hetscope

// batch_matmul_tiled: all heads in one launch of OpenCL C, with the tiles of matmul_tiled. Neither operand is packed,
// since both are new for every run: a is read where it lies, and tiles of a transposed b are turned on their way to
// local memory.
//   traffic: a once for each tile of columns, b once for each group of rows, y written once
#include "kernels/dense/batch_matmul.hpp"
#include "kernels/dense/tiled_product.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

MatrixProduct batch_product_of(const Case& item) {
  const BatchMatmulProblem problem(item);
  return {.m = problem.m,
          .n = problem.n,
          .k = problem.k,
          .heads = problem.heads,
          .dtype = problem.dtype,
          .is_right_transposed = problem.is_right_transposed};
}

class BatchMatmulTiled final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "batch_matmul_tiled"; }
  std::string_view operation() const noexcept override { return "batch_matmul"; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const MatrixProduct product = batch_product_of(item);
    return holds_tiled_product(product, ProductTiling(product, device), BatchMatmulProblem(item).left().storage_bytes(),
                               device);
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const MatrixProduct product = batch_product_of(item);
    const HostTensor& a = inputs[kBatchLeft].tensor;
    const auto bytes = static_cast<std::int64_t>(a.size_bytes());
    TiledLeft left;
    left.index = kBatchLeft;
    left.buffers.push_back(device.allocate(bytes, CL_MEM_READ_ONLY));
    device.upload(left.buffers[0], a.data(), bytes);
    return make_tiled_product(device, "kernels/dense/batch_matmul_tiled.cl", "batch_matmul_tiled", product,
                              ProductTiling(product, device), std::move(left), inputs[kBatchRight].tensor, kBatchRight);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(batch_matmul_tiled, BatchMatmulTiled)

}  // namespace hetscope

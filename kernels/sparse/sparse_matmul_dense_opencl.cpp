// sparse_matmul_dense_buffer and sparse_matmul_dense_image2d: every entry, zeros included, in OpenCL C, with the tiles
// of sparse_matmul_series_buffer and sparse_matmul_series_image2d: what a series is compared with on the same device.
//   executed flops = 2 m n k
#include <string>

#include "kernels/dense/dense_panels.hpp"
#include "kernels/registration.hpp"
#include "kernels/sparse/tiled_sparse_product.hpp"

namespace hetscope {
namespace {

template <Storage kStorage>
class SparseMatmulDenseOpenCl final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override {
    static const std::string kName = "sparse_matmul_dense_" + std::string(to_string(kStorage));
    return kName;
  }
  std::string_view operation() const noexcept override { return "sparse_matmul"; }
  bool uses_textures() const override { return kStorage == Storage::image2d; }

  Work executed_work(const Case& item, const Operation&) const override {
    const SparseMatmulProblem problem(item);
    return tiled_work(problem, kStorage, problem.m * problem.k, problem.dense_bytes());
  }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    if (const Support constant = needs_constant_left(item); !constant) return constant;
    const MatrixProduct product = extents_of(SparseMatmulProblem(item));
    return holds_tiled_product(product, ProductTiling(product, device, kStorage), dense_panel_bytes(product), device);
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const MatrixProduct product = extents_of(SparseMatmulProblem(item));
    return make_dense_tiled_product(device, product, ProductTiling(product, device, kStorage),
                                    inputs[kSparseLeft].tensor, inputs[kSparseRight].tensor, kSparseRight);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_dense_buffer, SparseMatmulDenseOpenCl<Storage::buffer>)
HETSCOPE_DEFINE_KERNEL(sparse_matmul_dense_image2d, SparseMatmulDenseOpenCl<Storage::image2d>)

}  // namespace hetscope

// sparse_matmul_csr_buffer and sparse_matmul_csr_image2d: every entry other than zero, as compressed rows of each tile
// of b, in OpenCL C, with the tiles and panels of sparse_matmul_series_buffer and sparse_matmul_series_image2d: what a
// series is held against where nothing may be lost.
//   executed flops = 2 nonzeros n
//   traffic: a (a value and 2 bytes an entry; the 4 bytes of a row and tile are not counted) once for each tile of
//   columns, b once for each group of rows, y written once; for a texture b once more, read and written
#include <algorithm>
#include <string>
#include <vector>

#include "kernels/registration.hpp"
#include "kernels/sparse/fused_product.hpp"
#include "kernels/sparse/tiled_left.hpp"
#include "kernels/sparse/tiled_sparse_product.hpp"

namespace hetscope {
namespace {

template <Storage kStorage>
class SparseMatmulCsrOpenCl final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override {
    static const std::string kName = "sparse_matmul_csr_" + std::string(to_string(kStorage));
    return kName;
  }
  std::string_view operation() const noexcept override { return "sparse_matmul"; }
  bool uses_textures() const override { return kStorage == Storage::image2d; }

  Work executed_work(const Case& item, const Operation&) const override {
    const SparseMatmulProblem problem(item);
    const auto entry_bytes = static_cast<std::int64_t>(size_of(problem.dtype) + sizeof(cl_ushort));
    return tiled_work(problem, kStorage, problem.nonzeros(), entry_bytes * problem.nonzeros());
  }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    if (const Support constant = needs_constant_left(item); !constant) return constant;
    const MatrixProduct product = extents_of(SparseMatmulProblem(item));
    const ProductTiling tiling(product, device, kStorage);
    return holds_tiled_product(product, tiling, most_compressed_bytes(product, tiling.tile_k), device);
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const MatrixProduct product = extents_of(SparseMatmulProblem(item));
    const ProductTiling tiling(product, device, kStorage);
    const std::vector<float> values = values_of(view_of(inputs[kSparseLeft].tensor));
    const auto zeros = static_cast<double>(std::ranges::count(values, 0.0F));
    const double density = 1 - zeros / static_cast<double>(values.size());
    TiledLeft left;
    add_compressed_tiles(device, values, product, tiling.tile_k, left);
    return make_tiled_product(device, kTiledSparseSource, "sparse_tiled", product, tiling, std::move(left),
                              inputs[kSparseRight].tensor, kSparseRight, {{"density", {density, "1", ""}}});
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_csr_buffer, SparseMatmulCsrOpenCl<Storage::buffer>)
HETSCOPE_DEFINE_KERNEL(sparse_matmul_csr_image2d, SparseMatmulCsrOpenCl<Storage::image2d>)

}  // namespace hetscope

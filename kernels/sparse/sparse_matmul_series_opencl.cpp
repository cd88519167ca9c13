// sparse_matmul_series_buffer and sparse_matmul_series_image2d: the series of sparse_matmul_series in OpenCL C, from
// one source. Tiles of b lie in local memory, or all of b in a texture, which it is packed into within the clock; the
// sums of a panel of rows lie in registers over the slots of every term (the fused series of TASD, arXiv 2403.07953,
// with a work-group's tiles in place of caches). What no term keeps is dropped, or with residual=csr follows the slots
// of its tile as compressed rows, whose lengths differ from row to row, but not between work-items that share a row.
//   executed flops = 2 m n (slots of a row), padded tail blocks included; a kept residual is not counted here
//   traffic: a (a value and 2 bytes a slot) once for each tile of columns, b once for each group of rows, y written
//   once; for a texture b once more, read and written
#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <utility>

#include "kernels/registration.hpp"
#include "kernels/sparse/fused_product.hpp"
#include "kernels/sparse/series_product.hpp"
#include "kernels/sparse/sparse_axes.hpp"
#include "kernels/sparse/tiled_left.hpp"
#include "kernels/sparse/tiled_sparse_product.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kRows = ProductTiling::kRows;

// Tiles end where blocks of every term do.
ProductTiling tiling_of(const MatrixProduct& product, Storage right, const Series& series,
                        const OpenClProcessor& device) {
  std::int64_t unit = 1;
  for (const NmPattern& term : series.terms()) unit = std::lcm(unit, std::int64_t{term.m});
  return {product, device, right, unit};
}

// The slots in the order in which the kernel reads them: [panel][tile][term][slot][row of the panel].
struct TiledSlots {
  std::vector<float> values;
  std::vector<cl_ushort> b_rows;  // from the tile's first
};

TiledSlots tiled_slots(const Decomposition& decomposed, const MatrixProduct& product, std::int64_t tile_k,
                       std::int64_t slots_of_row) {
  TiledSlots result;
  const auto count = static_cast<std::size_t>(panels_of(product) * kRows * slots_of_row);
  result.values.assign(count, 0.0F);
  result.b_rows.assign(count, 0);
  for (std::int64_t row = 0; row < product.m; ++row) {
    std::size_t to = static_cast<std::size_t>(row / kRows * kRows * slots_of_row + row % kRows);
    for (std::int64_t tile = 0; tile < product.k; tile += tile_k) {
      for (const Term& term : decomposed.terms) {
        const std::int64_t first_block = tile / term.pattern.m;
        const std::int64_t end_block = std::min(term.blocks, first_block + tile_k / term.pattern.m);
        for (std::int64_t slot = first_block * term.pattern.n; slot < end_block * term.pattern.n; ++slot, to += kRows) {
          const auto from = static_cast<std::size_t>(row * term.slots_per_row() + slot);
          result.values[to] = term.values[from];
          result.b_rows[to] =
              static_cast<cl_ushort>(slot / term.pattern.n * term.pattern.m + term.indices[from] - tile);
        }
      }
    }
  }
  return result;
}

template <Storage kStorage>
class SparseMatmulSeriesOpenCl final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override {
    static const std::string kName = "sparse_matmul_series_" + std::string(to_string(kStorage));
    return kName;
  }
  std::string_view operation() const noexcept override { return "sparse_matmul"; }
  bool uses_textures() const override { return kStorage == Storage::image2d; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 2> kAxes = {series_axis(), residual_axis()};
    return kAxes;
  }

  Work executed_work(const Case& item, const Operation&) const override {
    const SparseMatmulProblem problem(item);
    const std::int64_t slots = problem.m * slots_of_row(series_of(item), problem.k);
    const auto slot_bytes = static_cast<std::int64_t>(size_of(problem.dtype) + sizeof(cl_ushort));
    return tiled_work(problem, kStorage, slots, slot_bytes * slots);
  }

  std::optional<std::vector<Operand>> approximated_inputs(const Case& item,
                                                          std::span<const Operand> inputs) const override {
    if (keeps_residual(item)) return std::nullopt;
    return with_approximated_left(series_of(item), inputs);
  }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    if (const Support constant = needs_constant_left(item); !constant) return constant;
    const SparseMatmulProblem problem(item);
    const MatrixProduct product = extents_of(problem);
    const Series series = series_of(item);
    const ProductTiling tiling = tiling_of(product, kStorage, series, device);
    if (tiling.tile_k > std::numeric_limits<cl_ushort>::max()) {
      return Support::no("the blocks of the terms end together too rarely: a tile's rows are counted in 16 bits");
    }
    const auto entry_bytes = static_cast<std::int64_t>(std::max(size_of(problem.dtype), sizeof(cl_ushort)));
    std::int64_t left_bytes = entry_bytes * panels_of(product) * kRows * slots_of_row(series, problem.k);
    if (keeps_residual(item)) left_bytes = std::max(left_bytes, most_compressed_bytes(product, tiling.tile_k));
    return holds_tiled_product(product, tiling, left_bytes, device);
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const MatrixProduct product = extents_of(SparseMatmulProblem(item));
    const Series series = series_of(item);
    const ProductTiling tiling = tiling_of(product, kStorage, series, device);
    const Decomposition decomposed = decompose(view_of(inputs[kSparseLeft].tensor), series);
    const std::int64_t slots = slots_of_row(series, product.k);
    const TiledSlots packed = tiled_slots(decomposed, product, tiling.tile_k, slots);

    TiledLeft left;
    add_values(device, packed.values, product.dtype, left);
    add_buffer(device, packed.b_rows, left);
    const bool keeps_rest = keeps_residual(item);
    left.options = " -DSLOTS";
    if (keeps_rest) add_compressed_tiles(device, decomposed.residual, product, tiling.tile_k, left);
    left.numbers = {static_cast<cl_uint>(slots), static_cast<cl_uint>(slots_of_row(series, tiling.tile_k))};
    return make_tiled_product(device, kTiledSparseSource, "sparse_tiled", product, tiling, std::move(left),
                              inputs[kSparseRight].tensor, kSparseRight,
                              metrics_of_product(decomposed, product.m * slots, keeps_rest));
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_series_buffer, SparseMatmulSeriesOpenCl<Storage::buffer>)
HETSCOPE_DEFINE_KERNEL(sparse_matmul_series_image2d, SparseMatmulSeriesOpenCl<Storage::image2d>)

}  // namespace hetscope

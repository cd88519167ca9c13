// Packs the left operand for matmul_tiled.cl.
#include "kernels/dense/dense_panels.hpp"

#include <cstddef>
#include <cstring>
#include <utility>

namespace hetscope {
namespace {

constexpr std::int64_t kRows = ProductTiling::kRows;

// [panel][k][row], rows beyond m are zero.
HostTensor packed(const HostTensor& left, const MatrixProduct& product) {
  HostTensor panels(product.dtype, Shape{panels_of(product) * kRows * product.k}, Layout::row_major(1));
  const std::size_t bytes = size_of(product.dtype);
  const std::byte* from = left.data();
  for (std::int64_t row = 0; row < product.m; ++row) {
    const std::int64_t first = row / kRows * kRows * product.k + row % kRows;
    for (std::int64_t i = 0; i < product.k; ++i, from += bytes) {
      std::memcpy(panels.data() + static_cast<std::size_t>(first + i * kRows) * bytes, from, bytes);
    }
  }
  return panels;
}

}  // namespace

std::int64_t dense_panel_bytes(const MatrixProduct& product) noexcept {
  return static_cast<std::int64_t>(size_of(product.dtype)) * panels_of(product) * kRows * product.k;
}

std::unique_ptr<Runnable> make_dense_tiled_product(OpenClProcessor& device, const MatrixProduct& product,
                                                   const ProductTiling& tiling, const HostTensor& left,
                                                   const HostTensor& right, std::size_t right_index) {
  const HostTensor panels = packed(left, product);
  TiledLeft packed_left;
  packed_left.bytes = static_cast<std::int64_t>(panels.size_bytes());
  packed_left.buffers.push_back(device.allocate(packed_left.bytes, CL_MEM_READ_ONLY));
  device.upload(packed_left.buffers[0], panels.data(), packed_left.bytes);
  return make_tiled_product(device, "kernels/dense/matmul_tiled.cl", "matmul_tiled", product, tiling,
                            std::move(packed_left), right, right_index);
}

}  // namespace hetscope

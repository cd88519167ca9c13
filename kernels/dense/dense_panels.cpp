// Packs the left operand for matmul_tiled.cl.
#include "kernels/dense/dense_panels.hpp"

#include <utility>
#include <vector>

namespace hetscope {
namespace {

constexpr std::int64_t kRows = ProductTiling::kRows;

// [panel][k][row], rows beyond m are zero.
std::vector<float> packed(const HostTensor& left, const ProductExtents& extents) {
  std::vector<float> panels(static_cast<std::size_t>(dense_panel_bytes(extents)) / sizeof(float), 0.0F);
  const float* from = left.as<float>();
  for (std::int64_t row = 0; row < extents.m; ++row) {
    float* to = panels.data() + row / kRows * kRows * extents.k + row % kRows;
    for (std::int64_t i = 0; i < extents.k; ++i) to[i * kRows] = from[row * extents.k + i];
  }
  return panels;
}

}  // namespace

std::int64_t dense_panel_bytes(const ProductExtents& extents) noexcept {
  return 4 * panels_of(extents) * kRows * extents.k;
}

std::unique_ptr<Runnable> make_dense_tiled_product(OpenClProcessor& device, const ProductExtents& extents,
                                                   const HostTensor& left, const HostTensor& right,
                                                   std::size_t right_index) {
  const std::vector<float> panels = packed(left, extents);
  TiledLeft packed_left;
  packed_left.bytes = dense_panel_bytes(extents);
  packed_left.buffers.push_back(device.allocate(packed_left.bytes, CL_MEM_READ_ONLY));
  device.upload(packed_left.buffers[0], panels.data(), packed_left.bytes);
  return make_tiled_product(device, "kernels/dense/matmul_tiled.cl", "matmul_tiled", extents,
                            ProductTiling(extents, device), std::move(packed_left), right, right_index);
}

}  // namespace hetscope

// Packing on the host, and uploading.
#include "kernels/sparse/tiled_left.hpp"

#include <algorithm>

namespace hetscope {
namespace {

constexpr std::int64_t kRows = ProductTiling::kRows;

}  // namespace

void add_bytes(OpenClProcessor& device, std::span<const std::byte> from, TiledLeft& left) {
  const auto bytes = static_cast<std::int64_t>(from.size());
  left.buffers.push_back(device.allocate(bytes, CL_MEM_READ_ONLY));
  device.upload(left.buffers.back(), from.data(), bytes);
  left.bytes += bytes;
}

void add_values(OpenClProcessor& device, const std::vector<float>& values, DType dtype, TiledLeft& left) {
  HostTensor stored(dtype, Shape{static_cast<std::int64_t>(values.size())}, Layout::row_major(1));
  for (std::size_t i = 0; i < values.size(); ++i) stored.set(static_cast<std::int64_t>(i), values[i]);
  add_bytes(device, {stored.data(), stored.size_bytes()}, left);
}

void add_compressed_tiles(OpenClProcessor& device, std::span<const float> matrix, const MatrixProduct& product,
                          std::int64_t tile_k, TiledLeft& left) {
  std::vector<float> values;
  std::vector<cl_ushort> b_rows;
  std::vector<cl_uint> starts;
  for (std::int64_t panel = 0; panel < panels_of(product); ++panel) {
    for (std::int64_t tile = 0; tile < product.k; tile += tile_k) {
      for (std::int64_t row = panel * kRows; row < (panel + 1) * kRows; ++row) {
        starts.push_back(static_cast<cl_uint>(values.size()));
        for (std::int64_t k = tile; row < product.m && k < std::min(tile + tile_k, product.k); ++k) {
          const float value = matrix[static_cast<std::size_t>(row * product.k + k)];
          if (value == 0) continue;
          values.push_back(value);
          b_rows.push_back(static_cast<cl_ushort>(k - tile));
        }
      }
    }
  }
  starts.push_back(static_cast<cl_uint>(values.size()));
  // A device gives no buffer of nothing.
  if (values.empty()) {
    values.push_back(0);
    b_rows.push_back(0);
  }
  add_values(device, values, product.dtype, left);
  add_buffer(device, b_rows, left);
  add_buffer(device, starts, left);
  left.options += " -DRESIDUAL";
}

std::int64_t most_compressed_bytes(const MatrixProduct& product, std::int64_t tile_k) {
  const auto entry_bytes = static_cast<std::int64_t>(std::max(size_of(product.dtype), sizeof(cl_ushort)));
  const auto start_bytes = static_cast<std::int64_t>(sizeof(cl_uint));
  const std::int64_t starts = panels_of(product) * kRows * divided_up(product.k, tile_k) + 1;
  return std::max(entry_bytes * product.m * product.k, start_bytes * starts);
}

}  // namespace hetscope

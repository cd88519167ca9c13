// Left operands for product_tile.cl that are packed before the run: their buffers, and compressed rows of tiles.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/dense/tiled_product.hpp"

namespace hetscope {

// A buffer of these bytes behind the others of the left operand. Throws cl::Error.
void add_bytes(OpenClProcessor& device, std::span<const std::byte> from, TiledLeft& left);

template <class T>
void add_buffer(OpenClProcessor& device, const std::vector<T>& from, TiledLeft& left) {
  add_bytes(device, std::as_bytes(std::span(from)), left);
}

// The same, of values as they are stored in a matrix of `dtype`.
void add_values(OpenClProcessor& device, const std::vector<float>& values, DType dtype, TiledLeft& left);

// What is not zero of `matrix` (m x k, row-major), as three buffers: values and their rows of b, counted from the first
// of the tile (16 bits), in the order [panel][tile][row of the panel], each row's by ascending column; and where each
// row's begin in a tile, with the end of the last one. The kernel is built with -DRESIDUAL.
void add_compressed_tiles(OpenClProcessor& device, std::span<const float> matrix, const MatrixProduct& product,
                          std::int64_t tile_k, TiledLeft& left);
// Of the largest of these buffers, where no entry is zero.
std::int64_t most_compressed_bytes(const MatrixProduct& product, std::int64_t tile_k);

}  // namespace hetscope

// Products in OpenCL C that go by tiles of the right operand, in local memory or in a texture: how the device's
// work-items share them, what they need, and the Runnable around the launches. What a kernel adds is how it holds the
// left operand, and its inner loop (behind product_tile.cl).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/divided_up.hpp"
#include "harness/core/support.hpp"
#include "harness/kernel/opencl_kernel.hpp"

namespace hetscope {

// y (m x n) = a (m x k) b (k x n), row-major, for each of `heads`, which lie one behind the other. f32 and f16 are
// summed in f32, and f16 is rounded once; i8 makes exact sums in i32.
struct MatrixProduct {
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  std::int64_t heads = 1;
  DType dtype = DType::f32;          // of a and b
  bool is_right_transposed = false;  // b is stored n x k, which the kernel's own text knows how to read
  float factor = 0;                  // of i8: y is the sums times it, rounded and saturated; 0: the sums
};

// No number divides an extent by rule: edges are the kernel's affair, but a tile is never wider than the product, and
// the panels are shared evenly among as few groups as hold them.
struct ProductTiling {
  static constexpr std::int64_t kRows = 8;  // of y, that a work-item computes: a panel

  Storage right = Storage::buffer;  // where b is read from; image2d: four columns a texel, packed in every run
  std::int64_t width = 1;           // lanes of a vector
  std::int64_t vectors = 1;         // of a work-item, side by side
  std::int64_t group_x = 1;         // work-items of a group along the columns
  std::int64_t group_y = 1;         // and along the rows
  std::int64_t tile_k = 32;         // rows of b at a time

  // What suits the device. tile_k is a multiple of `unit_k`.
  ProductTiling(const MatrixProduct& product, const OpenClProcessor& device, Storage storage = Storage::buffer,
                std::int64_t unit_k = 1);

  std::int64_t tile_columns() const noexcept { return width * vectors * group_x; }
  // Of local memory.
  std::int64_t tile_bytes() const noexcept { return right == Storage::buffer ? 4 * tile_k * tile_columns() : 0; }
  std::string options() const;
};

inline std::int64_t panels_of(const MatrixProduct& product) noexcept {
  return divided_up(product.m, ProductTiling::kRows);
}

// b in texels, the last one of a row filled up.
std::int64_t right_texel_bytes(const MatrixProduct& product) noexcept;

// Why the device cannot hold such a product; `left_bytes` is the largest buffer of the left operand.
Support holds_tiled_product(const MatrixProduct& product, const ProductTiling& tiling, std::int64_t left_bytes,
                            const OpenClProcessor& device);

// The left operand as the kernel reads it: buffers and numbers, in the order of its arguments behind (b, y, m, n, k).
struct TiledLeft {
  std::vector<cl::Buffer> buffers;
  std::vector<cl_uint> numbers;
  std::int64_t bytes = 0;  // of the buffers, as far as they were packed before the run
  std::string options{};   // that the kernel is built with besides the tiling's
  // Set: the first buffer is that input of the operation as it is, new for every run.
  std::optional<std::size_t> index{};
};

// `source` names the kernel's own text among opencl_source_files(). `right` is read once, while this prepares; y has
// its shape with m in the place of k. Input `right_index` of the operation, the left one that has an index, and output
// 0 cross between host and device. Throws cl::Error and Error.
std::unique_ptr<Runnable> make_tiled_product(OpenClProcessor& device, std::string_view source, const char* function,
                                             const MatrixProduct& product, ProductTiling tiling, TiledLeft left,
                                             const HostTensor& right, std::size_t right_index, Metrics metrics = {});

}  // namespace hetscope

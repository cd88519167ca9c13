// Rows of pixels, channels innermost, in f32: what the CPU's convolution computes on, whatever layout and type a tensor
// has in memory. A row is moved by the same transposes and run copies as layout_transform_tiled.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/tensor/tensor_view.hpp"
#include "kernels/layout/box_mover.hpp"

namespace hetscope {

// Between a stored tensor of rank 4 (f32, f16 or i8, no map) and rows of `pitch` floats a pixel; pitch is at least the
// number of channels. Elements between the channels and the pitch are left as they are in f32, and zero in other types.
class PixelRows {
 public:
  enum class Direction { read, write };

  // What is written is multiplied by `factor` before it becomes i8.
  PixelRows(const TensorView& view, std::int64_t pitch, Direction direction, float factor = 1);

  // Of the row in the tensor's type that a caller gives to read() and write() as `scratch`; 0 for f32.
  std::int64_t scratch_bytes() const;
  // Image n, row h, all channels and columns: from `tensor` to `row`, and back. `scratch` is zero before its first use.
  void read(const std::byte* tensor, std::int64_t n, std::int64_t h, float* row, std::byte* scratch) const;
  void write(const float* row, std::int64_t n, std::int64_t h, std::byte* tensor, std::byte* scratch) const;

 private:
  std::int64_t byte_offset(std::int64_t n, std::int64_t h) const;

  DType dtype_;
  Shape shape_;
  Layout layout_;
  std::int64_t pitch_;
  float factor_;
  std::vector<BoxMover> movers_;
};

}  // namespace hetscope

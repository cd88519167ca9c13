// What turns a convolution into a matrix product, as its kernels see it.
#pragma once

#include <cstdint>

#include "harness/core/case.hpp"
#include "harness/tensor/dtype.hpp"

namespace hetscope {

// columns[(c, r, s), (y, x)] = image[c, y stride + r - padding, x stride + s - padding], zero outside; all row-major.
// The product of a matrix of filters (output channels x (c, r, s)) with it is the convolution.
struct Im2colProblem {
  // Throws Error when the shape is not C x H x W, the filter not R x S, or it does not fit into the padded image.
  explicit Im2colProblem(const Case& item);

  std::int64_t channels = 0, height = 0, width = 0;
  std::int64_t filter_height = 0, filter_width = 0;
  std::int64_t stride = 1, padding = 0;
  DType dtype = DType::f32;

  std::int64_t out_height() const noexcept { return (height + 2 * padding - filter_height) / stride + 1; }
  std::int64_t out_width() const noexcept { return (width + 2 * padding - filter_width) / stride + 1; }
  std::int64_t rows() const noexcept { return channels * filter_height * filter_width; }
  std::int64_t cols() const noexcept { return out_height() * out_width(); }
};

}  // namespace hetscope

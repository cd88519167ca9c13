// An image of RGBA texels for a line of elements that has no shape of its own.
#pragma once

#include <cstdint>

#include "harness/processor/opencl_processor.hpp"
#include "harness/tensor/tensor_view.hpp"

namespace hetscope {

struct ImageExtent {
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t texels = 0;  // that hold elements

  std::size_t bytes(DType dtype) const { return width * height * kTexelLanes * size_of(dtype); }
};

// Of `bytes` of words in texels of four, the last one filled up.
std::int64_t texels_of_words(std::int64_t bytes);
inline constexpr std::int64_t kWordTexelBytes = kTexelLanes * std::int64_t{4};

// Texel t at x = t mod width, y = t / width. Near square, as images are stored in two-dimensional tiles; narrower where
// the device's width demands it.
ImageExtent near_square_extent(std::int64_t texels, const OpenClLimits& limits);

}  // namespace hetscope

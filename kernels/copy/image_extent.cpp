// The width is a power of two, so that a texel's place costs a shift and a mask.
#include "kernels/copy/image_extent.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "harness/core/divided_up.hpp"

namespace hetscope {

std::int64_t texels_of_words(std::int64_t bytes) { return divided_up(bytes, kWordTexelBytes); }

ImageExtent near_square_extent(std::int64_t texels, const OpenClLimits& limits) {
  const auto count = static_cast<std::size_t>(texels);
  const auto edge = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  const std::size_t most = std::max<std::size_t>(limits.image2d_width, 1);
  const std::size_t width = std::min(std::bit_ceil(edge), most);
  return {width, divided_up(count, width), count};
}

}  // namespace hetscope

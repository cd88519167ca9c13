// Transposes in the orders down, tall and square (matrix_transpose.hpp): strips and panels of a matrix, one after the
// other.
#pragma once

#include <cstddef>

#include "kernels/layout/matrix_transpose.hpp"

namespace hetscope {

// Whether `order` is one of these.
constexpr bool goes_by_panels(TransposeOrder order) {
  return order == TransposeOrder::down || order == TransposeOrder::tall || order == TransposeOrder::square;
}

// As transpose_matrices(), of a way in effect that goes by panels. Down goes through the caches in any case.
void transpose_by_panels(int width, const std::byte* source, std::byte* target, const TransposeExtent& extent,
                         TransposeWay way, const LoopRange& batch);

}  // namespace hetscope

// Transposes in the orders down, tall and square (matrix_transpose.hpp): strips and panels of a matrix, one after the
// other.
#pragma once

#include <cstddef>

#include "kernels/layout/matrix_transpose.hpp"

namespace hetscope {

// Whether a matrix of `width`-byte elements is more than one tile in each direction and `order` is one of these.
bool goes_by_panels(int width, const TransposeExtent& extent, TransposeOrder order);

// As transpose_matrices(), of matrices for which goes_by_panels() holds. Down goes through the caches in any case.
void transpose_by_panels(int width, const std::byte* source, std::byte* target, const TransposeExtent& extent,
                         TransposeWay way, const LoopRange& batch);

}  // namespace hetscope

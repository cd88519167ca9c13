// What the kernels of operation reduce share with it.
#pragma once

#include "harness/core/case.hpp"
#include "harness/tensor/shape.hpp"

namespace hetscope {

// Of what is reduced.
inline constexpr int kReducedRank = 3;

// The extents of the result: those of the input without the reduced one.
Shape reduced_shape(const Case& item);

}  // namespace hetscope

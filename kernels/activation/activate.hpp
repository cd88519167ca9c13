// An activation of elements that lie one behind the other in the host's memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/tensor/dtype.hpp"
#include "kernels/elimination/pair_operator.hpp"

namespace hetscope {

// out[i] = function(in[i]) for `count` elements, of a kind that works on elements. `dtype` is f32 or f16, which is
// computed in f32 and rounded. Both may be the same memory.
void activate(OperatorKind function, DType dtype, const std::byte* in, std::byte* out, std::int64_t count);

}  // namespace hetscope

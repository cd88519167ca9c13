// How tensors lie that are reshaped: row-major, the last dimension in vectors of four.
#pragma once

#include "harness/tensor/tensor_view.hpp"

namespace hetscope {

// Both for the input and the output of operation reshape.
Layout texel_layout(int rank);

}  // namespace hetscope

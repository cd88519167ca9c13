// The outer loops of a box as OpenCL C: where its planes or runs start, as functions of their number.
#pragma once

#include <string>
#include <vector>

#include "kernels/layout/movement.hpp"

namespace hetscope {

// `uint source_base(size_t)` and `uint target_base(size_t)`: the offset, in elements and below 2^32, for position z of
// `loops`, the last of which is the fastest.
std::string print_bases(const std::vector<MovementLoop>& loops, std::int64_t source_offset, std::int64_t target_offset);

}  // namespace hetscope

// The cases on which every kernel of an operation is tried: tiny, odd, not a multiple of four, and typical. A new
// operation gets an entry here; without one its test fails.
#pragma once

#include <string_view>
#include <vector>

#include "harness/core/case.hpp"

namespace hetscope {

// Sets of axes, without dtype and threads, which the test varies itself. Empty: no entry. The first are the smallest.
// `with_typical`: also those that are too long for a simulator.
std::vector<Case> kernel_cases(std::string_view operation, bool with_typical);

}  // namespace hetscope

// The recurrence that multiply_add_peak computes, shared by its kernels.
#pragma once

#include <cstdint>

namespace hetscope {

// Every chain does x <- x * factor + addend this many times. It approaches 1 but stays away from it: after all steps a
// third of the first distance is left, so that a chain which lost steps is seen to be wrong.
inline constexpr std::int64_t kMultiplyAddSteps = 4096;

// Inputs of the operation: the chains' first values, then {factor, addend}, which a compiler must not know.
inline constexpr int kStartOperand = 0;
inline constexpr int kCoefficientsOperand = 1;

}  // namespace hetscope

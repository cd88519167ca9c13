// One operator of an operator_chain.
#pragma once

#include <cstdint>

namespace hetscope {

// Numerical Recipes' generator: a wrong number of operators never gives the right word.
inline constexpr std::uint32_t kChainFactor = 1664525;
inline constexpr std::uint32_t kChainAddend = 1013904223;
constexpr std::uint32_t after_operator(std::uint32_t word) { return kChainFactor * word + kChainAddend; }

}  // namespace hetscope

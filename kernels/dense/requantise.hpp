// Sums of integer products back into 8 bits.
#pragma once

#include <cstdint>
#include <span>

namespace hetscope {

// to[i] = sums[i] * factor, rounded to the nearest, ties to even, saturated.
void requantise(std::span<const std::int32_t> sums, float factor, std::int8_t* to);

}  // namespace hetscope

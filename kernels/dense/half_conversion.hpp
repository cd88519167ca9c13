// Between binary16 and f32, many elements at a time: how a library that has no product of halves gets one.
#pragma once

#include <cstdint>
#include <span>

namespace hetscope {

// `to` has as many elements as `bits`. Exact.
void widen_halves(std::span<const std::uint16_t> bits, float* to);
// To nearest, ties to even; what is too large becomes infinite.
void round_to_halves(std::span<const float> values, std::uint16_t* bits);

}  // namespace hetscope

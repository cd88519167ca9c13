// The steps of the operation spin, on the host.
#pragma once

#include <cstdint>

#include "kernels/probe/sequential_probe.hpp"

namespace hetscope {

// numbers: start, factor, addend. One multiplication and one addition a step, in registers.
inline std::uint32_t spin_steps(const std::uint32_t* numbers, std::int64_t steps) {
  std::uint32_t x = numbers[0];
  const std::uint32_t factor = numbers[1];
  const std::uint32_t addend = numbers[2];
  for (std::int64_t step = 0; step < steps; ++step) x = factor * x + addend;
  return x;
}

}  // namespace hetscope

#pragma once

#include <cstdint>

// Before <hwy/foreach_target.h>, in code that keeps vectors in arrays or structures: SVE's and RVV's have no size that
// the compiler knows. NEON serves those processors of Arm. Processors with SSSE3 and no SSE4, of 2011 and before, have
// the baseline.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | HWY_SSSE3)

// Of the target that is compiled.
#define HETSCOPE_VECTOR_REGISTERS (HWY_ARCH_ARM_A64 || HWY_MAX_BYTES >= 64 ? 32 : 16)

namespace hetscope {

// Of a product: rows of `vectors` sums each that stay in `registers` together with as many vectors of the right
// operand, an element of the left one and a product. The right operand's are loaded first, the left one's one at a
// time: g++ 12 keeps all of these in registers, and sums in memory, where the loops are the other way round.
constexpr int rows_of_sums(int registers, std::int64_t vectors) {
  return (registers - static_cast<int>(vectors) - 2) / static_cast<int>(vectors);
}

}  // namespace hetscope

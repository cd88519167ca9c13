// One row, one term: the inner loop of the decomposition, as a generic function and as SIMD code for the common
// patterns. Both give the same bits. Internal to the decomposition; public for its tests.
#pragma once

#include <cstdint>

#include "kernels/sparse/nm_pattern.hpp"

namespace hetscope {

// Extracts the N largest magnitudes of each of `blocks` whole blocks of M from `row` (finite; blocks * M floats):
// the kept entries become +0 in `row`, their values and in-block indices go to values[blocks * N] and
// indices[blocks * N]. Rules, the same everywhere:
// - magnitudes are compared as the integers of their bit patterns, so that subnormal numbers count whatever the
//   flush-to-zero mode is; equal magnitudes: the lower index is kept first;
// - a zero (of either sign) is never kept: with fewer than N other entries, slots stay empty: value +0, index 0;
// - slots ascend by index, empty slots last.
void decompose_row_generic(NmPattern pattern, float* row, std::int64_t blocks, float* values, std::uint8_t* indices);

// The same. SIMD for 1:4, 2:4, 1:8, 2:8 and 4:8 on targets with vectors, generic otherwise.
void decompose_row(NmPattern pattern, float* row, std::int64_t blocks, float* values, std::uint8_t* indices);

// out[i] = in[i]; false when an element is NaN or infinite.
bool copy_finite_f32(const float* in, float* out, std::int64_t count);
// out[i] = the f32 value of the binary16 bits in[i], exactly; false when an element is NaN or infinite.
bool widen_finite_f16(const std::uint16_t* in, float* out, std::int64_t count);
// out[i] = in[i] as a real.
void widen_i8(const std::int8_t* in, float* out, std::int64_t count);

}  // namespace hetscope

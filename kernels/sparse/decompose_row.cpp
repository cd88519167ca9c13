// The generic inner loop: any N <= M <= 32, one block after the other. It defines the result.
#include "kernels/sparse/decompose_row.hpp"

#include <array>
#include <bit>

namespace hetscope {
namespace {

// Keeps the N largest of one block; returns a bit per kept index.
std::uint32_t keep_largest(NmPattern pattern, const float* block) {
  std::array<std::uint32_t, NmPattern::kMaxM> keys;
  for (int i = 0; i < pattern.m; ++i) {
    keys[static_cast<std::size_t>(i)] = std::bit_cast<std::uint32_t>(block[i]) & 0x7fffffffU;
  }
  std::uint32_t kept = 0;
  for (int slot = 0; slot < pattern.n; ++slot) {
    std::uint32_t best = 0;
    std::size_t best_at = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(pattern.m); ++i) {
      if (keys[i] > best) {
        best = keys[i];
        best_at = i;
      }
    }
    if (best == 0) break;
    kept |= 1U << best_at;
    keys[best_at] = 0;
  }
  return kept;
}

}  // namespace

void decompose_row_generic(NmPattern pattern, float* row, std::int64_t blocks, float* values, std::uint8_t* indices) {
  for (std::int64_t b = 0; b < blocks; ++b, row += pattern.m, values += pattern.n, indices += pattern.n) {
    std::uint32_t kept = keep_largest(pattern, row);
    int slot = 0;
    for (; kept != 0; kept &= kept - 1, ++slot) {
      const int index = std::countr_zero(kept);
      values[slot] = row[index];
      indices[slot] = static_cast<std::uint8_t>(index);
      row[index] = 0.0F;
    }
    for (; slot < pattern.n; ++slot) {
      values[slot] = 0.0F;
      indices[slot] = 0;
    }
  }
}

}  // namespace hetscope

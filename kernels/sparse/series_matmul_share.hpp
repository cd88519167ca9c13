// What one thread computes of a fused product; a file of its own because every instruction set's code includes it once.
#pragma once

#include <cstdint>

#include "kernels/sparse/fused_series.hpp"

namespace hetscope {

// Rows of C, in bands, times panels of its columns whose sums wait together between blocks of K: 1024 rows x 2 panels
// of 256 bytes are 512 KiB, which leaves the second-level cache room for A's block, read once for both panels. A C of
// fewer rows has more panels in a chunk, so that memory gives longer pieces of B's rows: 16 panels of one band.
inline constexpr std::int64_t kChunkBands = 8;
inline constexpr std::int64_t kChunkBandPanels = 16;
// Floats of a packed panel of B: 36 KiB, three quarters of a first-level cache of 48 KiB.
inline constexpr std::int64_t kPanelFloats = 9216;
// Bytes of B and C together above which they are taken to lie behind the second-level cache.
inline constexpr std::int64_t kCacheBytes = 2'000'000;

// Rows of bands [band_begin, band_end) and columns [col_begin, col_end) of C.
template <class In, class Out>
struct SeriesMatmulShare {
  const FusedSeries& a;
  const In* b;
  std::int64_t n;
  Out* c;
  float* panel;       // (block_k + NmPattern::kMaxM) rows of a panel's columns
  float* sums;        // words of 4 bytes, for kChunkBandPanels bands of kBandRows rows and a panel's columns
  bool beyond_cache;  // B and C are; they are prefetched
  std::int64_t band_begin, band_end;
  std::int64_t col_begin, col_end;
};

// Of the types that are compiled elsewhere, by the best instruction set of this CPU.
void multiply_share_f16(const SeriesMatmulShare<std::uint16_t, std::uint16_t>& s);
void multiply_share_i8(const SeriesMatmulShare<std::int8_t, std::int32_t>& s);

}  // namespace hetscope

// What one thread computes of a fused product; a file of its own because every instruction set's code includes it once.
#pragma once

#include "kernels/sparse/series_matmul.hpp"

namespace hetscope {

// Rows of C whose sums wait together between blocks of K, in bands: 1024 rows x 6 vectors of 64 bytes are 384 KiB.
inline constexpr std::int64_t kChunkBands = 8;

// Rows of bands [band_begin, band_end) and columns [col_begin, col_end) of C.
struct SeriesMatmulShare {
  const FusedSeries& a;
  const float* b;
  std::int64_t n;
  float* c;
  float* panel;  // (kBlockK + NmPattern::kMaxM) rows of a panel's columns
  float* sums;   // kChunkBands bands of a panel's columns
  std::int64_t band_begin, band_end;
  std::int64_t col_begin, col_end;
};

}  // namespace hetscope

// C = A·B with A a series of N:M terms, a sparse matrix in compressed rows, or both, all in one pass ("fused"): the
// accumulators of a tile of C live over the slots of every term, so that a further term costs its multiply-adds and
// nothing else. B is an activation: it is repacked inside the call, block by block into the first-level cache.
#pragma once

#include <hwy/aligned_allocator.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "harness/processor/thread_pool.hpp"
#include "kernels/sparse/fused_series.hpp"

namespace hetscope {

// The packed panels and waiting sums of a product. Kept from one product to the next, it is allocated once.
class SeriesMatmulWorkspace {
 public:
  // At least `count` floats, aligned for vectors; what they held is lost when it grows. Throws Error without memory.
  float* floats(std::size_t count);

 private:
  hwy::AlignedFreeUniquePtr<float[]> buffer_;
  std::size_t count_ = 0;
};

// C (rows x n) = A·B (cols x n), both row-major without gaps. The order of the additions depends on neither `pool` nor
// n. `pool` nullptr: the calling thread alone. Throws Error, before anything is read or written, for an A without rows,
// n < 1, and unless B has cols x n and C rows x n elements.
void series_matmul(const FusedSeries& a, std::span<const float> b, std::int64_t n, std::span<float> c,
                   SeriesMatmulWorkspace& workspace, ThreadPool* pool = nullptr);
// B and C of binary16 bits; multiplied and summed in f32, rounded once.
void series_matmul(const FusedSeries& a, std::span<const std::uint16_t> b, std::int64_t n, std::span<std::uint16_t> c,
                   SeriesMatmulWorkspace& workspace, ThreadPool* pool = nullptr);
// A's values are integers from -128 to 127; exact sums, modulo 2^32.
void series_matmul(const FusedSeries& a, std::span<const std::int8_t> b, std::int64_t n, std::span<std::int32_t> c,
                   SeriesMatmulWorkspace& workspace, ThreadPool* pool = nullptr);

}  // namespace hetscope

// What a memory walk reads, and in which order: texels of four elements in rows, each read equally often. Extents and
// counts are powers of two, so that no pattern needs a division.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>

#include "harness/core/case.hpp"
#include "harness/tensor/tensor_view.hpp"

namespace hetscope {

// Neighbouring reads are
// x_walk   neighbours in a row
// y_walk   neighbours in a column
// tile     in one square of 8 x 8 texels
// random   anywhere
// stencil  of one square of 8 x 8, and each takes the 3 x 3 texels around its own, those at the edge repeated
enum class WalkPattern { x_walk, y_walk, tile, random, stencil };
inline constexpr std::string_view kWalkPatternNames[] = {"x_walk", "y_walk", "tile", "random", "stencil"};

inline constexpr int kTileBits = 3;  // of a side of a square

struct Walk {
  // Of a case whose axes operation memory_walk has validated.
  explicit Walk(const Case& item);

  WalkPattern pattern;
  DType dtype;
  int width_bits;            // texels in a row; never fewer than rows
  int height_bits;           // rows
  std::int64_t row_padding;  // texels behind each row of linear memory that nobody reads
  std::int64_t reads;        // an execution's steps, a multiple of the texels
  int texels_bits() const noexcept { return width_bits + height_bits; }
  std::int64_t width() const noexcept { return std::int64_t{1} << width_bits; }
  std::int64_t height() const noexcept { return std::int64_t{1} << height_bits; }
  std::int64_t texels() const noexcept { return width() * height(); }
  std::int64_t pitch() const noexcept { return width() + row_padding; }  // texels from row to row of linear memory
  std::int64_t texel_bytes() const noexcept;
  std::int64_t linear_bytes() const noexcept { return pitch() * height() * texel_bytes(); }
  int texels_per_read() const noexcept { return pattern == WalkPattern::stencil ? 9 : 1; }
  std::int64_t bytes_read() const noexcept { return reads * texels_per_read() * texel_bytes(); }
};

struct TexelPlace {
  std::uint32_t x;
  std::uint32_t y;
};

// Where read n of a pattern goes, for n below the number of texels: a bijection. memory_walk.cl computes the same.
template <WalkPattern kPattern>
inline TexelPlace place_of_read(std::uint32_t n, int width_bits, int height_bits) {
  const std::uint32_t in_row = (1U << width_bits) - 1;
  switch (kPattern) {
    case WalkPattern::x_walk:
      return {n & in_row, n >> width_bits};
    case WalkPattern::y_walk:
      return {n >> height_bits, n & ((1U << height_bits) - 1)};
    case WalkPattern::tile:
    case WalkPattern::stencil: {
      constexpr std::uint32_t kInTile = (1U << kTileBits) - 1;
      const std::uint32_t tile = n >> (2 * kTileBits);
      const int row_tile_bits = width_bits - kTileBits;
      return {(n & kInTile) | ((tile & ((1U << row_tile_bits) - 1)) << kTileBits),
              ((n >> kTileBits) & kInTile) | ((tile >> row_tile_bits) << kTileBits)};
    }
    case WalkPattern::random: {
      // Each step is a bijection of the numbers below 2^bits: a shift to the right that is added without carry, and a
      // product with an odd number.
      const int bits = width_bits + height_bits;
      const int half = (bits + 1) / 2;
      const auto all = static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1);
      std::uint32_t h = n ^ (n >> half);
      h = (h * 0x9E3779B1U) & all;
      h ^= h >> half;
      h = (h * 0x85EBCA6BU) & all;
      h ^= h >> half;
      return {h & in_row, h >> width_bits};
    }
  }
  return {0, 0};
}

// How work-items share a walk's reads, all powers of two: in a step, neighbours take neighbouring reads, and so each
// texel is read equally often. Steps that begin another pass over the texels begin it further on, so that no item meets
// a texel again before it has met as many as there are; else it would stay with a few, and in a small set with a single
// one, which a register or the nearest cache holds. memory_walk.cl computes the same.
struct ItemWalk {
  // `work_items` is at most the walk's reads.
  ItemWalk(const Walk& walk, std::int64_t work_items)
      : items(work_items), steps(walk.reads / items), pass_bits(log2_of(std::max(items, walk.texels()) / items)) {
    const std::int64_t starts = std::min(items, walk.texels());
    // As long as there are enough of them, passes start where a group of 64 does, so that its reads stay aligned.
    const int aligned_bits = std::min(kGroupBits, log2_of(starts / std::min(steps >> pass_bits, starts)));
    rotation = kOddRotation << aligned_bits;
    last_texel = static_cast<std::uint32_t>(walk.texels() - 1);
  }

  // The read, below the number of texels, that `item` takes in `step`.
  std::uint32_t read_of(std::uint32_t item, std::uint32_t step) const noexcept {
    return (item + step * static_cast<std::uint32_t>(items) + (step >> pass_bits) * rotation) & last_texel;
  }

  std::int64_t items;
  std::int64_t steps;      // reads of an item
  int pass_bits;           // log2 of the steps of a pass over the texels; 0 where one step is a pass or several
  std::uint32_t rotation;  // reads from the start of a pass to that of the next, modulo the texels
  std::uint32_t last_texel;

 private:
  static constexpr int kGroupBits = 6;
  // Odd, so that its multiples meet every start; near the golden section, so that those that follow lie far apart.
  static constexpr std::uint32_t kOddRotation = 0x9E3779B1U;
  static int log2_of(std::int64_t value) noexcept { return std::countr_zero(static_cast<std::uint64_t>(value)); }
};

// Elements are whole numbers up to this, so that f32 and f16 hold them and sums of f32 stay exact for a while.
inline constexpr int kMostElement = 255;
// Texels that one sum of f32 may take before it could round.
inline constexpr std::int64_t kExactTexels = (std::int64_t{1} << 24) / kMostElement;
// The lanes of a texel count differently, so that a swap of two of them is seen.
inline constexpr std::uint32_t kLaneWeights[] = {1, 3, 5, 7};

}  // namespace hetscope

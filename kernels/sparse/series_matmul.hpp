// C = A·B with A a series of N:M terms, all terms in one pass ("fused"): the accumulators of a tile of C live over the
// slots of every term, so that a further term costs its multiply-adds and nothing else. B is an activation: it is
// repacked inside the call, block by block into the first-level cache.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/processor/thread_pool.hpp"
#include "kernels/sparse/decomposition.hpp"

namespace hetscope {

// A as the kernel reads it, made once. The columns are cut into blocks of kBlockK, the rows into bands of kBandRows. In
// every block and band, rows are paired so that the two have many columns in common, and two pairs make a group: where
// both rows of a pair keep a column, one load of B's row serves two multiply-adds. What a product costs is the loads
// of B, so this is worth about a fifth at slots of 1/2; no value and no slot is changed, added or left out. The order
// of the groups is by their number of common columns, which the processor can then predict.
//
//   a group, in a block of columns:   common x { row of B for pair 0, for pair 1 | 4 values }
//                          then      (slots - common) x { row of B for each of the 4 rows | 4 values }
class FusedSeries {
 public:
  static constexpr std::int64_t kBlockK = 96;
  static constexpr std::int64_t kBandRows = 128;
  static constexpr std::int64_t kGroupRows = 4;

  struct Group {
    std::array<std::int32_t, kGroupRows> rows;  // of A and C; -1: padding
    std::int32_t common = 0;
    const std::uint16_t* b_rows = nullptr;  // relative to the block's first column
    const float* values = nullptr;
  };

  // Needs no residual. An i8 matrix multiplies as its values without the scale.
  explicit FusedSeries(const Decomposition& decomposition);

  std::int64_t rows() const noexcept { return rows_; }
  std::int64_t cols() const noexcept { return cols_; }
  std::int64_t bands() const noexcept { return (rows_ + kBandRows - 1) / kBandRows; }
  std::int64_t groups() const noexcept { return bands() * kBandRows / kGroupRows - padding_groups_; }
  // Groups before a band; bands() gives groups().
  std::int64_t first_group(std::int64_t band) const noexcept;
  std::int64_t k_blocks() const noexcept { return static_cast<std::int64_t>(first_slot_.size()) - 1; }
  // Slots of a row in a block of columns, the same for all rows.
  std::int64_t slots_of(std::int64_t k_block) const noexcept;
  // Rows of B that the slots of a block can refer to: kBlockK, and the rest of a block of M that crosses its end.
  std::int64_t b_rows_of(std::int64_t k_block) const noexcept;
  Group group(std::int64_t k_block, std::int64_t index) const noexcept;

  std::int64_t slots_per_row() const noexcept { return first_slot_.back(); }
  std::int64_t bytes() const noexcept;
  // The memory that a product reads of A.
  std::vector<std::span<const std::byte>> storage() const;

 private:
  struct GroupEntry {
    std::array<std::int32_t, kGroupRows> rows;
    std::int32_t common;
    std::size_t first_b_row;
    std::size_t first_value;
  };
  friend class FusedSeriesBuilder;

  std::int64_t rows_ = 0;
  std::int64_t cols_ = 0;
  std::int64_t padding_groups_ = 0;       // that the last band lacks
  std::int64_t overhang_ = 0;             // rows of B behind a block's end that its slots may refer to
  std::vector<std::int64_t> first_slot_;  // a row's slots before each block of columns; one more at the end
  std::vector<GroupEntry> entries_;       // [k_block][group]
  std::vector<std::uint16_t> b_rows_;
  std::vector<float> values_;
};

// C (rows x n) = A·B (cols x n), both row-major without gaps, in f32. The order of the additions depends on neither
// `pool` nor n. `pool` nullptr: the calling thread alone. Throws Error when n < 1.
void series_matmul(const FusedSeries& a, const float* b, std::int64_t n, float* c, ThreadPool* pool = nullptr);

}  // namespace hetscope

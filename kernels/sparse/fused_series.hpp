// A left operand in the order in which the fused product reads it: the slots of all terms of a series, and on request
// the residual's entries behind them, so that the accumulators of a tile of C live over everything that its rows hold.
// Made once for constant weights, outside every timed region.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/sparse/decomposition.hpp"

namespace hetscope {

// The columns are cut into blocks of block_k(), the rows into bands of kBandRows. In every block and band, rows are
// paired so that the two have many columns in common, and four pairs make a group: where both rows of a pair keep a
// column, or where one has an empty slot to spare, one load of B's row serves two multiply-adds. What a product costs
// is the loads of B; no value and no slot is changed, added or left out. The order of the groups is by their number of
// common columns, which the processor can then predict.
//
//   a group, in a block of columns:   shared x { row of B for all | 8 values }
//                          then       common x { row of B for each of the 4 pairs | 8 values }
//                          then       alone x { row of B for each of the 8 rows | 8 values }
//                          then       for each row: rest[row] x { row of B | value }
//
// The slots of the terms are the same number for all rows and are common or alone. Entries of the residual are alone as
// far as the shortest row of the group goes, then rest. A matrix without terms is thereby one of compressed rows (CSR)
// in the same blocks, its rows sorted by length in each band, with no load shared; one whose entries are all shared is
// dense.
class FusedSeries {
 public:
  static constexpr std::int64_t kMaxBlockK = 288;
  static constexpr std::int64_t kBandRows = 128;
  static constexpr std::int64_t kGroupRows = 8;

  enum class Residual { dropped, kept };

  struct Group {
    std::array<std::int32_t, kGroupRows> rows = {};  // of A and C; -1: padding
    std::array<std::int32_t, kGroupRows> rest = {};
    std::int32_t shared = 0;
    std::int32_t common = 0;
    std::int32_t alone = 0;
    std::int64_t rest_of_all = 0;
    std::size_t first_b_row = 0;  // in b_rows(); relative to the block's first column
    std::size_t first_value = 0;  // in values()
  };

  // An i8 matrix multiplies as its values without the scale. block_k 0: what suits the number of slots. Throws Error
  // for a residual that is to be kept but is not there, and for a block_k above kMaxBlockK.
  explicit FusedSeries(const Decomposition& decomposition, Residual residual = Residual::dropped,
                       std::int64_t block_k = 0);
  // Every entry other than zero in compressed rows.
  static FusedSeries compressed_rows(const MatrixView& matrix, std::int64_t block_k = 0);
  // Every entry, zeros included: what the same blocking gives a dense product.
  static FusedSeries dense(const MatrixView& matrix, std::int64_t block_k = 0);

  // No rows; assign_in_order() fills it.
  FusedSeries() = default;
  // The slots of a decomposition as they come, eight neighbouring rows a group and no load shared: some nanoseconds a
  // slot in place of a search for rows that fit together, for matrices that are decomposed within the clock. Memory is
  // reused. Needs no residual. `pool` nullptr: the calling thread alone.
  void assign_in_order(const Decomposition& decomposition, ThreadPool* pool = nullptr);

  std::int64_t rows() const noexcept { return rows_; }
  std::int64_t cols() const noexcept { return cols_; }
  std::int64_t block_k() const noexcept { return block_k_; }
  std::int64_t bands() const noexcept { return (rows_ + kBandRows - 1) / kBandRows; }
  std::int64_t groups() const noexcept { return (rows_ + kGroupRows - 1) / kGroupRows; }
  // Groups before a band; bands() gives groups().
  std::int64_t first_group(std::int64_t band) const noexcept;
  std::int64_t k_blocks() const noexcept { return static_cast<std::int64_t>(first_slot_.size()) - 1; }
  // Slots of a row in a block of columns, the same for all rows.
  std::int64_t slots_of(std::int64_t k_block) const noexcept;
  // Rows of B that the slots of a block can refer to: block_k, and the rest of a block of M that crosses its end.
  std::int64_t b_rows_of(std::int64_t k_block) const noexcept;
  // groups() of them.
  const Group* groups_of(std::int64_t k_block) const noexcept;
  const std::uint16_t* b_rows() const noexcept { return b_rows_.data(); }
  const float* values() const noexcept { return values_.data(); }

  // Column i of A is row order[i] of B; nullptr: row i. The product of a matrix whose columns were permuted before.
  const std::int32_t* b_order() const noexcept { return b_order_.empty() ? nullptr : b_order_.data(); }
  // Throws Error unless there is one row for each column.
  void set_b_order(std::vector<std::int32_t> order);

  std::int64_t slots_per_row() const noexcept { return first_slot_.back(); }
  // Multiply-adds for each column of C: slots of all rows and entries of the residual, without rows of padding.
  std::int64_t multiply_adds() const noexcept { return multiply_adds_; }
  std::int64_t bytes() const noexcept;
  // The memory that a product reads of A.
  std::vector<std::span<const std::byte>> storage() const;

 private:
  friend class FusedSeriesBuilder;
  void count_slots(const Decomposition& decomposition);
  FusedSeries(std::int64_t rows, std::int64_t cols, double executed_share, std::int64_t block_k);

  std::int64_t rows_ = 0;
  std::int64_t cols_ = 0;
  std::int64_t block_k_ = 0;
  std::int64_t overhang_ = 0;  // rows of B behind a block's end that its slots may refer to
  std::int64_t multiply_adds_ = 0;
  std::vector<std::int64_t> first_slot_;  // a row's slots before each block of columns; one more at the end
  std::vector<Group> entries_;            // [k_block][group]
  std::vector<std::uint16_t> b_rows_;
  std::vector<float> values_;
  std::vector<std::int32_t> b_order_;
};

}  // namespace hetscope

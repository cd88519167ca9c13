// Deals columns out, then swaps them between blocks as long as more magnitude is kept.
#include "kernels/sparse/column_permutation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"

namespace hetscope {
namespace {

// Magnitudes by column, so that a block's columns are read one after the other.
class Columns {
 public:
  Columns(const MatrixView& matrix, NmPattern pattern) : rows_(matrix.rows), cols_(matrix.cols), pattern_(pattern) {
    const std::vector<float> values = values_of(matrix);
    magnitudes_.resize(values.size());
    for (std::int64_t row = 0; row < rows_; ++row) {
      for (std::int64_t col = 0; col < cols_; ++col) {
        magnitudes_[at(col, row)] = std::abs(values[static_cast<std::size_t>(row * cols_ + col)]);
      }
    }
  }

  std::int64_t blocks() const { return (cols_ + pattern_.m - 1) / pattern_.m; }
  std::int64_t first_of(std::int64_t block) const { return block * pattern_.m; }
  std::int64_t end_of(std::int64_t block) const { return std::min(first_of(block) + pattern_.m, cols_); }

  double sum(std::int64_t col) const {
    double total = 0;
    for (std::int64_t row = 0; row < rows_; ++row) total += static_cast<double>(magnitudes_[at(col, row)]);
    return total;
  }

  // Magnitude that one term keeps of a block of `order`, over all rows.
  double kept(const ColumnOrder& order, std::int64_t block) const {
    std::array<float, NmPattern::kMaxM> found = {};
    const auto count = static_cast<std::size_t>(end_of(block) - first_of(block));
    const std::size_t kept_count = std::min(count, static_cast<std::size_t>(pattern_.n));
    double total = 0;
    for (std::int64_t row = 0; row < rows_; ++row) {
      for (std::size_t i = 0; i < count; ++i) {
        found[i] = magnitudes_[at(order[static_cast<std::size_t>(first_of(block)) + i], row)];
      }
      const auto begin = found.begin();
      std::partial_sort(begin, begin + static_cast<std::ptrdiff_t>(kept_count),
                        begin + static_cast<std::ptrdiff_t>(count), std::greater<>());
      for (std::size_t i = 0; i < kept_count; ++i) total += static_cast<double>(found[i]);
    }
    return total;
  }

  double kept(const ColumnOrder& order) const {
    double total = 0;
    for (std::int64_t block = 0; block < blocks(); ++block) total += kept(order, block);
    return total;
  }

 private:
  std::size_t at(std::int64_t col, std::int64_t row) const { return static_cast<std::size_t>(col * rows_ + row); }

  std::int64_t rows_;
  std::int64_t cols_;
  NmPattern pattern_;
  std::vector<float> magnitudes_;
};

// The columns by falling magnitude, one to each block in turn.
ColumnOrder dealt_out(const Columns& columns, std::int64_t cols) {
  std::vector<double> sums(static_cast<std::size_t>(cols));
  for (std::int64_t col = 0; col < cols; ++col) sums[static_cast<std::size_t>(col)] = columns.sum(col);
  ColumnOrder sorted(sums.size());
  std::iota(sorted.begin(), sorted.end(), 0);
  std::ranges::stable_sort(sorted, std::greater<>(),
                           [&](std::int32_t col) { return sums[static_cast<std::size_t>(col)]; });
  std::vector<std::int64_t> next;
  for (std::int64_t block = 0; block < columns.blocks(); ++block) next.push_back(columns.first_of(block));
  ColumnOrder order(sums.size());
  std::int64_t block = 0;
  for (const std::int32_t col : sorted) {
    while (next[static_cast<std::size_t>(block)] == columns.end_of(block)) block = (block + 1) % columns.blocks();
    order[static_cast<std::size_t>(next[static_cast<std::size_t>(block)]++)] = col;
    block = (block + 1) % columns.blocks();
  }
  return order;
}

void check_order(const ColumnOrder& order, std::int64_t cols) {
  std::vector<bool> seen(static_cast<std::size_t>(cols), false);
  bool is_order = static_cast<std::int64_t>(order.size()) == cols;
  for (const std::int32_t col : order) {
    is_order = is_order && col >= 0 && col < cols && !seen[static_cast<std::size_t>(col)];
    if (is_order) seen[static_cast<std::size_t>(col)] = true;
  }
  if (!is_order) throw Error("the order of the columns is no permutation of " + std::to_string(cols) + " columns");
}

}  // namespace

ColumnOrder spread_columns(const MatrixView& matrix, const Series& series, const SpreadOptions& options) {
  const Columns columns(matrix, series.same_slots_control());
  ColumnOrder order(static_cast<std::size_t>(matrix.cols));
  std::iota(order.begin(), order.end(), 0);
  if (columns.blocks() < 2) return order;
  if (ColumnOrder dealt = dealt_out(columns, matrix.cols); columns.kept(dealt) > columns.kept(order)) {
    order = std::move(dealt);
  }
  std::vector<double> kept;
  for (std::int64_t block = 0; block < columns.blocks(); ++block) kept.push_back(columns.kept(order, block));
  Random random(options.seed);
  const auto any_column = [&] {
    return static_cast<std::size_t>(random.below(static_cast<std::uint64_t>(matrix.cols)));
  };
  const auto block_of = [&](std::size_t at) { return static_cast<std::int64_t>(at) / series.largest_m(); };
  for (std::int64_t i = 0; i < options.swaps; ++i) {
    const std::size_t a = any_column();
    const std::size_t b = any_column();
    if (block_of(a) == block_of(b)) continue;
    double& of_a = kept[static_cast<std::size_t>(block_of(a))];
    double& of_b = kept[static_cast<std::size_t>(block_of(b))];
    std::swap(order[a], order[b]);
    const double new_a = columns.kept(order, block_of(a));
    const double new_b = columns.kept(order, block_of(b));
    if (new_a + new_b > of_a + of_b) {
      of_a = new_a;
      of_b = new_b;
    } else {
      std::swap(order[a], order[b]);
    }
  }
  return order;
}

std::vector<float> in_order(const MatrixView& matrix, const ColumnOrder& order) {
  check_order(order, matrix.cols);
  const std::vector<float> values = values_of(matrix);
  std::vector<float> result(values.size());
  for (std::size_t row = 0; row < static_cast<std::size_t>(matrix.rows); ++row) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      result[row * order.size() + i] = values[row * order.size() + static_cast<std::size_t>(order[i])];
    }
  }
  return result;
}

std::vector<float> back_in_place(std::span<const float> values, const ColumnOrder& order) {
  const auto cols = static_cast<std::int64_t>(order.size());
  check_order(order, cols);
  if (order.empty() || values.size() % order.size() != 0) throw Error("the values are no rows of the order's length");
  std::vector<float> result(values.size());
  for (std::size_t row = 0; row < values.size() / order.size(); ++row) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      result[row * order.size() + static_cast<std::size_t>(order[i])] = values[row * order.size() + i];
    }
  }
  return result;
}

}  // namespace hetscope

// Brings the terms of a decomposition, and its residual where it is kept, into the order in which the fused kernel
// reads them: pairs rows, then lays out the slots of each group. It happens once for constant weights.
#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <span>
#include <vector>

#include "harness/core/error.hpp"
#include "kernels/sparse/fused_series.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kPairs = FusedSeries::kGroupRows / 2;

// Blocks of `term` that begin before column k.
std::int64_t blocks_before(const Term& term, std::int64_t k) {
  return std::min((k + term.pattern.m - 1) / term.pattern.m, term.blocks);
}

// The columns that a row keeps in a block of columns and its overhang.
struct ColumnSet {
  static constexpr std::size_t kWords = (FusedSeries::kMaxBlockK + NmPattern::kMaxM + 63) / 64;
  std::array<std::uint64_t, kWords> words = {};

  void insert(std::int64_t k) { words[static_cast<std::size_t>(k / 64)] |= std::uint64_t{1} << (k % 64); }
  bool contains(std::int64_t k) const { return (words[static_cast<std::size_t>(k / 64)] >> (k % 64) & 1U) != 0; }
  int common_with(const ColumnSet& other) const {
    int count = 0;
    for (std::size_t i = 0; i < kWords; ++i) count += std::popcount(words[i] & other.words[i]);
    return count;
  }
};

struct Slot {
  std::uint16_t b_row = 0;  // relative to the block's first column
  float value = 0;
};

// A row in a block of columns, everything by ascending column; empty slots (value 0) are counted only.
struct RowSlots {
  std::int32_t row = -1;  // -1: a row of padding
  ColumnSet kept;
  std::vector<Slot> entries;
  int empty = 0;
  std::vector<Slot> rest;  // of the residual
};

// How many slots of two rows can be read together: columns that both keep, then an entry of one beside an empty slot of
// the other, then empty slots of both.
int common_slots(const RowSlots& a, const RowSlots& b) {
  const int both = a.kept.common_with(b.kept);
  const int only_a = static_cast<int>(a.entries.size()) - both;
  const int only_b = static_cast<int>(b.entries.size()) - both;
  const int beside_empty = std::min(only_a, b.empty) + std::min(only_b, a.empty);
  return both + beside_empty + std::min(a.empty - std::min(only_b, a.empty), b.empty - std::min(only_a, b.empty));
}

// Two rows with their slots in the order of execution: position i of both is read together for i < common.
struct Pair {
  std::array<std::int32_t, 2> rows;
  std::array<std::vector<Slot>, 2> slots;
  std::array<std::vector<Slot>, 2> rest;
  int common = 0;
};

Pair make_pair(RowSlots& a, RowSlots& b) {
  Pair pair{{a.row, b.row}, {}, {std::move(a.rest), std::move(b.rest)}, common_slots(a, b)};
  std::array<const RowSlots*, 2> sides = {&a, &b};
  std::array<std::vector<Slot>, 2> alone;
  for (std::size_t side = 0; side < 2; ++side) {
    for (const Slot& slot : sides[side]->entries) {
      const bool in_both = sides[1 - side]->kept.contains(slot.b_row);
      (in_both ? pair.slots[side] : alone[side]).push_back(slot);
    }
  }
  std::array<int, 2> empty = {a.empty, b.empty};
  std::array<std::vector<Slot>, 2> behind;
  for (std::size_t side = 0; side < 2; ++side) {
    for (const Slot& slot : alone[side]) {
      if (empty[1 - side] == 0) {
        behind[side].push_back(slot);
        continue;
      }
      --empty[1 - side];
      pair.slots[side].push_back(slot);
      pair.slots[1 - side].push_back({slot.b_row, 0.0F});
    }
  }
  for (std::size_t side = 0; side < 2; ++side) {
    const int together = std::min(empty[0], empty[1]);
    pair.slots[side].insert(pair.slots[side].end(), static_cast<std::size_t>(together), Slot{});
    pair.slots[side].insert(pair.slots[side].end(), behind[side].begin(), behind[side].end());
    pair.slots[side].insert(pair.slots[side].end(), static_cast<std::size_t>(empty[side] - together), Slot{});
  }
  return pair;
}

// Each row takes the row with the most slots in common among those left. Rows of compressed entries alone have none,
// and stand by their length instead.
std::vector<Pair> pair_rows(std::vector<RowSlots> rows, bool has_slots) {
  std::vector<Pair> pairs;
  if (!has_slots) {
    std::stable_sort(rows.begin(), rows.end(),
                     [](const RowSlots& x, const RowSlots& y) { return x.rest.size() > y.rest.size(); });
    for (std::size_t i = 0; i < rows.size(); i += 2) pairs.push_back(make_pair(rows[i], rows[i + 1]));
    return pairs;
  }
  while (!rows.empty()) {
    RowSlots first = std::move(rows.back());
    rows.pop_back();
    const auto best = std::max_element(rows.begin(), rows.end(), [&](const RowSlots& x, const RowSlots& y) {
      return common_slots(first, x) < common_slots(first, y);
    });
    pairs.push_back(make_pair(first, *best));
    if (best != rows.end() - 1) *best = std::move(rows.back());
    rows.pop_back();
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& x, const Pair& y) { return x.common > y.common; });
  return pairs;
}

// Multiply-adds over those of the dense product.
double executed_share(const Decomposition& decomposition, FusedSeries::Residual residual) {
  if (residual == FusedSeries::Residual::dropped) return decomposition.executed_slots();
  const auto entries = static_cast<std::size_t>(decomposition.rows * decomposition.cols);
  if (decomposition.residual.size() != entries) {
    throw Error("a residual that is to be kept is not there", {}, "decompose with keep_residual");
  }
  const auto rest = std::ranges::count_if(decomposition.residual, [](float v) { return v != 0; });
  return decomposition.executed_slots() + static_cast<double>(rest) / static_cast<double>(entries);
}

}  // namespace

class FusedSeriesBuilder {
 public:
  FusedSeriesBuilder(FusedSeries& series, const Decomposition& decomposition, bool with_residual)
      : series_(series), decomposition_(decomposition), with_residual_(with_residual) {}

  void add_block(std::int64_t k_block) {
    const std::int64_t slots = series_.slots_of(k_block);
    for (std::int64_t first = 0; first < series_.rows_; first += FusedSeries::kBandRows) {
      const std::int64_t last = std::min(series_.rows_, first + FusedSeries::kBandRows);
      std::vector<RowSlots> rows;
      for (std::int64_t row = first; row < last; ++row) rows.push_back(slots_of_row(k_block, row));
      RowSlots padding;
      padding.empty = static_cast<int>(slots);
      while (rows.size() % FusedSeries::kGroupRows != 0) rows.push_back(padding);
      std::vector<Pair> pairs = pair_rows(std::move(rows), slots > 0);
      for (std::size_t i = 0; i < pairs.size(); i += kPairs) add_group(std::span(pairs).subspan(i, kPairs));
    }
  }

  void add_dense_block(std::int64_t k_block, const std::vector<float>& values) {
    const std::int64_t first_k = k_block * series_.block_k_;
    const std::int64_t count = series_.b_rows_of(k_block);
    for (std::int64_t first = 0; first < series_.rows_; first += FusedSeries::kGroupRows) {
      FusedSeries::Group group;
      group.shared = static_cast<std::int32_t>(count);
      group.first_b_row = series_.b_rows_.size();
      group.first_value = series_.values_.size();
      for (std::int64_t r = 0; r < FusedSeries::kGroupRows; ++r) {
        const bool is_padding = first + r >= series_.rows_;
        group.rows[static_cast<std::size_t>(r)] = is_padding ? -1 : static_cast<std::int32_t>(first + r);
        if (!is_padding) series_.multiply_adds_ += count;
      }
      series_.entries_.push_back(group);
      for (std::int64_t k = 0; k < count; ++k) {
        series_.b_rows_.push_back(static_cast<std::uint16_t>(k));
        for (const std::int32_t row : group.rows) {
          const auto at = static_cast<std::size_t>(row * series_.cols_ + first_k + k);
          series_.values_.push_back(row < 0 ? 0.0F : values[at]);
        }
      }
    }
  }

 private:
  RowSlots slots_of_row(std::int64_t k_block, std::int64_t row) const {
    const std::int64_t begin_k = k_block * series_.block_k_;
    RowSlots found;
    found.row = static_cast<std::int32_t>(row);
    for (const Term& term : decomposition_.terms) {
      const std::int64_t end = blocks_before(term, begin_k + series_.block_k_) * term.pattern.n;
      for (std::int64_t slot = blocks_before(term, begin_k) * term.pattern.n; slot < end; ++slot) {
        const auto at = static_cast<std::size_t>(row * term.slots_per_row() + slot);
        const std::int64_t k = slot / term.pattern.n * term.pattern.m + term.indices[at] - begin_k;
        if (term.values[at] == 0) {
          ++found.empty;
        } else {
          found.kept.insert(k);
          found.entries.push_back({static_cast<std::uint16_t>(k), term.values[at]});
        }
      }
    }
    std::sort(found.entries.begin(), found.entries.end(),
              [](const Slot& x, const Slot& y) { return x.b_row < y.b_row; });
    if (!with_residual_) return found;
    const std::int64_t end_k = std::min(begin_k + series_.block_k_, series_.cols_);
    for (std::int64_t k = begin_k; k < end_k; ++k) {
      const float value = decomposition_.residual[static_cast<std::size_t>(row * series_.cols_ + k)];
      if (value != 0) found.rest.push_back({static_cast<std::uint16_t>(k - begin_k), value});
    }
    return found;
  }

  // The first entries of the residual become slots, as many as the shortest row of the group has.
  void move_to_slots(std::span<Pair> pairs) const {
    std::size_t shortest = std::numeric_limits<std::size_t>::max();
    for (const Pair& pair : pairs) {
      for (std::size_t side = 0; side < 2; ++side) {
        // A row of padding has no entries, and needs none: it computes nothing that is kept.
        if (pair.rows[side] >= 0) shortest = std::min(shortest, pair.rest[side].size());
      }
    }
    for (Pair& pair : pairs) {
      for (std::size_t side = 0; side < 2; ++side) {
        std::vector<Slot>& slots = pair.slots[side];
        std::vector<Slot>& rest = pair.rest[side];
        const auto moved = static_cast<std::ptrdiff_t>(std::min(shortest, rest.size()));
        slots.insert(slots.end(), rest.begin(), rest.begin() + moved);
        slots.insert(slots.end(), shortest - static_cast<std::size_t>(moved), Slot{});
        rest.erase(rest.begin(), rest.begin() + moved);
      }
    }
  }

  void add_group(std::span<Pair> pairs) {
    move_to_slots(pairs);
    FusedSeries::Group group;
    group.common = std::ranges::min_element(pairs, {}, &Pair::common)->common;
    group.alone = static_cast<std::int32_t>(pairs[0].slots[0].size()) - group.common;
    group.first_b_row = series_.b_rows_.size();
    group.first_value = series_.values_.size();
    for (std::size_t p = 0; p < kPairs; ++p) {
      for (std::size_t side = 0; side < 2; ++side) {
        const auto rest = static_cast<std::int32_t>(pairs[p].rest[side].size());
        group.rows[2 * p + side] = pairs[p].rows[side];
        group.rest[2 * p + side] = rest;
        group.rest_of_all += rest;
        if (pairs[p].rows[side] >= 0) series_.multiply_adds_ += group.common + group.alone + rest;
      }
    }
    series_.entries_.push_back(group);
    for (std::size_t i = 0; i < pairs[0].slots[0].size(); ++i) {
      const bool is_common = i < static_cast<std::size_t>(group.common);
      for (const Pair& pair : pairs) {
        for (std::size_t side = 0; side < 2; ++side) {
          series_.values_.push_back(pair.slots[side][i].value);
          if (!is_common || side == 0) series_.b_rows_.push_back(pair.slots[side][i].b_row);
        }
      }
    }
    for (const Pair& pair : pairs) {
      for (const std::vector<Slot>& rest : pair.rest) {
        for (const Slot& slot : rest) {
          series_.values_.push_back(slot.value);
          series_.b_rows_.push_back(slot.b_row);
        }
      }
    }
  }

  FusedSeries& series_;
  const Decomposition& decomposition_;
  bool with_residual_;
};

FusedSeries::FusedSeries(const Decomposition& decomposition, Residual residual, std::int64_t block_k)
    : FusedSeries(decomposition.rows, decomposition.cols, executed_share(decomposition, residual), block_k) {
  count_slots(decomposition);
  FusedSeriesBuilder builder(*this, decomposition, residual == Residual::kept);
  for (std::int64_t block = 0; block < k_blocks(); ++block) builder.add_block(block);
}

void FusedSeries::count_slots(const Decomposition& decomposition) {
  for (const Term& term : decomposition.terms) {
    if (block_k_ % term.pattern.m != 0) overhang_ = std::max<std::int64_t>(overhang_, term.pattern.m - 1);
    for (std::size_t block = 0; block < first_slot_.size(); ++block) {
      first_slot_[block] += blocks_before(term, static_cast<std::int64_t>(block) * block_k_) * term.pattern.n;
    }
  }
}

FusedSeries FusedSeries::compressed_rows(const MatrixView& matrix, std::int64_t block_k) {
  // A series of no terms leaves everything in the residual.
  Decomposition everything;
  everything.rows = matrix.rows;
  everything.cols = matrix.cols;
  everything.residual = values_of(matrix);
  return FusedSeries(everything, Residual::kept, block_k);
}

FusedSeries FusedSeries::dense(const MatrixView& matrix, std::int64_t block_k) {
  const std::vector<float> values = values_of(matrix);
  FusedSeries result(matrix.rows, matrix.cols, 1.0, block_k);
  const Decomposition nothing;
  FusedSeriesBuilder builder(result, nothing, false);
  for (std::int64_t block = 0; block < result.k_blocks(); ++block) builder.add_dense_block(block, values);
  return result;
}

}  // namespace hetscope

// Brings the terms of a decomposition into the order in which the fused kernel reads them: pairs rows, then lays out
// the slots of each group. It happens once for constant weights, outside every timed region.
#include <algorithm>
#include <array>
#include <bit>

#include "kernels/sparse/series_matmul.hpp"

namespace hetscope {
namespace {

// Blocks of `term` that begin before column k.
std::int64_t blocks_before(const Term& term, std::int64_t k) {
  return std::min((k + term.pattern.m - 1) / term.pattern.m, term.blocks);
}

// The columns that a row keeps in a block of columns and its overhang.
struct ColumnSet {
  static constexpr std::size_t kWords = (FusedSeries::kBlockK + NmPattern::kMaxM + 63) / 64;
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

// A row's slots in a block of columns, by ascending column; empty ones (value 0) are counted only.
struct RowSlots {
  std::int32_t row = -1;  // -1: a row of padding
  ColumnSet kept;
  std::vector<Slot> entries;
  int empty = 0;
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
  int common = 0;
};

Pair make_pair(const RowSlots& a, const RowSlots& b) {
  Pair pair{{a.row, b.row}, {}, common_slots(a, b)};
  std::array<const RowSlots*, 2> sides = {&a, &b};
  std::array<std::vector<Slot>, 2> alone;
  for (std::size_t side = 0; side < 2; ++side) {
    for (const Slot& slot : sides[side]->entries) {
      const bool in_both = sides[1 - side]->kept.contains(slot.b_row);
      (in_both ? pair.slots[side] : alone[side]).push_back(slot);
    }
  }
  std::array<int, 2> empty = {a.empty, b.empty};
  std::array<std::vector<Slot>, 2> rest;
  for (std::size_t side = 0; side < 2; ++side) {
    for (const Slot& slot : alone[side]) {
      if (empty[1 - side] == 0) {
        rest[side].push_back(slot);
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
    pair.slots[side].insert(pair.slots[side].end(), rest[side].begin(), rest[side].end());
    pair.slots[side].insert(pair.slots[side].end(), static_cast<std::size_t>(empty[side] - together), Slot{});
  }
  return pair;
}

// Each row takes the row with the most slots in common among those left.
std::vector<Pair> pair_rows(std::vector<RowSlots> rows) {
  std::vector<Pair> pairs;
  while (!rows.empty()) {
    const RowSlots first = std::move(rows.back());
    rows.pop_back();
    const auto best = std::max_element(rows.begin(), rows.end(), [&](const RowSlots& x, const RowSlots& y) {
      return common_slots(first, x) < common_slots(first, y);
    });
    pairs.push_back(make_pair(first, *best));
    rows.erase(best);
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& x, const Pair& y) { return x.common > y.common; });
  return pairs;
}

}  // namespace

class FusedSeriesBuilder {
 public:
  FusedSeriesBuilder(FusedSeries& series, const Decomposition& decomposition)
      : series_(series), decomposition_(decomposition) {}

  void add_block(std::int64_t k_block) {
    for (std::int64_t first = 0; first < series_.rows_; first += FusedSeries::kBandRows) {
      const std::int64_t last = std::min(series_.rows_, first + FusedSeries::kBandRows);
      std::vector<RowSlots> rows;
      for (std::int64_t row = first; row < last; ++row) rows.push_back(slots_of_row(k_block, row));
      RowSlots padding;
      padding.empty = static_cast<int>(series_.slots_of(k_block));
      while (rows.size() % FusedSeries::kGroupRows != 0) rows.push_back(padding);
      const std::vector<Pair> pairs = pair_rows(std::move(rows));
      for (std::size_t i = 0; i < pairs.size(); i += 2) add_group(pairs[i], pairs[i + 1]);
    }
  }

 private:
  RowSlots slots_of_row(std::int64_t k_block, std::int64_t row) const {
    const std::int64_t begin_k = k_block * FusedSeries::kBlockK;
    RowSlots found;
    found.row = static_cast<std::int32_t>(row);
    for (const Term& term : decomposition_.terms) {
      const std::int64_t end = blocks_before(term, begin_k + FusedSeries::kBlockK) * term.pattern.n;
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
    return found;
  }

  void add_group(const Pair& first, const Pair& second) {
    const int common = std::min(first.common, second.common);
    series_.entries_.push_back({{first.rows[0], first.rows[1], second.rows[0], second.rows[1]},
                                common,
                                series_.b_rows_.size(),
                                series_.values_.size()});
    for (std::size_t i = 0; i < first.slots[0].size(); ++i) {
      const bool is_common = i < static_cast<std::size_t>(common);
      for (const Pair* pair : {&first, &second}) {
        for (std::size_t side = 0; side < 2; ++side) {
          series_.values_.push_back(pair->slots[side][i].value);
          if (!is_common || side == 0) series_.b_rows_.push_back(pair->slots[side][i].b_row);
        }
      }
    }
  }

  FusedSeries& series_;
  const Decomposition& decomposition_;
};

FusedSeries::FusedSeries(const Decomposition& decomposition) : rows_(decomposition.rows), cols_(decomposition.cols) {
  padding_groups_ = bands() * kBandRows / kGroupRows - (rows_ + kGroupRows - 1) / kGroupRows;
  for (const Term& term : decomposition.terms) {
    if (kBlockK % term.pattern.m != 0) overhang_ = std::max<std::int64_t>(overhang_, term.pattern.m - 1);
  }
  const std::int64_t blocks = (cols_ + kBlockK - 1) / kBlockK;
  for (std::int64_t block = 0; block <= blocks; ++block) {
    std::int64_t slots = 0;
    for (const Term& term : decomposition.terms) slots += blocks_before(term, block * kBlockK) * term.pattern.n;
    first_slot_.push_back(slots);
  }
  FusedSeriesBuilder builder(*this, decomposition);
  for (std::int64_t block = 0; block < blocks; ++block) builder.add_block(block);
}

std::int64_t FusedSeries::first_group(std::int64_t band) const noexcept {
  return std::min(band * kBandRows / kGroupRows, groups());
}

std::int64_t FusedSeries::slots_of(std::int64_t k_block) const noexcept {
  const auto at = static_cast<std::size_t>(k_block);
  return first_slot_[at + 1] - first_slot_[at];
}

std::int64_t FusedSeries::b_rows_of(std::int64_t k_block) const noexcept {
  return std::min(kBlockK + overhang_, cols_ - k_block * kBlockK);
}

FusedSeries::Group FusedSeries::group(std::int64_t k_block, std::int64_t index) const noexcept {
  const GroupEntry& entry = entries_[static_cast<std::size_t>(k_block * groups() + index)];
  return {entry.rows, entry.common, b_rows_.data() + entry.first_b_row, values_.data() + entry.first_value};
}

std::vector<std::span<const std::byte>> FusedSeries::storage() const {
  return {std::as_bytes(std::span(entries_)), std::as_bytes(std::span(b_rows_)), std::as_bytes(std::span(values_))};
}

std::int64_t FusedSeries::bytes() const noexcept {
  std::size_t bytes = 0;
  for (const std::span<const std::byte> part : storage()) bytes += part.size();
  return static_cast<std::int64_t>(bytes);
}

}  // namespace hetscope

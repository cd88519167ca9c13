// The left operand that is made within the clock: one pass over the slots, no search.
#include <algorithm>
#include <utility>

#include "kernels/sparse/fused_series.hpp"

namespace hetscope {
namespace {

// Slots [begin, end) of a term for the rows of one group, interleaved by row: eight values and eight rows of B a slot.
void interleave(const Term& term, std::int64_t begin, std::int64_t end, std::int64_t first_k,
                const std::array<std::int32_t, FusedSeries::kGroupRows>& rows, std::uint16_t* b_rows, float* values) {
  constexpr std::int64_t kRows = FusedSeries::kGroupRows;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (rows[r] < 0) {
      for (std::int64_t slot = 0; slot < end - begin; ++slot) {
        b_rows[slot * kRows + static_cast<std::int64_t>(r)] = 0;
        values[slot * kRows + static_cast<std::int64_t>(r)] = 0;
      }
      continue;
    }
    const std::int64_t first = rows[r] * term.slots_per_row();
    std::uint16_t* to_row = b_rows + r;
    float* to_value = values + r;
    std::int64_t slot = begin;
    for (std::int64_t block = begin / term.pattern.n; slot < end; ++block) {
      const std::int64_t k = block * term.pattern.m - first_k;
      for (const std::int64_t block_end = slot + term.pattern.n; slot < block_end; ++slot) {
        const auto at = static_cast<std::size_t>(first + slot);
        *to_value = term.values[at];
        *to_row = static_cast<std::uint16_t>(k + term.indices[at]);
        to_value += kRows;
        to_row += kRows;
      }
    }
  }
}

}  // namespace

void FusedSeries::assign_in_order(const Decomposition& decomposition, ThreadPool* pool) {
  std::vector<Group> entries = std::move(entries_);
  std::vector<std::uint16_t> b_rows = std::move(b_rows_);
  std::vector<float> values = std::move(values_);
  *this = FusedSeries(decomposition.rows, decomposition.cols, decomposition.executed_slots(), 0);
  entries_ = std::move(entries);
  b_rows_ = std::move(b_rows);
  values_ = std::move(values);
  count_slots(decomposition);
  multiply_adds_ = rows_ * slots_per_row();
  entries_.resize(static_cast<std::size_t>(k_blocks() * groups()));
  b_rows_.resize(static_cast<std::size_t>(slots_per_row() * groups() * kGroupRows));
  values_.resize(b_rows_.size());

  const auto fill = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = 0; block < k_blocks(); ++block) {
      for (std::int64_t index = begin; index < end; ++index) {
        Group& group = entries_[static_cast<std::size_t>(block * groups() + index)];
        group = {};
        for (std::int64_t r = 0; r < kGroupRows; ++r) {
          const std::int64_t row = index * kGroupRows + r;
          group.rows[static_cast<std::size_t>(r)] = row < rows_ ? static_cast<std::int32_t>(row) : -1;
        }
        group.alone = static_cast<std::int32_t>(slots_of(block));
        group.first_value = static_cast<std::size_t>(
            (first_slot_[static_cast<std::size_t>(block)] * groups() + slots_of(block) * index) * kGroupRows);
        group.first_b_row = group.first_value;
        std::size_t at = group.first_value;
        for (const Term& term : decomposition.terms) {
          const auto slots_before = [&](std::int64_t k) {
            return std::min((k + term.pattern.m - 1) / term.pattern.m, term.blocks) * term.pattern.n;
          };
          const std::int64_t from = slots_before(block * block_k_);
          const std::int64_t to = slots_before((block + 1) * block_k_);
          interleave(term, from, to, block * block_k_, group.rows, b_rows_.data() + at, values_.data() + at);
          at += static_cast<std::size_t>((to - from) * kGroupRows);
        }
      }
    }
  };
  if (pool == nullptr) {
    fill(0, groups());
  } else {
    pool->parallel_for(groups(), 1, fill);
  }
}

}  // namespace hetscope

// How a left operand is cut into blocks, and what the fused kernel asks about it. The order of its slots is made in
// fused_series_builder.cpp.
#include "kernels/sparse/fused_series.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

// Columns of a block, by the share of a dense product that is executed. The sums of a tile wait in the second-level
// cache between blocks, which costs the more, the fewer multiply-adds a block has; the panel of B (a block's rows of as
// many vectors as fit) has to stay in the first-level cache, and the wider it is, the fewer loads are needed.
std::int64_t block_for(double executed_share, std::int64_t cols) {
  const std::int64_t wanted = executed_share <= 0.4 ? 144 : 96;
  if (cols <= wanted * 4 / 3) return cols;
  const std::int64_t blocks = (cols + wanted - 1) / wanted;
  return ((cols + blocks - 1) / blocks + 15) / 16 * 16;
}

}  // namespace

FusedSeries::FusedSeries(std::int64_t rows, std::int64_t cols, double executed_share, std::int64_t block_k)
    : rows_(rows), cols_(cols), block_k_(block_k == 0 ? block_for(executed_share, cols) : block_k) {
  if (block_k_ < 0 || block_k_ > kMaxBlockK) throw Error("a block of " + std::to_string(block_k_) + " columns");
  first_slot_.assign(static_cast<std::size_t>((cols_ + block_k_ - 1) / block_k_ + 1), 0);
}

std::int64_t FusedSeries::first_group(std::int64_t band) const noexcept {
  return std::min(band * kBandRows / kGroupRows, groups());
}

std::int64_t FusedSeries::slots_of(std::int64_t k_block) const noexcept {
  const auto at = static_cast<std::size_t>(k_block);
  return first_slot_[at + 1] - first_slot_[at];
}

std::int64_t FusedSeries::b_rows_of(std::int64_t k_block) const noexcept {
  return std::min(block_k_ + overhang_, cols_ - k_block * block_k_);
}

const FusedSeries::Group* FusedSeries::groups_of(std::int64_t k_block) const noexcept {
  return entries_.data() + k_block * groups();
}

void FusedSeries::set_b_order(std::vector<std::int32_t> order) {
  for (const std::int32_t row : order) {
    if (row < 0 || row >= cols_) throw Error("row " + std::to_string(row) + " of B is not there");
  }
  if (static_cast<std::int64_t>(order.size()) != cols_) throw Error("the order of B's rows has another length than A");
  b_order_ = std::move(order);
}

std::vector<std::span<const std::byte>> FusedSeries::storage() const {
  return {std::as_bytes(std::span(entries_)), std::as_bytes(std::span(b_rows_)), std::as_bytes(std::span(values_)),
          std::as_bytes(std::span(b_order_))};
}

std::int64_t FusedSeries::bytes() const noexcept {
  std::size_t bytes = 0;
  for (const std::span<const std::byte> part : storage()) bytes += part.size();
  return static_cast<std::int64_t>(bytes);
}

}  // namespace hetscope

// Which columns share a block decides what an N:M term loses: neighbours of a banded matrix, or of one with strong
// channels, crowd into the same blocks. Columns may be put in any order as long as the rows of B follow, which costs
// nothing where B is packed anyway (channel permutation: Pool and Yu, "Channel Permutations for N:M Sparsity", NeurIPS
// 2021).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/sparse/decomposition.hpp"

namespace hetscope {

// Position i of the new order holds column order[i] of the old one.
using ColumnOrder = std::vector<std::int32_t>;

struct SpreadOptions {
  std::int64_t swaps = 4000;  // tried at most
  std::uint64_t seed = 1;
};

// An order in which the single N:M term with the series' slots at its largest M keeps at least as much magnitude as in
// the order given: columns dealt out to the blocks by their magnitude where that helps, then swaps between blocks that
// help. A heuristic, not the best order. Throws Error for what decompose() refuses.
ColumnOrder spread_columns(const MatrixView& matrix, const Series& series, const SpreadOptions& options = {});

// The matrix with its columns in `order`, in f32 (i8: without the scale). Throws Error unless `order` is a permutation
// of the columns.
std::vector<float> in_order(const MatrixView& matrix, const ColumnOrder& order);
// The inverse: column i of `values` (rows x order.size()) goes to column order[i].
std::vector<float> back_in_place(std::span<const float> values, const ColumnOrder& order);

}  // namespace hetscope

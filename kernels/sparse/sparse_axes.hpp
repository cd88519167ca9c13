// The axes that operations on sparse matrices share, and what a case says by them.
#pragma once

#include <span>
#include <string_view>

#include "harness/core/case.hpp"
#include "harness/kernel/axis.hpp"
#include "kernels/sparse/inputs.hpp"
#include "kernels/sparse/nm_pattern.hpp"

namespace hetscope {

// sparsity, mask, law, seed.
std::span<const AxisSpec> sparse_input_axes();
AxisSpec series_axis();

// What becomes of the entries that no term keeps.
AxisSpec residual_axis();
bool keeps_residual(const Case& item);

// Of the axis `series`; throws Error when it is none.
Series series_of(const Case& item);

// Throws Error when mask or law has no such name. Its seed is the axis's own, to which the instrument's is added.
SparseInput sparse_input_of(const Case& item, std::int64_t rows, std::int64_t cols);
// Throws Error (at `where`) when the sparsity is outside [0, 1].
void check_sparse_input(const SparseInput& input, std::string_view where);

}  // namespace hetscope

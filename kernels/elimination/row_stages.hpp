// Operators on rows of f32 in the host's memory, with the widest vectors of the running CPU.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/elimination/pair_plan.hpp"

namespace hetscope {

// A matmul's right operand as its kernel wants it: panels of columns, each [in][kPanelColumns], the last one padded
// with zeros.
inline constexpr std::int64_t kPanelColumns = 16;
std::vector<float> packed_weights(const float* weights, std::int64_t in, std::int64_t out);

// `stage` writes rows that lie in parts of a multiple of so many elements, and all that lie together, where they are.
std::int64_t written_at_once(const RowStage& stage);

// Applies `stage` to `count` rows of `stage.in` elements each. `weights` are packed ones, for a matmul; input and
// output rows do not overlap. An output row lies in parts of `part` elements, a multiple of what is written at once
// that divides the row, or the whole row: `out` says where each part of each row begins.
void apply_stage(const RowStage& stage, const float* weights, const float* const* in, float* const* out,
                 std::int64_t part, std::int64_t count);

// What layer normalisation takes from an element of a row, and multiplies it by then.
struct RowMoments {
  float mean = 0;
  float scale = 0;
};
static_assert(sizeof(RowMoments) == 2 * sizeof(float));  // they are stored interleaved

// Of rows that lie side by side: element i of row r at first[elements[i] + r]. Each row in a lane of its own, without
// the sums across lanes, and the waiting for them, that a row by itself needs.
void moments_across(const float* first, std::span<const std::int64_t> elements, std::span<RowMoments> rows);

// Layer normalisation of rows of `length` elements whose moments are known; input and output rows do not overlap.
void normalise(std::span<const RowMoments> rows, const float* const* in, float* const* out, std::int64_t length);

}  // namespace hetscope

// How a box is cut into what the items of an OpenCL launch move. Loops are taken from a box whose loops are merged.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/layout/movement.hpp"

namespace hetscope {

// Whether the last loop's elements are neighbours on both sides, or there is no loop.
bool is_run(const MovementBox& box);

// The loops of a box that turn: rows have the least target stride, columns, of the others, the least source stride; and
// those around them.
struct BoxPlane {
  MovementLoop rows;
  MovementLoop columns;
  std::vector<MovementLoop> outer;
};
BoxPlane plane_of(const MovementBox& box);

// BLOCK_ROWS, BLOCK_COLUMNS, PASS_COLUMNS and PAST_CACHES of move_blocks.cl.
struct BlockPlan {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t pass_columns = 0;
  bool is_past_caches = false;
};
// `is_large`: source and target together do not fit into the caches.
BlockPlan block_plan(const MovementBox& box, std::int64_t element_bytes, bool is_large);

// Elements of a box that stay neighbours, in vectors of at most 16 bytes; the loop from run to run, and those around
// it.
struct BoxRuns {
  std::int64_t lanes = 1;    // of a vector
  std::int64_t vectors = 1;  // of a run
  MovementLoop next;
  std::vector<MovementLoop> outer;
};
// From run to run goes the innermost loop that moves `wanted_bytes`, or else the innermost one.
BoxRuns runs_of(const MovementBox& box, std::int64_t element_bytes, std::int64_t wanted_bytes);

// ITEM_VECTORS, ITEM_RUNS and RUNS_AHEAD of move_run_blocks.cl.
struct RunBlockPlan {
  std::int64_t item_vectors = 1;
  std::int64_t item_runs = 1;
  std::int64_t runs_ahead = 0;  // 0: nothing is asked for ahead
};
RunBlockPlan run_block_plan(const BoxRuns& runs, std::int64_t element_bytes);

// Of so few bytes, starting an item of a CPU costs as much as moving them.
inline constexpr std::int64_t kFewItemBytes = 2048;

}  // namespace hetscope

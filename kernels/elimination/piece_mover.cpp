// What a box is, is seen once its loops are merged.
#include "kernels/elimination/piece_mover.hpp"

#include <algorithm>
#include <utility>

namespace hetscope {
PieceMover::PieceMover(MovementBox box, TransposeWay way) : mover_(merged(box), sizeof(float), way) {
  merge_loops(box);
  const bool is_run = box.loops.empty() ||
                      (box.loops.size() == 1 && box.loops[0].source_stride == 1 && box.loops[0].target_stride == 1);
  if (is_run) run_ = box.element_count();
}

MovementBox box_without_tables(const std::vector<PairedLoop>& loops) {
  MovementBox box;
  for (const PairedLoop& loop : loops) {
    if (!loop.is_table()) box.loops.push_back({loop.count(), loop.read.stride, loop.write.stride});
  }
  return box;
}

bool has_neighbours(const MovementBox& box) {
  const auto is_one = [](std::int64_t stride) { return stride == 1; };
  return std::ranges::any_of(box.loops, is_one, &MovementLoop::source_stride) &&
         std::ranges::any_of(box.loops, is_one, &MovementLoop::target_stride);
}

}  // namespace hetscope

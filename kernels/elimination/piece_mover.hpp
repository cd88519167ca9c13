// Moves one box of f32 between two places in the host's memory by the cheapest of an element, a run and box_mover.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/elimination/offset_pattern.hpp"
#include "kernels/layout/box_mover.hpp"

namespace hetscope {

class PieceMover {
 public:
  // Of a box without offsets and fill, whose loops are in any order; `way` of what turns.
  PieceMover(MovementBox box, TransposeWay way);

  void move(const float* source, float* target) const {
    if (run_ == 1) {
      *target = *source;
    } else if (run_ > 1) {
      std::memcpy(target, source, static_cast<std::size_t>(run_) * sizeof(float));
    } else {
      mover_.move(reinterpret_cast<const std::byte*>(source), reinterpret_cast<std::byte*>(target), 0, 1);
    }
  }
  bool turns() const { return run_ == 0 && mover_.way().has_value(); }

 private:
  std::int64_t run_ = 0;  // elements, where the box is nothing else
  BoxMover mover_;
};

// The loops that have a constant stride on both sides.
MovementBox box_without_tables(const std::vector<PairedLoop>& loops);

// Whether a box is more than single elements for its mover: neighbours are read, and neighbours are written.
bool has_neighbours(const MovementBox& box);

}  // namespace hetscope

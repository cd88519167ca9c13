// A layout transform taken apart into boxes whose every stride is constant: what is left when dimensions of one element
// are dropped, dimensions that stay neighbours are merged, and packed dimensions are cut where their last vector is not
// full. Whoever moves boxes moves every pair of layouts and every permutation.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/tensor/tensor_view.hpp"

namespace hetscope {

// `count` steps; strides are in elements.
struct MovementLoop {
  std::int64_t count = 1;
  std::int64_t source_stride = 0;
  std::int64_t target_stride = 0;

  friend bool operator==(const MovementLoop&, const MovementLoop&) = default;
};

//   NCHW -> NHWC    loops {HW, 1, C}, {C, HW, 1}
//   NHWC -> NC4HW4  loops {C/4, 4, 4*HW}, {HW, C, 4}, {4, 1, 1}, and a box for the last C % 4 with fill
struct MovementBox {
  std::int64_t source_offset = 0;
  std::int64_t target_offset = 0;
  // Target strides descending; no loop has a count of 1, but for the last one of a box with fill.
  std::vector<MovementLoop> loops;
  // When not 0, the last loop has a target stride of 1, and this many elements behind each pass of it become zero.
  std::int64_t fill = 0;

  std::int64_t element_count() const;  // moved, without fill

  friend bool operator==(const MovementBox&, const MovementBox&) = default;
};

// Sorts loops by their target strides, drops those of one step and merges those that walk on where the next inner one
// ends.
void merge_loops(MovementBox& box);
inline MovementBox merged(MovementBox box) {
  merge_loops(box);
  return box;
}

// Boxes that together move every element and zero the target's padding, each once. The views have one shape and dtype.
std::vector<MovementBox> movement_of(const TensorView& source, const TensorView& target);

}  // namespace hetscope

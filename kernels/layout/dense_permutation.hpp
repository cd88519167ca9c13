// A layout transform without padding as libraries take it: a dense row-major tensor and an order of its dimensions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/layout/layout_transform.hpp"

namespace hetscope {

// Dimension d of the target, row-major as the source, is dimension order[d] of the source. No dimension has one
// element, and neighbours that stay neighbours are merged.
struct DensePermutation {
  std::vector<std::int64_t> extents;  // of the source
  std::vector<int> order;
};

// nullopt when either side is padded.
std::optional<DensePermutation> dense_permutation_of(const LayoutTransformProblem& problem);

}  // namespace hetscope

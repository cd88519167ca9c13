// The problem every layout_transform kernel solves, read from a case once.
#pragma once

#include "harness/core/case.hpp"
#include "harness/tensor/host_tensor.hpp"

namespace hetscope {

inline constexpr int kMaxLayoutRank = 6;

struct LayoutTransformProblem {
  explicit LayoutTransformProblem(const Case& item);

  TensorView source;
  TensorView target;
};

// Element by element through both layouts; padding of `target` is left alone. What results are checked against.
void copy_elements(const HostTensor& source, HostTensor& target);

}  // namespace hetscope

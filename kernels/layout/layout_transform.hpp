// The problem every layout_transform kernel solves, read from a case once.
#pragma once

#include <optional>

#include "harness/core/case.hpp"
#include "harness/tensor/host_tensor.hpp"

namespace hetscope {

struct LayoutTransformProblem {
  explicit LayoutTransformProblem(const Case& item);

  TensorView source;
  TensorView target;
};

// A plain layout change between NCHW and NHWC is `batch` transposes of a dense rows x columns matrix:
//   target[b][column][row] = source[b][row][column]
struct BatchedTranspose {
  std::int64_t batch = 1;
  std::int64_t rows = 1;
  std::int64_t columns = 1;
};

// NCHW -> NHWC: C x HW; NHWC -> NCHW: HW x C; none for any other pair.
std::optional<BatchedTranspose> as_batched_transpose(const LayoutTransformProblem& problem);

// Element by element through both layouts; padding of `target` is left alone. What results are checked against.
void copy_elements(const HostTensor& source, HostTensor& target);

}  // namespace hetscope

// References of operators in f64 that also say how far f32 may be from them: what verifies chains of operators, whose
// errors go through one another.
#pragma once

#include <vector>

#include "harness/tensor/host_tensor.hpp"
#include "harness/tensor/index_map.hpp"
#include "kernels/elimination/pair_operator.hpp"

namespace hetscope {

// A tensor in f64, and, for each element, how far f32 may be from it in units of 2^-24 (first order, any order of
// summation; Higham, Accuracy and Stability of Numerical Algorithms, chapters 3 and 4; sums and products by
// summing_error(), means and softmax by their worst case).
struct Bounded {
  Shape shape;
  std::vector<double> values;
  std::vector<double> errors;
};

// Without errors, in logical row-major order.
Bounded exactly(const HostTensor& tensor);

Bounded moved(const IndexMap& map, const Bounded& in);
// An activation, or softmax, layer_norm or sum of the rows of the last dimension.
Bounded applied_to_rows(OperatorKind kind, Bounded in);
// The last dimension by a right operand of `columns`, row-major f32.
Bounded product_of(std::int64_t columns, const Bounded& in, const HostTensor& weights);

}  // namespace hetscope

// What the kernels of operation activation share with it.
#pragma once

#include "harness/core/case.hpp"
#include "harness/tensor/tensor_view.hpp"
#include "kernels/elimination/pair_operator.hpp"

namespace hetscope {

struct ActivationProblem {
  // Throws Error when a layout is not one of the shape's rank.
  explicit ActivationProblem(const Case& item, Storage storage = Storage::host);

  bool keeps_layout() const { return source.layout() == target.layout(); }

  OperatorKind function;
  TensorView source;
  TensorView target;  // of the same type and shape
};

}  // namespace hetscope

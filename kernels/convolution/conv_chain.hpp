// A few operators on images one behind the other, with the layout that each tensor between them has: where a writer and
// a reader want different ones, the tensor is transformed. What a framework with fixed layouts pays, and what a layout
// chosen for the reader gives (SmartMem, ASPLOS 2024, figure 1 and section 3.2.2).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/case.hpp"
#include "harness/kernel/work.hpp"
#include "kernels/convolution/convolution.hpp"
#include "kernels/elimination/pair_plan.hpp"

namespace hetscope {

struct ImageOperator {
  enum class Kind { convolution, instance_norm, relu };
  Kind kind = Kind::relu;
  ConvolutionWindow sliding;  // of a convolution: stride 1, half a window of padding beside columns

  // conv:FILTERS:RxS  conv:FILTERS:RxS:GROUPS  conv:FILTERS:RxS:GROUPS:ABOVExBELOW  instance_norm  relu. Rows of zeros
  // above and below are half a window where they are not given. Throws Error for all else.
  static ImageOperator parse(std::string_view text);
  // What parse() reads as this operator, rows of zeros included.
  std::string text() const;
};

// A tensor of the chain, as its writer leaves it and as its reader wants it.
struct TensorLayouts {
  Layout written;
  Layout read;
  bool is_transformed() const { return written != read; }
};

// What is executed, in order. Operands are the tensor before and the one behind, in f32.
struct ImageStep {
  enum class Kind { convolution, pass, transform };
  Kind kind = Kind::pass;
  TensorView from;
  TensorView to;
  ConvolutionWindow sliding;   // of a convolution
  std::vector<PairPass> pass;  // one, of a pass
  std::size_t weights = 0;     // number among the operation's inputs, of a convolution
  Work work;
};

struct ConvChainProblem {
  // Throws Error where operators do not fit the shape, or layouts are not one for each tensor.
  explicit ConvChainProblem(const Case& item);

  std::vector<ImageStep> steps() const;
  ConvolutionProblem convolution(std::size_t number) const;
  Work executed_work() const;  // of all steps: every tensor between them is written and read
  Metrics metrics() const;     // "launches", "transforms", "transformed_bytes" read and written by these

  std::vector<ImageOperator> operators;
  std::vector<Shape> tensors;          // one more than operators
  std::vector<TensorLayouts> layouts;  // of each tensor
};

}  // namespace hetscope

// oneDNN's convolution primitive: the library that most frameworks use on x86-64.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "kernels/convolution/convolution.hpp"
#include "kernels/layout/onednn_primitive.hpp"

namespace hetscope {

// One convolution from images to results in memory, with weights in the layout that the library wants; it owns what the
// library made for it.
class OneDnnConvolution {
 public:
  // nullptr, with the reason, when the library is missing or does not know a layout or the convolution. The memory of x
  // and y outlives the result; `weights` (row-major, f32) are read here, or, nullptr, not at all, to ask only.
  static std::unique_ptr<OneDnnConvolution> make(const ConvolutionProblem& problem, const TensorView& x,
                                                 const TensorView& y, void* x_memory, void* y_memory,
                                                 const float* weights, std::string* why_not);

  // Results go there from now on. false: the library cannot.
  bool set_target(void* y_memory) { return primitive_.move_argument(kOneDnnTarget, y_memory); }
  // In the layout that the library wants; empty where it does not say where they are.
  std::span<const std::byte> weights() const { return primitive_.brought(kOneDnnWeights); }
  void execute() { primitive_.execute("convolution"); }

 private:
  OneDnnConvolution() = default;
  OneDnnPrimitive primitive_;
};

}  // namespace hetscope

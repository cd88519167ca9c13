// oneDNN's convolution primitive, in releases 2 and 3.
#include "kernels/convolution/onednn_convolution.hpp"

#include <array>
#include <utility>

#include "kernels/dense/onednn_library.hpp"
#include "kernels/layout/onednn_memory.hpp"

namespace hetscope {
namespace {

using Dims2 = std::array<std::int64_t, 2>;

// Of dnnl_types.h, the same in releases 2 and 3.
constexpr int kForwardInference = 96;
constexpr int kDirectOrWinograd = 3;

using Numbers = const std::int64_t*;
// Release 3 has the first, release 2 the other.
using CreateDescription = int(OneDnnHandle*, OneDnnHandle, int, int, const void*, const void*, const void*, const void*,
                              Numbers, Numbers, Numbers, Numbers, const void*);
using InitOperation = int(void*, int, int, const void*, const void*, const void*, const void*, Numbers, Numbers,
                          Numbers, Numbers);

struct ConvolutionFunctions {
  CreateDescription* create = nullptr;
  InitOperation* init = nullptr;
};

const ConvolutionFunctions& functions() {
  static const ConvolutionFunctions kFunctions = [] {
    const DynamicLibrary& library = open_onednn().library;
    return ConvolutionFunctions{library.function<CreateDescription>("dnnl_convolution_forward_primitive_desc_create"),
                                library.function<InitOperation>("dnnl_dilated_convolution_forward_desc_init")};
  }();
  return kFunctions;
}

// The description of the primitive; nullptr when the library has none.
OneDnnHandle describe(const ConvolutionProblem& problem, const OneDnnDescription& x, const OneDnnDescription& weights,
                      const OneDnnDescription& y, OneDnnHandle engine) {
  const ConvolutionWindow& sliding = problem.sliding;
  const Dims2 strides = {sliding.stride.rows, sliding.stride.columns};
  // oneDNN counts what lies between taps.
  const Dims2 dilations = {sliding.dilation.rows - 1, sliding.dilation.columns - 1};
  const Dims2 padding = {sliding.padding.rows, sliding.padding.columns};
  const Dims2 behind = {sliding.padding_behind.rows, sliding.padding_behind.columns};
  OneDnnHandle primitive = nullptr;
  const ConvolutionFunctions& f = functions();
  if (f.create != nullptr) {
    const int status =
        f.create(&primitive, engine, kForwardInference, kDirectOrWinograd, x.get(), weights.get(), nullptr, y.get(),
                 strides.data(), dilations.data(), padding.data(), behind.data(), nullptr);
    return status == 0 ? primitive : nullptr;
  }
  if (f.init == nullptr) return nullptr;
  return describe_in_release_2(engine, [&](void* operation) {
    return f.init(operation, kForwardInference, kDirectOrWinograd, x.get(), weights.get(), nullptr, y.get(),
                  strides.data(), dilations.data(), padding.data(), behind.data());
  });
}

// Groups are a dimension of their own.
Shape grouped_weights(const ConvolutionProblem& problem) {
  return {problem.sliding.groups, problem.group_filters(), problem.group_channels(), problem.sliding.window.rows,
          problem.sliding.window.columns};
}

}  // namespace

std::unique_ptr<OneDnnConvolution> OneDnnConvolution::make(const ConvolutionProblem& problem, const TensorView& x,
                                                           const TensorView& y, void* x_memory, void* y_memory,
                                                           const float* weights, std::string* why_not) {
  *why_not = OneDnnPrimitive::why_not();
  if (!why_not->empty()) return nullptr;
  const std::string& identity = open_onednn().identity;
  OneDnnDescription from, to, any, plain;
  for (const auto& [description, view] : {std::pair{&from, &x}, std::pair{&to, &y}}) {
    if (description->describe(*view)) continue;
    *why_not = identity + " has no memory format for " + view->layout().name();
    return nullptr;
  }
  *why_not = identity + " has no such convolution from " + x.layout().name() + " to " + y.layout().name();
  std::unique_ptr<OneDnnConvolution> result(new OneDnnConvolution);
  OneDnnPrimitive& primitive = result->primitive_;
  const Shape shape = grouped_weights(problem);
  if (!any.describe_any(DType::f32, shape.dims()) || !primitive.open() ||
      !primitive.describe(describe(problem, from, any, to, primitive.engine()))) {
    return nullptr;
  }
  if (weights != nullptr) {
    const bool is_ready =
        primitive.create() && primitive.set_argument(kOneDnnSource, from.get(), x_memory) &&
        primitive.set_argument(kOneDnnTarget, to.get(), y_memory) &&
        plain.describe(TensorView(DType::f32, shape, Layout::row_major(5))) &&
        primitive.bring_argument(kOneDnnWeights, plain.get(), weights, primitive.wanted(kOneDnnWantedWeights));
    if (!is_ready) return nullptr;
  }
  why_not->clear();
  return result;
}

}  // namespace hetscope

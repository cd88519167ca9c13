// conv2d_onednn: the convolution primitive of oneDNN, opened at run time, with the library's own threads and its own
// choice of method (direct or Winograd). Its weights are brought into the layout that it wants when it is prepared.
//   traffic: the library's own affair; at least x, weights and y once
#include "kernels/convolution/convolution.hpp"
#include "kernels/convolution/onednn_convolution.hpp"
#include "kernels/layout/onednn_movement.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

TensorView result_view(const Case& item, const ConvolutionProblem& problem) {
  return {problem.dtype, problem.y, Layout::parse(item.text("output_layout"), kConvolutionRank)};
}

TensorView image_view(const Case& item, const ConvolutionProblem& problem) {
  return {problem.dtype, problem.x, Layout::parse(item.text("layout"), kConvolutionRank)};
}

class Conv2dOneDnn final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "conv2d_onednn"; }
  std::string_view operation() const noexcept override { return "conv2d"; }

 protected:
  Support supports_case(const Case& item) const override {
    const ConvolutionProblem problem(item);
    if (problem.dtype != DType::f32) return Support::no("computes f32 only");
    std::string why_not;
    // Asked without memory, which the library only looks at when it runs.
    if (OneDnnConvolution::make(problem, image_view(item, problem), result_view(item, problem), nullptr, nullptr,
                                nullptr, &why_not)) {
      return Support::yes();
    }
    return Support::no(why_not);
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    const ConvolutionProblem problem(item);
    std::span<const std::byte> weights;
    auto result = std::make_unique<OneDnnMovement<OneDnnConvolution>>(
        cpu, pool, inputs[kConvolutionInput].tensor, HostTensor(result_view(item, problem)),
        [&](void* x, void* y, std::string* why_not) {
          auto made = OneDnnConvolution::make(problem, image_view(item, problem), result_view(item, problem), x, y,
                                              inputs[kConvolutionWeights].tensor.as<float>(), why_not);
          if (made != nullptr) weights = made->weights();
          return made;
        });
    result->reads_also(weights);
    return result;
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(conv2d_onednn, Conv2dOneDnn)

}  // namespace hetscope

// conv2d_onednn: the convolution primitive of oneDNN, opened at run time, with the library's own threads and its own
// choice of method (direct or Winograd). Its weights are brought into the layout that it wants when it is prepared.
//   traffic: the library's own affair; at least x, weights and y once
#include "harness/core/error.hpp"
#include "kernels/convolution/convolution.hpp"
#include "kernels/convolution/onednn_convolution.hpp"
#include "kernels/copy/host_movement.hpp"
#include "kernels/dense/onednn_library.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr int kRank = 4;

TensorView result_view(const Case& item, const ConvolutionProblem& problem) {
  return {problem.dtype, problem.y, Layout::parse(item.text("output_layout"), kRank)};
}

class Runs final : public HostMovement {
 public:
  Runs(HostCpu& cpu, ThreadPool& pool, const Case& item, std::span<const Operand> inputs)
      : HostMovement(cpu, pool, inputs[kConvolutionInput].tensor,
                     HostTensor(result_view(item, ConvolutionProblem(item))), MovementThreads::library) {
    std::string why_not;
    open_onednn().set_threads(pool.size());
    // The library takes writable memory for what it only reads.
    convolution_ = OneDnnConvolution::make(ConvolutionProblem(item), source().view(), target().view(),
                                           const_cast<std::byte*>(source().data()), target().data(),
                                           inputs[kConvolutionWeights].tensor.as<float>(), &why_not);
    if (convolution_ == nullptr) throw Error(why_not);
  }

  void enter() override {
    open_onednn().set_threads(pool().size());
    HostMovement::enter();
  }
  std::vector<Placement> placement() const override {
    std::vector<Placement> result = HostMovement::placement();
    for (Placement& placement : result) placement.evidence += "; " + open_onednn().identity;
    return result;
  }

 protected:
  void run_once() override { convolution_->execute(); }

 private:
  std::unique_ptr<OneDnnConvolution> convolution_;
};

class Conv2dOneDnn final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "conv2d_onednn"; }
  std::string_view operation() const noexcept override { return "conv2d"; }

 protected:
  Support supports_case(const Case& item) const override {
    const ConvolutionProblem problem(item);
    if (problem.dtype != DType::f32) return Support::no("computes f32 only");
    std::string why_not;
    const TensorView x(problem.dtype, problem.x, Layout::parse(item.text("layout"), kRank));
    // Asked without memory, which the library only looks at when it runs.
    if (OneDnnConvolution::make(problem, x, result_view(item, problem), nullptr, nullptr, nullptr, &why_not)) {
      return Support::yes();
    }
    return Support::no(why_not);
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<Runs>(cpu, pool, item, inputs);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(conv2d_onednn, Conv2dOneDnn)

}  // namespace hetscope

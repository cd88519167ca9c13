// conv2d_direct on the CPU: no matrix of windows is made. Rows of the images come from any layout into a ring of rows
// of pixels, and results leave it for any layout; in between, sums of a few pixels times 16 filters stay in registers
// (Zhang, Franchetti and Low, "High performance zero-memory overhead direct convolutions", ICML 2018, has this order of
// loops).
//   traffic: x once (rows at the borders of two threads' shares twice), the packed weights once for each tile of rows,
//   y once
#include "harness/kernel/host_kernel.hpp"
#include "kernels/convolution/host_convolution.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class Runs final : public OneResultRunnable {
 public:
  Runs(HostCpu& cpu, ThreadPool& pool, const Case& item, std::span<const Operand> inputs)
      : OneResultRunnable(cpu, pool,
                          HostTensor(inputs[kConvolutionInput].tensor.dtype(), ConvolutionProblem(item).y,
                                     Layout::parse(item.text("output_layout"), kConvolutionRank))),
        x_(inputs[kConvolutionInput].tensor),
        convolution_(ConvolutionProblem(item), x_.layout(), result().layout(), inputs[kConvolutionWeights].tensor,
                     pool.size()) {}

 protected:
  void run_once() override { convolution_.run(x_.data(), result().data(), pool()); }
  std::vector<std::span<const std::byte>> operands() const override {
    return {{x_.data(), x_.size_bytes()}, {result().data(), result().size_bytes()}};
  }
  std::vector<std::span<const std::byte>> prepared() const override { return {convolution_.packed_weights()}; }

 private:
  const HostTensor& x_;
  HostConvolution convolution_;
};

class Conv2dDirect final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "conv2d_direct"; }
  std::string_view operation() const noexcept override { return "conv2d"; }

 protected:
  Support supports_case(const Case& item) const override { return HostConvolution::supports(ConvolutionProblem(item)); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<Runs>(cpu, pool, item, inputs);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(conv2d_direct, Conv2dDirect)

}  // namespace hetscope

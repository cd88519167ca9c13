// conv_chain_buffer: a launch for each operator and each transform, all tensors in buffers; reads and stores are
// generated from the layouts.
//   traffic: as conv2d_buffer for each convolution; what each other step reads and writes
#include <utility>

#include "kernels/convolution/conv_chain.hpp"
#include "kernels/convolution/opencl_convolution.hpp"
#include "kernels/elimination/pass_launcher.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// A transform as a pass: each element from where it lies to where it goes.
PairPass pass_of(const ImageStep& step) {
  return step.kind == ImageStep::Kind::transform ? PairPass{step.from, step.to, {}} : step.pass.front();
}

class DeviceConvChain final : public OpenClRunnable {
 public:
  DeviceConvChain(OpenClProcessor& device, std::vector<Launch> launches, std::vector<cl::Buffer> weights,
                  std::vector<cl::Buffer> tensors, ConvChainProblem problem)
      : OpenClRunnable(device, launches),
        last_launch_(launches.size() - 1),
        weights_(std::move(weights)),
        tensors_(std::move(tensors)),
        problem_(std::move(problem)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.emplace_back(DType::f32, problem_.tensors.back(), problem_.layouts.back().read);
    device().download(result[0].data(), tensors_.back(), static_cast<std::int64_t>(result[0].size_bytes()));
    return result;
  }
  Metrics metrics() override { return problem_.metrics(); }

 protected:
  std::vector<DeviceOperand> shared_operands() const override {
    return {{DeviceOperand::Direction::input, 0, tensors_.front(), {{0, 0}}},
            {DeviceOperand::Direction::output, 0, tensors_.back(), {{last_launch_, 1}}}};
  }

 private:
  std::size_t last_launch_;
  std::vector<cl::Buffer> weights_;  // kernels do not keep their arguments alive
  std::vector<cl::Buffer> tensors_;  // x first, the result last
  ConvChainProblem problem_;
};

class ConvChainBuffer final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "conv_chain_buffer"; }
  std::string_view operation() const noexcept override { return "conv_chain"; }
  Work executed_work(const Case& item, const Operation&) const override {
    return ConvChainProblem(item).executed_work();
  }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    for (const ImageStep& step : ConvChainProblem(item).steps()) {
      // Of a convolution only the operands' sizes are asked for.
      const PairPass pass =
          step.kind == ImageStep::Kind::convolution ? PairPass{step.from, step.to, {}} : pass_of(step);
      if (Support support = supports_pass(pass, device); !support) return support;
    }
    return Support::yes();
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    ConvChainProblem problem(item);
    PassLauncher launcher(device);
    std::vector<Launch> launches;
    std::vector<cl::Buffer> weights;
    std::vector<cl::Buffer> tensors = {buffer_of(device, inputs[0].tensor)};
    for (const ImageStep& step : problem.steps()) {
      // What pads a packed layout is zero, and nobody writes it.
      cl::Buffer to = buffer_of(device, HostTensor(DType::f32, step.to.shape(), step.to.layout()));
      if (step.kind == ImageStep::Kind::convolution) {
        const ConvolutionProblem convolution(step.from.shape(), step.sliding, DType::f32, item.line());
        weights.push_back(upload_convolution_weights(device, convolution, inputs[step.weights].tensor));
        launches.push_back(
            make_convolution_launch(device, convolution, {step.from, 0, step.to}, tensors.back(), to, weights.back()));
      } else {
        launches.push_back(launcher.launch(pass_of(step), {tensors.back()}, to, {}));
      }
      tensors.push_back(std::move(to));
    }
    return std::make_unique<DeviceConvChain>(device, std::move(launches), std::move(weights), std::move(tensors),
                                             std::move(problem));
  }

 private:
  static cl::Buffer buffer_of(OpenClProcessor& device, const HostTensor& tensor) {
    const auto bytes = static_cast<std::int64_t>(tensor.size_bytes());
    cl::Buffer buffer = device.allocate(bytes);
    device.upload(buffer, tensor.data(), bytes);
    return buffer;
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(conv_chain_buffer, ConvChainBuffer)

}  // namespace hetscope

// operator_chain_launches: a launch an operator, from one buffer to the other and back.
// operator_chain_fused: all of them in one launch.
//   traffic: words read and written once a launch
#include <vector>

#include "harness/core/divided_up.hpp"
#include "kernels/copy/buffer_copy.hpp"
#include "kernels/opencl_sources.hpp"
#include "kernels/probe/operator_chain.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kOperatorChainOpenClSource = "kernels/probe/operator_chain.cl";

class OperatorChainOpenClRuns final : public OpenClRunnable {
 public:
  OperatorChainOpenClRuns(OpenClProcessor& device, const std::vector<Launch>& launches, std::vector<cl::Buffer> buffers,
                          cl::Buffer target, std::int64_t words)
      : OpenClRunnable(device, launches),
        buffers_(std::move(buffers)),
        target_(std::move(target)),
        words_(words),
        launches_(static_cast<double>(launches.size())) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.emplace_back(DType::i32, Shape{words_}, Layout::row_major(1));
    device().download(result[0].data(), target_, static_cast<std::int64_t>(result[0].size_bytes()));
    return result;
  }
  Metrics metrics() override { return {{"launches", {launches_, "1", ""}}}; }

 private:
  std::vector<cl::Buffer> buffers_;  // kernels do not keep their arguments alive
  cl::Buffer target_;
  std::int64_t words_;
  double launches_;
};

template <bool kFused>
class OperatorChainOpenCl final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override {
    return kFused ? "operator_chain_fused" : "operator_chain_launches";
  }
  std::string_view operation() const noexcept override { return "operator_chain"; }
  Work executed_work(const Case& item, const Operation& operation) const override {
    return {operation.useful_work(item).bytes * (kFused ? 1 : item.integer("operators")), 0};
  }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    return supports_buffer_copy(4 * item.integer("words"), device);
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const std::int64_t words = item.integer("words");
    const std::int64_t bytes = 4 * words;
    // The source stays as it is, so that every execution does the same.
    std::vector<cl::Buffer> buffers;
    for (int i = 0; i < 3; ++i) buffers.push_back(device.allocate(bytes));
    device.upload(buffers[0], inputs[0].tensor.data(), bytes);
    const std::int64_t launch_count = kFused ? 1 : item.integer("operators");
    std::vector<Launch> launches;
    // Kernels whose arguments never change: setting them is no part of what a launch costs here.
    const Launch first = launch_of(device, buffers[0], buffers[1], words, kFused ? item.integer("operators") : 1);
    const Launch there = launch_of(device, buffers[1], buffers[2], words, 1);
    const Launch back = launch_of(device, buffers[2], buffers[1], words, 1);
    for (std::int64_t i = 0; i < launch_count; ++i) {
      launches.push_back(i == 0 ? first : i % 2 == 1 ? there : back);
    }
    cl::Buffer target = buffers[launch_count % 2 == 1 ? 1 : 2];
    return std::make_unique<OperatorChainOpenClRuns>(device, launches, std::move(buffers), std::move(target), words);
  }

 private:
  static Launch launch_of(OpenClProcessor& device, const cl::Buffer& source, const cl::Buffer& target,
                          std::int64_t words, std::int64_t steps) {
    Launch launch;
    launch.kernel = device.kernel(kOperatorChainOpenClSource,
                                  embedded_text(opencl_source_files(), kOperatorChainOpenClSource), "operators");
    launch.kernel.setArg(0, source);
    launch.kernel.setArg(1, target);
    launch.kernel.setArg(2, static_cast<cl_uint>(words));
    launch.kernel.setArg(3, static_cast<cl_uint>(steps));
    const std::size_t items = device.local_size(launch.kernel, kGroupItems);
    launch.global = cl::NDRange(divided_up(static_cast<std::size_t>(words), items) * items);
    launch.local = cl::NDRange(items);
    return launch;
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(operator_chain_launches, OperatorChainOpenCl<false>)
HETSCOPE_DEFINE_KERNEL(operator_chain_fused, OperatorChainOpenCl<true>)

}  // namespace hetscope

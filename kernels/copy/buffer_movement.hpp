// A run on an OpenCL device that reads one buffer and writes another: copies and layout transforms differ in their
// launches alone.
#pragma once

#include <utility>
#include <vector>

#include "harness/kernel/opencl_kernel.hpp"

namespace hetscope {

// Keeps both buffers, because kernels do not keep their arguments alive, and downloads the target as `view`. Arguments
// 0 and 1 of every launch are source and target; `alignment` is what kernels ask of their addresses, in bytes.
class BufferMovement final : public OpenClRunnable {
 public:
  BufferMovement(OpenClProcessor& device, std::vector<Launch> launches, cl::Buffer source, cl::Buffer target,
                 TensorView view, std::size_t alignment = 1)
      : OpenClRunnable(device, launches),
        launches_(launches.size()),
        source_(std::move(source)),
        target_(std::move(target)),
        view_(std::move(view)),
        alignment_(alignment) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.emplace_back(view_);
    device().download(result[0].data(), target_, static_cast<std::int64_t>(result[0].size_bytes()));
    return result;
  }

 protected:
  std::vector<DeviceOperand> shared_operands() const override {
    using Direction = DeviceOperand::Direction;
    std::vector<DeviceOperand> operands = {{Direction::input, 0, source_, {}, alignment_},
                                           {Direction::output, 0, target_, {}, alignment_}};
    for (std::size_t launch = 0; launch < launches_; ++launch) {
      operands[0].arguments.emplace_back(launch, 0);
      operands[1].arguments.emplace_back(launch, 1);
    }
    return operands;
  }

 private:
  std::size_t launches_;
  cl::Buffer source_;
  cl::Buffer target_;
  TensorView view_;
  std::size_t alignment_;
};

}  // namespace hetscope

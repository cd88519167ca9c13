// A run on an OpenCL device that reads one buffer and writes another: copies and layout transforms differ in their
// launches alone.
#pragma once

#include <utility>
#include <vector>

#include "harness/kernel/opencl_kernel.hpp"

namespace hetscope {

// Keeps both buffers, because kernels do not keep their arguments alive, and downloads the target as `view`.
class BufferMovement final : public OpenClRunnable {
 public:
  BufferMovement(OpenClProcessor& device, std::vector<Launch> launches, cl::Buffer source, cl::Buffer target,
                 TensorView view)
      : OpenClRunnable(device, std::move(launches)),
        source_(std::move(source)),
        target_(std::move(target)),
        view_(std::move(view)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.emplace_back(view_);
    device().download(result[0].data(), target_, static_cast<std::int64_t>(result[0].size_bytes()));
    return result;
  }

 private:
  cl::Buffer source_;
  cl::Buffer target_;
  TensorView view_;
};

}  // namespace hetscope

// multiply_add_peak_opencl: chains in the registers of an OpenCL device.
//   traffic: 8 bytes for 8192 flops; the arithmetic is all that takes time
#include <algorithm>

#include "harness/core/divided_up.hpp"
#include "harness/kernel/opencl_kernel.hpp"
#include "kernels/opencl_sources.hpp"
#include "kernels/probe/multiply_add_peak.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kMultiplyAddPeakOpenClSource = "kernels/probe/multiply_add_peak_opencl.cl";
// Chains a work-item runs side by side, in vectors.
constexpr std::int64_t kVectors = 8;

class MultiplyAddPeakOpenClRuns final : public OpenClRunnable {
 public:
  MultiplyAddPeakOpenClRuns(OpenClProcessor& device, std::vector<Launch> launches, std::vector<cl::Buffer> buffers,
                            cl::Buffer result, TensorView view)
      : OpenClRunnable(device, std::move(launches)),
        buffers_(std::move(buffers)),
        result_(std::move(result)),
        view_(std::move(view)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> outputs;
    outputs.emplace_back(view_);
    device().download(outputs[0].data(), result_, static_cast<std::int64_t>(outputs[0].size_bytes()));
    return outputs;
  }

 private:
  std::vector<cl::Buffer> buffers_;
  cl::Buffer result_;
  TensorView view_;
};

// The device's own vectors where it has some (a CPU), else four lanes, which also keep a scalar pipeline busy.
std::int64_t vector_lanes(const cl::Device& device) {
  const auto native = device.getInfo<CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT>();
  return native >= 16 ? 16 : (native >= 8 ? 8 : 4);
}

class MultiplyAddPeakOpenCl final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "multiply_add_peak_opencl"; }
  std::string_view operation() const noexcept override { return "multiply_add_peak"; }

 protected:
  Support supports_on(const Case&, const OpenClProcessor&) const override { return Support::yes(); }

  std::unique_ptr<Runnable> prepare_on(const Case&, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const auto upload = [&](const HostTensor& tensor) {
      const auto bytes = static_cast<std::int64_t>(tensor.size_bytes());
      cl::Buffer buffer = device.allocate(bytes, CL_MEM_READ_ONLY);
      device.upload(buffer, tensor.data(), bytes);
      return buffer;
    };
    const HostTensor& start_tensor = inputs[kStartOperand].tensor;
    const cl::Buffer start = upload(start_tensor);
    const cl::Buffer coefficients = upload(inputs[kCoefficientsOperand].tensor);
    cl::Buffer result = device.allocate(static_cast<std::int64_t>(start_tensor.size_bytes()), CL_MEM_WRITE_ONLY);

    const std::int64_t lanes = vector_lanes(device.device());
    const std::int64_t chains = start_tensor.shape().element_count();
    const std::int64_t full_items = chains / (kVectors * lanes);
    const std::int64_t items = full_items + chains % (kVectors * lanes);
    Launch launch;
    launch.kernel =
        device.kernel(kMultiplyAddPeakOpenClSource, embedded_text(opencl_source_files(), kMultiplyAddPeakOpenClSource),
                      "multiply_add", "-DLANES=" + std::to_string(lanes));
    launch.kernel.setArg(0, start);
    launch.kernel.setArg(1, result);
    launch.kernel.setArg(2, coefficients);
    launch.kernel.setArg(3, static_cast<cl_uint>(full_items));
    launch.kernel.setArg(4, static_cast<cl_uint>(chains));
    launch.kernel.setArg(5, static_cast<cl_uint>(kMultiplyAddSteps));
    const std::size_t local = device.local_size(launch.kernel, kGroupItems);
    launch.global = cl::NDRange(divided_up(static_cast<std::size_t>(items), local) * local);
    launch.local = cl::NDRange(local);
    return std::make_unique<MultiplyAddPeakOpenClRuns>(device, std::vector<Launch>{launch},
                                                       std::vector<cl::Buffer>{start, coefficients}, std::move(result),
                                                       start_tensor.view());
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(multiply_add_peak_opencl, MultiplyAddPeakOpenCl)

}  // namespace hetscope

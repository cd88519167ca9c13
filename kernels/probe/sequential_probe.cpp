// One word in, one word out, on either kind of processor.
#include "kernels/probe/sequential_probe.hpp"

#include "kernels/copy/buffer_movement.hpp"
#include "kernels/opencl_sources.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kSequentialProbeSource = "kernels/probe/sequential_probe.cl";

TensorView one_word() { return TensorView(DType::i32, Shape{1}, Layout::row_major(1)); }

}  // namespace

std::vector<HostTensor> SequentialRuns::outputs() {
  std::vector<HostTensor> result;
  result.emplace_back(one_word());
  *result[0].as<std::uint32_t>() = word_;
  return result;
}

Support supports_sequential(const Case& item) {
  if (item.integer_or("threads", 1) == 1) return Support::yes();
  return Support::no("one chain of steps occupies one thread");
}

std::unique_ptr<Runnable> make_sequential_on_host(HostCpu& cpu, ThreadPool& pool, const HostTensor& input,
                                                  std::int64_t steps, SequentialSteps take) {
  return std::make_unique<SequentialRuns>(cpu, pool, input, steps, take);
}

std::unique_ptr<Runnable> make_sequential_on_device(OpenClProcessor& device, const HostTensor& input,
                                                    std::int64_t steps, const char* function) {
  const auto bytes = static_cast<std::int64_t>(input.size_bytes());
  cl::Buffer words = device.allocate(bytes, CL_MEM_READ_ONLY);
  device.upload(words, input.data(), bytes);
  cl::Buffer end = device.allocate(sizeof(cl_uint), CL_MEM_WRITE_ONLY);
  Launch launch;
  launch.kernel =
      device.kernel(kSequentialProbeSource, embedded_text(opencl_source_files(), kSequentialProbeSource), function);
  launch.kernel.setArg(0, words);
  launch.kernel.setArg(1, end);
  launch.kernel.setArg(2, static_cast<cl_uint>(steps));
  launch.global = cl::NDRange(1);
  launch.local = cl::NDRange(1);
  return std::make_unique<BufferMovement>(device, std::vector<Launch>{launch}, std::move(words), std::move(end),
                                          one_word());
}

}  // namespace hetscope

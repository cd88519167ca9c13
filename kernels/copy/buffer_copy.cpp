// A copy in an OpenCL device's buffers, 16 bytes a work-item.
#include "kernels/copy/buffer_copy.hpp"

#include <algorithm>
#include <limits>

#include "harness/core/divided_up.hpp"
#include "kernels/copy/buffer_movement.hpp"
#include "kernels/opencl_sources.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kSource = "kernels/copy/buffer_copy.cl";
constexpr std::int64_t kVectorBytes = 16;
constexpr std::size_t kCopyGroupItems = 256;

}  // namespace

Support supports_buffer_copy(std::int64_t operand_bytes, const OpenClProcessor& device) {
  const std::int64_t most_bytes = device.limits().max_allocation_bytes;
  if (operand_bytes > most_bytes) {
    return Support::no("one operand needs " + std::to_string(operand_bytes) + " bytes, and one allocation holds " +
                       std::to_string(most_bytes));
  }
  if (operand_bytes / kVectorBytes > std::numeric_limits<std::int32_t>::max()) {
    return Support::no("vectors are counted in 31 bits");
  }
  return Support::yes();
}

std::unique_ptr<Runnable> make_buffer_copy(OpenClProcessor& device, const HostTensor& source) {
  const auto bytes = static_cast<std::int64_t>(source.size_bytes());
  cl::Buffer from = device.allocate(bytes, CL_MEM_READ_ONLY);
  cl::Buffer to = device.allocate(bytes, CL_MEM_WRITE_ONLY);
  device.upload(from, source.data(), bytes);

  const std::int64_t vectors = bytes / kVectorBytes;
  const std::int64_t tail_bytes = bytes % kVectorBytes;
  Launch launch;
  launch.kernel = device.kernel(kSource, embedded_text(opencl_source_files(), kSource), "copy_buffer");
  launch.kernel.setArg(0, from);
  launch.kernel.setArg(1, to);
  launch.kernel.setArg(2, static_cast<cl_uint>(vectors));
  launch.kernel.setArg(3, static_cast<cl_uint>(tail_bytes));
  const std::size_t local = device.local_size(launch.kernel, kCopyGroupItems);
  const auto items = static_cast<std::size_t>(std::max(vectors, tail_bytes));
  launch.global = cl::NDRange(divided_up(items, local) * local);
  launch.local = cl::NDRange(local);
  return std::make_unique<BufferMovement>(device, std::vector<Launch>{launch}, std::move(from), std::move(to),
                                          source.view(), kVectorBytes);
}

}  // namespace hetscope

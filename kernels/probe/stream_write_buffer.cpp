// stream_write_buffer: an OpenCL buffer written 16 bytes a work-item.
//   traffic: bytes written once (and the written lines fetched first, where the device does not avoid it)
#include <algorithm>

#include "harness/core/divided_up.hpp"
#include "kernels/copy/buffer_copy.hpp"
#include "kernels/copy/buffer_movement.hpp"
#include "kernels/opencl_sources.hpp"
#include "kernels/probe/bandwidth_probe.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kStreamWriteSource = "kernels/probe/stream_words.cl";
constexpr std::size_t kWriteGroupItems = 256;
constexpr std::int64_t kWriteVectorBytes = 16;

class StreamWriteBuffer final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "stream_write_buffer"; }
  std::string_view operation() const noexcept override { return "stream_write"; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    return supports_buffer_copy(item.integer("bytes"), device);
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const std::int64_t bytes = item.integer("bytes");
    cl::Buffer word = device.allocate(kProbeWordBytes, CL_MEM_READ_ONLY);
    device.upload(word, inputs[0].tensor.data(), kProbeWordBytes);
    cl::Buffer target = device.allocate(bytes, CL_MEM_WRITE_ONLY);
    const std::int64_t vectors = bytes / kWriteVectorBytes;
    const std::int64_t tail_words = bytes % kWriteVectorBytes / kProbeWordBytes;
    Launch launch;
    launch.kernel =
        device.kernel(kStreamWriteSource, embedded_text(opencl_source_files(), kStreamWriteSource), "fill_words");
    launch.kernel.setArg(0, word);
    launch.kernel.setArg(1, target);
    launch.kernel.setArg(2, static_cast<cl_uint>(vectors));
    launch.kernel.setArg(3, static_cast<cl_uint>(tail_words));
    const std::size_t local = device.local_size(launch.kernel, kWriteGroupItems);
    const auto items = static_cast<std::size_t>(std::max(vectors, tail_words));
    launch.global = cl::NDRange(divided_up(items, local) * local);
    launch.local = cl::NDRange(local);
    return std::make_unique<BufferMovement>(
        device, std::vector<Launch>{launch}, std::move(word), std::move(target),
        TensorView(DType::i32, Shape{bytes / kProbeWordBytes}, Layout::row_major(1)));
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(stream_write_buffer, StreamWriteBuffer)

}  // namespace hetscope

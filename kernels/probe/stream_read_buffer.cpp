// stream_read_buffer: an OpenCL buffer read 16 bytes a step; each work-item leaves one partial sum.
//   traffic: bytes read once; 4 bytes a work-item written
#include <algorithm>

#include "harness/core/divided_up.hpp"
#include "harness/kernel/opencl_kernel.hpp"
#include "kernels/copy/buffer_copy.hpp"
#include "kernels/opencl_sources.hpp"
#include "kernels/probe/bandwidth_probe.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kStreamReadSource = "kernels/probe/stream_words.cl";
constexpr std::int64_t kVectorBytes = 16;
// Enough to fill a large GPU; each reads many vectors.
constexpr std::int64_t kMostItems = std::int64_t{1} << 16;

class StreamReadBufferRuns final : public OpenClRunnable {
 public:
  StreamReadBufferRuns(OpenClProcessor& device, std::vector<Launch> launches, cl::Buffer words, cl::Buffer partial,
                       std::size_t items)
      : OpenClRunnable(device, std::move(launches)),
        words_(std::move(words)),
        partial_(std::move(partial)),
        items_(items) {}

  std::vector<HostTensor> outputs() override {
    std::vector<std::uint32_t> partial(items_);
    device().download(partial.data(), partial_, static_cast<std::int64_t>(partial.size() * sizeof(std::uint32_t)));
    std::vector<HostTensor> result;
    result.emplace_back(DType::i32, Shape{1}, Layout::row_major(1));
    std::uint32_t sum = 0;
    for (const std::uint32_t part : partial) sum += part;
    *result[0].as<std::uint32_t>() = sum;
    return result;
  }

 private:
  cl::Buffer words_;
  cl::Buffer partial_;
  std::size_t items_;
};

class StreamReadBuffer final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "stream_read_buffer"; }
  std::string_view operation() const noexcept override { return "stream_read"; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    return supports_buffer_copy(item.integer("bytes"), device);
  }
  std::unique_ptr<Runnable> prepare_on(const Case&, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const HostTensor& tensor = inputs[0].tensor;
    const auto bytes = static_cast<std::int64_t>(tensor.size_bytes());
    cl::Buffer words = device.allocate(bytes, CL_MEM_READ_ONLY);
    device.upload(words, tensor.data(), bytes);
    const std::int64_t vectors = bytes / kVectorBytes;
    Launch launch;
    launch.kernel =
        device.kernel(kStreamReadSource, embedded_text(opencl_source_files(), kStreamReadSource), "sum_words");
    const std::size_t local = device.local_size(launch.kernel, kGroupItems);
    const auto wanted = static_cast<std::size_t>(std::clamp<std::int64_t>(vectors, 1, kMostItems));
    const std::size_t items = divided_up(wanted, local) * local;
    cl::Buffer partial = device.allocate(static_cast<std::int64_t>(items * sizeof(std::uint32_t)), CL_MEM_WRITE_ONLY);
    launch.kernel.setArg(0, words);
    launch.kernel.setArg(1, partial);
    launch.kernel.setArg(2, static_cast<cl_uint>(vectors));
    launch.kernel.setArg(3, static_cast<cl_uint>(bytes % kVectorBytes / kProbeWordBytes));
    launch.global = cl::NDRange(items);
    launch.local = cl::NDRange(local);
    return std::make_unique<StreamReadBufferRuns>(device, std::vector<Launch>{launch}, std::move(words),
                                                  std::move(partial), items);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(stream_read_buffer, StreamReadBuffer)

}  // namespace hetscope

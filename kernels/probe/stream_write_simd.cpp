// stream_write_simd: non-temporal vector stores to the host's memory, one contiguous share a thread.
//   traffic: bytes written once, nothing fetched for the stores
#include "harness/kernel/host_kernel.hpp"
#include "kernels/probe/bandwidth_probe.hpp"
#include "kernels/probe/stream_words.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class StreamWriteSimdRuns final : public HostRunnable {
 public:
  StreamWriteSimdRuns(HostCpu& cpu, ThreadPool& pool, const HostTensor& word, std::int64_t words)
      : HostRunnable(cpu, pool), word_(word), target_(DType::i32, Shape{words}, Layout::row_major(1)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(target_.clone());
    return result;
  }

 protected:
  void run_once() override {
    const std::uint32_t word = *word_.as<std::uint32_t>();
    pool().parallel_for(target_.shape().element_count(), kLineWords, [&](std::int64_t begin, std::int64_t end) {
      fill_words(target_.as<std::uint32_t>() + begin, word, end - begin);
    });
  }
  std::vector<std::span<const std::byte>> operands() const override { return {{target_.data(), target_.size_bytes()}}; }

 private:
  const HostTensor& word_;
  HostTensor target_;
};

class StreamWriteSimd final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "stream_write_simd"; }
  std::string_view operation() const noexcept override { return "stream_write"; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<StreamWriteSimdRuns>(cpu, pool, inputs[0].tensor, item.integer("bytes") / kProbeWordBytes);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(stream_write_simd, StreamWriteSimd)

}  // namespace hetscope

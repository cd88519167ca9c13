// stream_read_simd: vector loads in the host's memory, one contiguous share of the words a thread.
//   traffic: bytes read once
#include <atomic>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/probe/bandwidth_probe.hpp"
#include "kernels/probe/stream_words.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class StreamReadSimdRuns final : public HostRunnable {
 public:
  StreamReadSimdRuns(HostCpu& cpu, ThreadPool& pool, const HostTensor& words)
      : HostRunnable(cpu, pool), words_(words) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.emplace_back(DType::i32, Shape{1}, Layout::row_major(1));
    *result[0].as<std::uint32_t>() = sum_.load(std::memory_order_relaxed);
    return result;
  }

 protected:
  void run_once() override {
    sum_.store(0, std::memory_order_relaxed);
    pool().parallel_for(words_.shape().element_count(), kLineWords, [this](std::int64_t begin, std::int64_t end) {
      sum_.fetch_add(sum_words(words_.as<std::uint32_t>() + begin, end - begin), std::memory_order_relaxed);
    });
  }
  std::vector<std::span<const std::byte>> operands() const override { return {{words_.data(), words_.size_bytes()}}; }

 private:
  const HostTensor& words_;
  std::atomic<std::uint32_t> sum_{0};
};

class StreamReadSimd final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "stream_read_simd"; }
  std::string_view operation() const noexcept override { return "stream_read"; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<StreamReadSimdRuns>(cpu, pool, inputs[0].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(stream_read_simd, StreamReadSimd)

}  // namespace hetscope

// memory_walk_simd: the walk in the host's memory, a contiguous share of the reads a thread.
//   traffic: each texel read reads / texels times (nine times that by a stencil)
#include <atomic>
#include <cstring>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/registration.hpp"
#include "kernels/texture/walk_texels.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kShareReads = 64;

class MemoryWalkSimdRuns final : public HostRunnable {
 public:
  MemoryWalkSimdRuns(HostCpu& cpu, ThreadPool& pool, const Walk& walk, const HostTensor& elements)
      : HostRunnable(cpu, pool),
        walk_(walk),
        rows_(walk.dtype, Shape{walk.height(), walk.pitch(), kTexelLanes}, Layout::row_major(3)) {
    const auto row_bytes = static_cast<std::size_t>(walk.width() * walk.texel_bytes());
    const auto pitch_bytes = static_cast<std::size_t>(walk.pitch() * walk.texel_bytes());
    for (std::size_t y = 0; y < static_cast<std::size_t>(walk.height()); ++y) {
      std::memcpy(rows_.data() + y * pitch_bytes, elements.data() + y * row_bytes, row_bytes);
    }
  }

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.emplace_back(DType::i32, Shape{1}, Layout::row_major(1));
    *result[0].as<std::uint32_t>() = sum_.load(std::memory_order_relaxed);
    return result;
  }
  std::int64_t prepared_bytes() const override { return static_cast<std::int64_t>(rows_.size_bytes()); }

 protected:
  void run_once() override {
    sum_.store(0, std::memory_order_relaxed);
    pool().parallel_for(walk_.reads, kShareReads, [this](std::int64_t begin, std::int64_t end) {
      sum_.fetch_add(walk_texels(walk_, rows_.data(), begin, end), std::memory_order_relaxed);
    });
  }
  std::vector<std::span<const std::byte>> operands() const override { return {{rows_.data(), rows_.size_bytes()}}; }

 private:
  Walk walk_;
  HostTensor rows_;
  std::atomic<std::uint32_t> sum_{0};
};

class MemoryWalkSimd final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "memory_walk_simd"; }
  std::string_view operation() const noexcept override { return "memory_walk"; }
  Work executed_work(const Case& item, const Operation&) const override { return {Walk(item).bytes_read(), 0}; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<MemoryWalkSimdRuns>(cpu, pool, Walk(item), inputs[0].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(memory_walk_simd, MemoryWalkSimd)

}  // namespace hetscope

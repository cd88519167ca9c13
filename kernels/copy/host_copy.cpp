// A copy in the host's memory, shared out over the threads of a pool.
#include "kernels/copy/host_copy.hpp"

#include <cstring>

namespace hetscope {
namespace {

constexpr std::int64_t kLineBytes = 64;

class HostCopy final : public HostRunnable {
 public:
  HostCopy(HostCpu& cpu, ThreadPool& pool, const HostTensor& source, CopyFunction copy)
      : HostRunnable(cpu, pool), source_(source), target_(source.view()), copy_(copy) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(target_.clone());
    return result;
  }

 protected:
  void run_once() override {
    pool().parallel_for(static_cast<std::int64_t>(source_.size_bytes()), kLineBytes,
                        [this](std::int64_t begin, std::int64_t end) {
                          copy_(target_.data() + begin, source_.data() + begin, static_cast<std::size_t>(end - begin));
                        });
  }
  std::vector<std::span<const std::byte>> operands() const override {
    return {{source_.data(), source_.size_bytes()}, {target_.data(), target_.size_bytes()}};
  }

 private:
  const HostTensor& source_;
  HostTensor target_;
  CopyFunction copy_;
};

}  // namespace

void copy_with_memcpy(std::byte* target, const std::byte* source, std::size_t bytes) {
  std::memcpy(target, source, bytes);
}

std::unique_ptr<Runnable> make_host_copy(HostCpu& cpu, ThreadPool& pool, const HostTensor& source, CopyFunction copy) {
  return std::make_unique<HostCopy>(cpu, pool, source, copy);
}

}  // namespace hetscope

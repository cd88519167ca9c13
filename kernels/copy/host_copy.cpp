// A copy in the host's memory, shared out over the threads of a pool.
#include "kernels/copy/host_copy.hpp"

#include <cstring>

#include "kernels/copy/host_movement.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kLineBytes = 64;

class HostCopy final : public HostMovement {
 public:
  HostCopy(HostCpu& cpu, ThreadPool& pool, const HostTensor& source, CopyFunction copy)
      : HostMovement(cpu, pool, source, HostTensor(source.view())), copy_(copy) {}

 protected:
  void run_once() override {
    pool().parallel_for(
        static_cast<std::int64_t>(source().size_bytes()), kLineBytes, [this](std::int64_t begin, std::int64_t end) {
          copy_(target().data() + begin, source().data() + begin, static_cast<std::size_t>(end - begin));
        });
  }

 private:
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

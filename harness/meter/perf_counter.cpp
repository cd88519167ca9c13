// perf_event_open(2), which has no wrapper in the C library.
#include "harness/meter/perf_counter.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace hetscope {
namespace {

class KernelPerfCounter final : public PerfCounter {
 public:
  explicit KernelPerfCounter(int fd) : fd_(fd) {}
  ~KernelPerfCounter() override { ::close(fd_); }
  KernelPerfCounter(const KernelPerfCounter&) = delete;
  KernelPerfCounter& operator=(const KernelPerfCounter&) = delete;

  std::optional<std::uint64_t> read() override {
    std::uint64_t count = 0;
    if (::read(fd_, &count, sizeof count) != static_cast<ssize_t>(sizeof count)) return std::nullopt;
    return count;
  }

 private:
  int fd_;
};

class KernelPerfCounters final : public PerfCounterSource {
 public:
  std::unique_ptr<PerfCounter> open(std::uint32_t type, std::uint64_t config, int cpu, std::string& why) override {
    perf_event_attr attributes{};
    attributes.size = sizeof attributes;
    attributes.type = type;
    attributes.config = config;
    constexpr pid_t kEveryProcess = -1;
    constexpr int kNoGroup = -1;
    const long fd = ::syscall(SYS_perf_event_open, &attributes, kEveryProcess, cpu, kNoGroup, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0) {
      why = std::strerror(errno);
      return nullptr;
    }
    return std::make_unique<KernelPerfCounter>(static_cast<int>(fd));
  }
};

}  // namespace

PerfCounterSource& kernel_perf_counters() {
  static KernelPerfCounters counters;
  return counters;
}

}  // namespace hetscope

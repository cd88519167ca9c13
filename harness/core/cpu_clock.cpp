// POSIX's CPU-time clocks.
#include "harness/core/cpu_clock.hpp"

#include <ctime>

namespace hetscope {

std::int64_t CpuClock::now_ns() const {
  timespec now{};
  ::clock_gettime(of_ == Of::thread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void CpuClock::sleep_ns(std::int64_t duration_ns) const { MonotonicClock().sleep_ns(duration_ns); }

}  // namespace hetscope

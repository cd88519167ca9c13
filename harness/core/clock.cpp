// The monotonic clock by clock_gettime, and what a clock's readings say about the clock itself.
#include "harness/core/clock.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <vector>

namespace hetscope {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr double kSlowestRead_ns = 200;
// Readings per cost sample: one reading is often cheaper than the clock's own resolution.
constexpr int kReadsPerSample = 16;

std::int64_t read_ns(clockid_t id) noexcept {
  timespec now{};
  if (clock_gettime(id, &now) != 0) return -1;
  return static_cast<std::int64_t>(now.tv_sec) * kNsPerSecond + now.tv_nsec;
}

class PosixClock final : public Clock {
 public:
  explicit PosixClock(clockid_t id) : id_(id) {}
  std::int64_t now_ns() const override { return read_ns(id_); }
  void sleep_ns(std::int64_t) const override {}

 private:
  clockid_t id_;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

clockid_t best_clock() {
#ifdef CLOCK_MONOTONIC_RAW
  const PosixClock raw(CLOCK_MONOTONIC_RAW);
  if (raw.now_ns() >= 0 && measure_timer(raw, 1000).read_ns <= kSlowestRead_ns) return CLOCK_MONOTONIC_RAW;
#endif
  return CLOCK_MONOTONIC;
}

}  // namespace

MonotonicClock::MonotonicClock() : clock_id_(static_cast<int>(best_clock())) {}

std::int64_t MonotonicClock::now_ns() const { return read_ns(static_cast<clockid_t>(clock_id_)); }

void MonotonicClock::sleep_ns(std::int64_t duration_ns) const {
  if (duration_ns <= 0) return;
  timespec left{};
  left.tv_sec = static_cast<time_t>(duration_ns / kNsPerSecond);
  left.tv_nsec = static_cast<long>(duration_ns % kNsPerSecond);
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

const char* MonotonicClock::source() const noexcept {
  return clock_id_ == static_cast<int>(CLOCK_MONOTONIC) ? "CLOCK_MONOTONIC" : "CLOCK_MONOTONIC_RAW";
}

TimerQuality measure_timer(const Clock& clock, int reads) {
  const int count = std::max(reads, 2);
  std::vector<std::int64_t> times_ns(static_cast<std::size_t>(count));
  for (std::int64_t& time_ns : times_ns) time_ns = clock.now_ns();

  TimerQuality quality;
  std::int64_t smallest_ns = 0;
  for (std::size_t i = 1; i < times_ns.size(); ++i) {
    const std::int64_t step_ns = times_ns[i] - times_ns[i - 1];
    if (step_ns > 0 && (smallest_ns == 0 || step_ns < smallest_ns)) smallest_ns = step_ns;
  }
  if (smallest_ns > 0) quality.resolution_ns = smallest_ns;

  const auto stride = static_cast<std::size_t>(std::min(kReadsPerSample, count - 1));
  std::vector<double> costs_ns;
  for (std::size_t i = stride; i < times_ns.size(); i += stride) {
    costs_ns.push_back(static_cast<double>(times_ns[i] - times_ns[i - stride]) / static_cast<double>(stride));
  }
  quality.read_ns = median(std::move(costs_ns));
  return quality;
}

}  // namespace hetscope

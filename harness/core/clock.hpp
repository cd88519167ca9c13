// The host's monotonic clock, behind an interface so that tests own the time.
#pragma once

#include <cstdint>

namespace hetscope {

class Clock {
 public:
  virtual ~Clock() = default;
  // Nanoseconds since an arbitrary instant; never goes back.
  virtual std::int64_t now_ns() const = 0;
  // Gives the processor away for about this long. Only waiting for a meter or for a device to cool sleeps.
  virtual void sleep_ns(std::int64_t duration_ns) const = 0;
};

// CLOCK_MONOTONIC_RAW: not slewed by NTP. Falls back to CLOCK_MONOTONIC where the raw clock is a system call
// (measured once at construction: a read above 200 ns), because a slow clock disturbs more than slewing does.
class MonotonicClock final : public Clock {
 public:
  MonotonicClock();
  std::int64_t now_ns() const override;
  void sleep_ns(std::int64_t duration_ns) const override;
  // "CLOCK_MONOTONIC_RAW" or "CLOCK_MONOTONIC".
  const char* source() const noexcept;

 private:
  int clock_id_;
};

// What the timer itself can tell and costs.
struct TimerQuality {
  std::int64_t resolution_ns = 1;  // smallest difference other than zero that was seen
  double read_ns = 0;              // median cost of one reading
};

// Measures `clock` with `reads` back-to-back readings.
TimerQuality measure_timer(const Clock& clock, int reads = 10000);

}  // namespace hetscope

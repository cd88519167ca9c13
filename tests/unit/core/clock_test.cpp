// Clocks: what can be said of a real one without timing anything, and the timer's quality on a clock of our own.
#include "harness/core/clock.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hetscope {
namespace {

// Ticks of `tick_ns`, one for every `reads_per_tick` readings.
class TickingClock final : public Clock {
 public:
  TickingClock(std::int64_t tick_ns, int reads_per_tick) : tick_ns_(tick_ns), reads_per_tick_(reads_per_tick) {}
  std::int64_t now_ns() const override { return reads_++ / reads_per_tick_ * tick_ns_; }
  void sleep_ns(std::int64_t) const override {}

 private:
  std::int64_t tick_ns_;
  int reads_per_tick_;
  mutable std::int64_t reads_ = 0;
};

TEST(TimerQuality, SeparatesResolutionFromCost) {
  const TimerQuality fine = measure_timer(TickingClock(25, 1));
  EXPECT_EQ(fine.resolution_ns, 25);
  EXPECT_DOUBLE_EQ(fine.read_ns, 25);
  const TimerQuality coarse = measure_timer(TickingClock(100, 4));
  EXPECT_EQ(coarse.resolution_ns, 100);
  EXPECT_DOUBLE_EQ(coarse.read_ns, 25);
}

TEST(TimerQuality, EndsOnAClockThatStandsStill) {
  const TimerQuality still = measure_timer(TickingClock(0, 1), 3);
  EXPECT_EQ(still.resolution_ns, 1);
  EXPECT_EQ(still.read_ns, 0);
}

TEST(MonotonicClock, NeverGoesBackAndNamesItsSource) {
  const MonotonicClock clock;
  std::int64_t last_ns = clock.now_ns();
  EXPECT_GT(last_ns, 0);
  for (int i = 0; i < 100000; ++i) {
    const std::int64_t now_ns = clock.now_ns();
    ASSERT_GE(now_ns, last_ns);
    last_ns = now_ns;
  }
  EXPECT_EQ(std::string(clock.source()).rfind("CLOCK_MONOTONIC", 0), 0u);
}

}  // namespace
}  // namespace hetscope

// Reference loops and the gate, without a processor and without heat.
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/kernel/reference_loop.hpp"
#include "harness/measure/session.hpp"
#include "harness/measure/throttle_guard.hpp"
#include "harness/processor/host_cpu.hpp"
#include "tests/fakes/fake_clock.hpp"
#include "tests/fakes/stepping_clock.hpp"

namespace hetscope {
namespace {

class ScriptedLoop final : public ReferenceLoop {
 public:
  explicit ScriptedLoop(std::function<double()> time_ns) : time_ns_(std::move(time_ns)) {}
  const std::string& processor() const noexcept override { return name_; }
  double run_ns() override { return time_ns_(); }

 private:
  std::string name_ = "scripted";
  std::function<double()> time_ns_;
};

TEST(ThrottleGuard, ComparesWithTheStart) {
  const SteppingClock clock;
  double now_ns = 20'000;
  ScriptedLoop loop([&] { return now_ns; });
  ReferenceLoop* loops[] = {&loop};
  ThrottleGuard guard(clock, {});
  guard.begin(loops);
  EXPECT_DOUBLE_EQ(guard.slowdown(loops), 1);
  now_ns = 22'000;
  EXPECT_DOUBLE_EQ(guard.slowdown(loops), 1.1);
  EXPECT_TRUE(guard.is_slow(1.1));
  EXPECT_FALSE(guard.is_slow(1.04));
  now_ns = 10'000;  // faster than at the start is not slow
  EXPECT_DOUBLE_EQ(guard.slowdown(loops), 1);
}

TEST(ThrottleGuard, WaitsUntilItIsCoolAndFastAgain) {
  SteppingClock clock;
  double celsius = 40;
  double slowdown = 1;
  ThrottleOptions options;
  options.hottest_c = [&] { return celsius; };
  ThrottleGuard guard(clock, options);
  celsius = 60;
  slowdown = 1.3;
  clock.on_step([&](std::int64_t) {
    celsius -= 5;
    if (celsius < 40) slowdown = 1;
  });
  EXPECT_TRUE(guard.wait_until_cool(1.3, [&] { return slowdown; }));
  EXPECT_EQ(guard.waited_ns(), 5 * options.step_ns);
  EXPECT_FALSE(guard.gave_up());
  // Neither noise without heat nor heat without slowness is waited for.
  EXPECT_FALSE(guard.wait_until_cool(1.3, [&] { return 1.3; }));
  celsius = 80;
  EXPECT_FALSE(guard.wait_until_cool(1.01, [&] { return 1.01; }));
}

TEST(ThrottleGuard, GivesUpOnce) {
  const SteppingClock clock;
  double celsius = 40;
  ThrottleOptions options;
  options.hottest_c = [&] { return celsius; };
  ThrottleGuard guard(clock, options);
  celsius = 70;
  EXPECT_TRUE(guard.wait_until_cool(1.5, [] { return 1.5; }));
  EXPECT_TRUE(guard.gave_up());
  EXPECT_EQ(guard.waited_ns(), options.patience_ns);
  EXPECT_FALSE(guard.wait_until_cool(1.5, [] { return 1.5; }));
}

TEST(ThrottleGuard, HasNoGateWithoutATemperature) {
  const SteppingClock clock;
  ThrottleGuard guard(clock, {});
  EXPECT_FALSE(guard.wait_until_cool(2, [] { return 2.0; }));
}

// Takes twice as long while `is_slow`.
class ThrottledRun final : public Runnable {
 public:
  ThrottledRun(const FakeClock& clock, const bool& is_slow) : clock_(clock), is_slow_(is_slow) {}
  void run(std::int64_t iterations) override { clock_.advance_ns(iterations * (is_slow_ ? 20'000 : 10'000)); }
  std::vector<HostTensor> outputs() override { return {}; }

 private:
  const FakeClock& clock_;
  const bool& is_slow_;
};

// A block in `every` is slow; the loop's first five readings are the start.
Measurement measure_with_slow_blocks(int every) {
  const FakeClock clock(10);
  bool is_slow = false;
  int readings = 0;
  ScriptedLoop loop([&] {
    const int block = (readings - 5) / 2;
    is_slow = readings >= 5 && block % every == 0;
    ++readings;
    return is_slow ? 40'000.0 : 20'000.0;
  });
  ReferenceLoop* loops[] = {&loop};
  ThrottledRun run(clock, is_slow);
  Session session(clock);
  const Subject subject{&run, false, loops};
  MeasureOptions options;
  options.budget_ns = 2'000'000'000;
  options.stop.min_time_ns = 0;
  options.max_samples_per_block = 1;
  return std::move(session.measure(std::span(&subject, 1), options)[0]);
}

TEST(SlowBlocks, AreDiscardedWhenTheyAreTheException) {
  const Measurement measurement = measure_with_slow_blocks(4);
  EXPECT_GT(measurement.speed.discarded, 0);
  EXPECT_EQ(measurement.speed.discarded, measurement.speed.slow);
  EXPECT_NEAR(static_cast<double>(measurement.speed.slow) / static_cast<double>(measurement.speed.blocks), 0.25, 0.1);
  EXPECT_GT(measurement.discarded, 0);
  EXPECT_DOUBLE_EQ(measurement.speed.slowest, 2);
  const std::vector<double> times = measurement.per_iteration_ns(kHostClock);
  ASSERT_EQ(times.size(), measurement.rounds.size());
  ASSERT_EQ(times.size(), measurement.order.size());
  ASSERT_FALSE(times.empty());
  for (const double time_ns : times) EXPECT_NEAR(time_ns, 10'000, 100);
  EXPECT_TRUE(measurement.converged);
  EXPECT_GE(std::ssize(times), MeasureOptions{}.stop.min_samples) << "discarded samples counted as enough";
}

TEST(SlowBlocks, AreKeptWhenTheyAreTheRule) {
  const Measurement measurement = measure_with_slow_blocks(1);
  EXPECT_EQ(measurement.speed.slow, measurement.speed.blocks);
  EXPECT_EQ(measurement.speed.discarded, 0);
  EXPECT_EQ(measurement.discarded, 0);
  EXPECT_FALSE(measurement.rounds.empty());
}

TEST(ReferenceLoop, OfThisMachinesCpuTakesTime) {
  const MonotonicClock clock;
  ProcessorInfo info;
  info.name = "cpu";
  HostCpu cpu(info, allowed_cpus());
  const auto loop = make_reference_loop(cpu, clock);
  ASSERT_NE(loop, nullptr);
  EXPECT_EQ(loop->processor(), "cpu");
  EXPECT_GT(loop->run_ns(), 0);
}

}  // namespace
}  // namespace hetscope

// A load beside the measured member: started, counted, placed and stopped.
#include <atomic>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/measure/background_load.hpp"
#include "harness/measure/session.hpp"
#include "harness/processor/affinity.hpp"
#include "tests/fakes/fake_clock.hpp"

namespace hetscope {
namespace {

// Beside a real clock: counts its executions, notes who else was inside a run of his own, and fails when told to.
class Worker final : public Runnable {
 public:
  explicit Worker(std::int64_t fails_at = -1) : fails_at_(fails_at) {}
  void enter() override { ++entered; }
  void leave() override { ++left; }
  void run(std::int64_t iterations) override {
    for (std::int64_t i = 0; i < iterations; ++i) {
      if (++executions == fails_at_) throw Error("lost its device");
      for (int spin = 0; spin < 50; ++spin) executions.load();
    }
  }
  std::vector<HostTensor> outputs() override { return {}; }
  std::atomic<std::int64_t> executions{0};
  std::atomic<int> entered{0};
  std::atomic<int> left{0};

 private:
  std::int64_t fails_at_;
};

MeasureOptions quick_loaded() {
  MeasureOptions options;
  options.stop.min_time_ns = 10'000'000;
  options.budget_ns = 60'000'000;
  options.warm_up_ns = 1'000'000;
  options.loaded_block_ns = 2'000'000;
  options.loaded_sample_ns = 500'000;
  return options;
}

TEST(Session, ALoadRunsBesideItsMemberAndStops) {
  const MonotonicClock clock;
  Session session(clock);
  Worker load;
  Worker loaded;
  Worker alone;
  const Subject subjects[] = {{.runnable = &loaded, .load = &load}, {.runnable = &alone}};
  const std::vector<Measurement> results = session.measure(subjects, quick_loaded());
  const std::int64_t after = load.executions;
  EXPECT_EQ(load.executions, after);
  EXPECT_EQ(load.entered, load.left);
  const LoadedVisits& visits = results[0].loaded;
  ASSERT_FALSE(visits.rounds.empty());
  EXPECT_EQ(load.entered, 1 + std::ssize(visits.rounds)) << "once to find its batch, once a visit";
  for (std::size_t i = 0; i < visits.rounds.size(); ++i) {
    EXPECT_GT(visits.case_alone_ns[i], 0);
    EXPECT_GT(visits.case_together_ns[i], 0);
    EXPECT_GT(visits.load_alone_per_s[i] + visits.load_together_per_s[i], 0);
  }
  EXPECT_TRUE(results[1].loaded.rounds.empty());
}

// Where its last batch ran.
class Whereabouts final : public Runnable {
 public:
  explicit Whereabouts(std::vector<int> home = {}) : home_(std::move(home)) {}
  void enter() override {
    before_ = affinity_of_this_thread();
    if (!home_.empty()) pin_this_thread(home_);
  }
  void leave() override { pin_this_thread(before_); }
  void run(std::int64_t iterations) override {
    cpus = affinity_of_this_thread();
    for (volatile std::int64_t left = 100 * iterations; left > 0;) left = left - 1;
  }
  std::vector<HostTensor> outputs() override { return {}; }
  std::vector<int> cpus;

 private:
  std::vector<int> home_;
  std::vector<int> before_;
};

TEST(Session, ALoadIsNotHeldOnTheCoreOfItsMember) {
  const std::vector<int> all = affinity_of_this_thread();
  if (all.size() < 2) GTEST_SKIP() << "this process has one CPU";
  const MonotonicClock clock;
  Session session(clock);
  Whereabouts load;
  Whereabouts loaded({all.front()});
  const Subject subject{.runnable = &loaded, .load = &load};
  session.measure(std::span(&subject, 1), quick_loaded());
  EXPECT_EQ(loaded.cpus, std::vector<int>{all.front()});
  EXPECT_EQ(load.cpus, all);
}

TEST(Session, ALoadThatDiesFailsTheVisitOfItsMember) {
  class Observer final : public MeasureObserver {
   public:
    void visiting(std::size_t subject) override { current = subject; }
    std::size_t current = 0;
  };
  const MonotonicClock clock;
  Session session(clock);
  Worker alone;
  Worker loaded;
  Worker calibration;
  static_cast<void>(background_batch(calibration, clock));
  Worker load(2 * calibration.executions + 2);  // after its batch is found, in one of the first visits
  const Subject subjects[] = {{.runnable = &alone}, {.runnable = &loaded, .load = &load}};
  Observer observer;
  MeasureOptions options = quick_loaded();
  options.budget_ns = 5'000'000'000;
  options.stop.min_time_ns = 4'000'000'000;
  try {
    session.measure(subjects, options, &observer);
    FAIL() << "the failure was lost";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the load failed: lost its device");
  }
  EXPECT_EQ(observer.current, 1U);
  EXPECT_EQ(load.entered, load.left);
}

TEST(BackgroundLoad, CountsABatchAcrossAnEdgeByItsShare) {
  // Only the load's thread moves this clock: batches of 2 executions lie at 1..201, 202..402, ... (a reading costs 1).
  class Ticking final : public Runnable {
   public:
    explicit Ticking(const FakeClock& clock) : clock_(clock) {}
    void run(std::int64_t iterations) override { clock_.advance_ns(iterations * 100 - 1); }
    std::vector<HostTensor> outputs() override { return {}; }

   private:
    const FakeClock& clock_;
  };
  const FakeClock clock(1);
  Ticking runnable(clock);
  BackgroundLoad load(runnable, 2, clock, affinity_of_this_thread());
  load.stop();
  EXPECT_DOUBLE_EQ(load.executions_within(1, 201), 2);
  EXPECT_DOUBLE_EQ(load.executions_within(1, 101), 1);
  EXPECT_DOUBLE_EQ(load.executions_within(51, 151), 1);
  EXPECT_DOUBLE_EQ(load.executions_within(-100, 1), 0);
}

}  // namespace
}  // namespace hetscope

// The timing loop on a clock that the test owns.
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/measure/session.hpp"
#include "harness/statistics/statistics.hpp"
#include "tests/fakes/fake_clock.hpp"
#include "tests/fakes/fake_meter.hpp"

namespace hetscope {
namespace {

// Takes `cost_ns(k)` for its k-th execution.
class ScriptedRunnable : public Runnable {
 public:
  ScriptedRunnable(const FakeClock& clock, std::function<std::int64_t(std::int64_t)> cost_ns)
      : clock_(clock), cost_ns_(std::move(cost_ns)) {}
  void enter() override {
    ++entered;
    inside = true;
  }
  void leave() override { inside = false; }
  void run(std::int64_t iterations) override {
    EXPECT_TRUE(inside);
    last_iterations = iterations;
    for (std::int64_t i = 0; i < iterations; ++i) clock_.advance_ns(cost_ns_(executed++));
  }
  std::map<std::string, double> own_clocks() override {
    if (!has_own_clock) return {};
    return {{"device", 5.0 * static_cast<double>(last_iterations)}};
  }
  std::string_view principal_clock() const override { return own_clock_is_principal ? "device" : ""; }
  Support evict() override {
    ++evictions;
    return can_evict ? Support::yes() : Support::no("no way to evict");
  }
  std::vector<HostTensor> outputs() override { return {}; }

  int entered = 0;
  bool inside = false;
  bool has_own_clock = false;
  bool own_clock_is_principal = false;
  bool can_evict = true;
  std::int64_t executed = 0;
  std::int64_t last_iterations = 0;
  int evictions = 0;

 private:
  const FakeClock& clock_;
  std::function<std::int64_t(std::int64_t)> cost_ns_;
};

MeasureOptions quick() {
  MeasureOptions options;
  options.stop.min_time_ns = 10'000'000;
  return options;
}

TEST(Session, SamplesAreBatchesLongEnoughForTheTimer) {
  const FakeClock clock;
  Session session(clock);
  ScriptedRunnable runnable(clock, [](std::int64_t) { return 10'000; });
  const Subject subject{&runnable, false};
  const std::vector<Measurement> results = session.measure(std::span(&subject, 1), quick());
  ASSERT_EQ(results.size(), 1U);
  const Measurement& result = results[0];
  EXPECT_TRUE(result.converged);
  EXPECT_TRUE(result.settled);
  EXPECT_GE(result.rounds.size(), 30U);
  EXPECT_EQ(result.rounds.size(), result.totals_ns.at(kHostClock).size());
  EXPECT_GE(result.iterations.front() * 10'000, 200'000);
  EXPECT_NEAR(median(result.per_iteration_ns(kHostClock)), 10'000, 1);
}

TEST(Session, InstrumentCostPerSampleIsOneClockReading) {
  // A reading costs 50 ns here: of a sample of at least 200 us that is far below 2 %.
  const FakeClock clock(50);
  Session session(clock);
  ScriptedRunnable runnable(clock, [](std::int64_t) { return 10'000; });
  const Subject subject{&runnable, false};
  const Measurement result = session.measure(std::span(&subject, 1), quick())[0];
  EXPECT_LE(median(result.per_iteration_ns(kHostClock)), 10'000 * 1.001);
}

TEST(Session, EveryRoundVisitsEveryMemberInRandomOrder) {
  const FakeClock clock;
  Session session(clock);
  ScriptedRunnable a(clock, [](std::int64_t) { return 300'000; });
  ScriptedRunnable b(clock, [](std::int64_t) { return 600'000; });
  ScriptedRunnable c(clock, [](std::int64_t) { return 900'000; });
  const std::vector<Subject> group = {{&a, false}, {&b, false}, {&c, false}};
  const std::vector<Measurement> results = session.measure(group, quick());
  std::set<std::int32_t> positions;
  for (const Measurement& result : results) {
    EXPECT_EQ(result.rounds.front(), 0);
    positions.insert(result.order.begin(), result.order.end());
    EXPECT_GT(std::set<std::int32_t>(result.order.begin(), result.order.end()).size(), 1U);
    EXPECT_EQ(result.rounds.back(), results[0].rounds.back());
  }
  EXPECT_EQ(positions, (std::set<std::int32_t>{0, 1, 2}));
}

TEST(Session, ASlowMemberDoesNotUseUpTheBudgetOfTheOthers) {
  const FakeClock clock;
  Session session(clock);
  ScriptedRunnable slow(clock, [](std::int64_t) { return 1'000'000'000; });
  ScriptedRunnable fast(clock, [](std::int64_t) { return 20'000'000; });
  ScriptedRunnable faster(clock, [](std::int64_t) { return 10'000'000; });
  const std::vector<Subject> group{{&slow}, {&fast}, {&faster}};
  const std::vector<Measurement> results = session.measure(group, quick());
  // Alone in a round with the others it would leave them five samples of the 5 s.
  EXPECT_FALSE(results[0].converged);
  EXPECT_GE(results[0].rounds.size(), 3U);
  for (const Measurement& result : {results[1], results[2]}) {
    EXPECT_GE(result.rounds.size(), 30U);
    EXPECT_EQ(result.rounds.back() + 1, static_cast<std::int32_t>(result.rounds.size()));
  }
  // Where it takes part it shares the round: that is what a ratio is made of.
  EXPECT_LT(results[0].rounds.back(), results[1].rounds.back() + 1);
}

TEST(Session, ASoakGoesToTheEndOfItsBudgetAndKeepsItsSlowEnd) {
  const FakeClock clock;
  Session session(clock);
  const std::int64_t start_ns = clock.now_ns();
  ScriptedRunnable runnable(clock,
                            [&](std::int64_t) { return clock.now_ns() - start_ns < 4'000'000'000 ? 10'000 : 15'000; });
  const Subject subject{&runnable};
  MeasureOptions options = quick();
  options.soak = true;
  const Measurement result = session.measure(std::span(&subject, 1), options)[0];
  EXPECT_GE(clock.now_ns() - start_ns, options.budget_ns);
  EXPECT_LE(std::ssize(result.rounds), options.stop.max_samples);
  EXPECT_GE(std::ssize(result.rounds), options.stop.max_samples / 4);
  EXPECT_NEAR(result.per_iteration_ns(kHostClock).front(), 10'000, 10);
  EXPECT_NEAR(result.per_iteration_ns(kHostClock).back(), 15'000, 10);
}

TEST(Session, OfAPairBothAreInEveryRound) {
  const FakeClock clock;
  Session session(clock);
  ScriptedRunnable slow(clock, [](std::int64_t) { return 500'000'000; });
  ScriptedRunnable fast(clock, [](std::int64_t) { return 20'000'000; });
  const std::vector<Subject> group{{&slow}, {&fast}};
  const std::vector<Measurement> results = session.measure(group, quick());
  EXPECT_EQ(results[0].rounds, results[1].rounds);
}

TEST(Session, TheSameSeedGivesTheSameOrder) {
  std::vector<std::vector<std::int32_t>> orders;
  for (int repeat = 0; repeat < 2; ++repeat) {
    const FakeClock clock;
    Session session(clock);
    ScriptedRunnable a(clock, [](std::int64_t) { return 300'000; });
    ScriptedRunnable b(clock, [](std::int64_t) { return 300'000; });
    const std::vector<Subject> group = {{&a, false}, {&b, false}};
    orders.push_back(session.measure(group, quick())[0].order);
  }
  EXPECT_EQ(orders[0], orders[1]);
}

TEST(Session, BudgetEndsWhatDoesNotConverge) {
  const FakeClock clock;
  Session session(clock);
  ScriptedRunnable noisy(clock, [](std::int64_t k) {
    return 1'000'000 + static_cast<std::int64_t>(Random(static_cast<std::uint64_t>(k)).below(4'000'000));
  });
  const Subject subject{&noisy, false};
  MeasureOptions options = quick();
  options.budget_ns = 200'000'000;
  const Measurement result = session.measure(std::span(&subject, 1), options)[0];
  EXPECT_FALSE(result.converged);
  EXPECT_FALSE(result.rounds.empty());
}

TEST(Session, SampleCountIsCapped) {
  const FakeClock clock;
  Session session(clock);
  ScriptedRunnable noisy(clock, [](std::int64_t k) { return (k / 40) % 2 == 0 ? 10'000 : 30'000; });
  const Subject subject{&noisy, false};
  MeasureOptions options = quick();
  options.budget_ns = 3'600'000'000'000;
  options.stop.max_samples = 200;
  const Measurement result = session.measure(std::span(&subject, 1), options)[0];
  EXPECT_EQ(result.rounds.size(), 200U);
}

TEST(Session, ColdSamplesAreSingleIterationsAfterAnEviction) {
  const FakeClock clock;
  Session session(clock);
  ScriptedRunnable runnable(clock, [](std::int64_t) { return 50'000; });
  const Subject subject{&runnable, true};
  const Measurement result = session.measure(std::span(&subject, 1), quick())[0];
  for (const std::int64_t iterations : result.iterations) EXPECT_EQ(iterations, 1);
  EXPECT_EQ(runnable.executed, runnable.evictions);
}

TEST(Session, AMemberThatCannotEvictLeavesTheOthersAlone) {
  const FakeClock clock;
  Session session(clock);
  ScriptedRunnable fixed(clock, [](std::int64_t) { return 50'000; });
  fixed.can_evict = false;
  ScriptedRunnable other(clock, [](std::int64_t) { return 50'000; });
  const std::vector<Subject> group = {{&fixed, true}, {&other, true}};
  const std::vector<Measurement> results = session.measure(group, quick());
  EXPECT_EQ(results[0].failure, "no way to evict");
  EXPECT_TRUE(results[1].failure.empty());
  EXPECT_GE(results[1].rounds.size(), 30U);
}

TEST(Session, OwnClocksKeepTheirOwnName) {
  const FakeClock clock;
  Session session(clock);
  ScriptedRunnable runnable(clock, [](std::int64_t) { return 10'000; });
  runnable.has_own_clock = true;
  const Subject subject{&runnable, false};
  const Measurement result = session.measure(std::span(&subject, 1), quick())[0];
  EXPECT_DOUBLE_EQ(median(result.per_iteration_ns("device")), 5.0);
  EXPECT_NEAR(median(result.per_iteration_ns(kHostClock)), 10'000, 1);
}

TEST(Session, AnOwnClockThatStandsForTheTimeStandsAlone) {
  const FakeClock clock;
  Session session(clock);
  // Ever longer around, and the same by its own clock: what is judged is the latter.
  ScriptedRunnable runnable(clock, [](std::int64_t k) { return 1'000'000 + 10'000 * k; });
  runnable.has_own_clock = runnable.own_clock_is_principal = true;
  const Subject subject{&runnable, false};
  const Measurement result = session.measure(std::span(&subject, 1), quick())[0];
  EXPECT_EQ(result.principal_clock, "device");
  EXPECT_FALSE(result.totals_ns.contains(kHostClock));
  EXPECT_DOUBLE_EQ(median(result.per_iteration_ns("device")), 5.0);
  EXPECT_TRUE(result.converged);
}

TEST(Session, AnEmptyLaunchIsSubtractedUnderItsOwnName) {
  class Launched final : public ScriptedRunnable {
   public:
    Launched(const FakeClock& clock, Runnable& empty)
        : ScriptedRunnable(clock, [](std::int64_t) { return 12'000; }), empty_(empty) {}
    Runnable* empty_launch() override { return &empty_; }

   private:
    Runnable& empty_;
  };
  const FakeClock clock;
  Session session(clock);
  ScriptedRunnable empty(clock, [](std::int64_t) { return 2'000; });
  empty.inside = true;
  Launched runnable(clock, empty);
  const Subject subject{&runnable, false};
  const Measurement result = session.measure(std::span(&subject, 1), quick())[0];
  EXPECT_NEAR(median(result.per_iteration_ns(kHostMinusLaunchClock)), 10'000, 2);
  EXPECT_NEAR(median(result.per_iteration_ns(kHostClock)), 12'000, 2);
}

TEST(Session, TheObserverKnowsWhoRan) {
  class Observer final : public MeasureObserver {
   public:
    void visiting(std::size_t subject) override { last = subject; }
    std::size_t last = 99;
  };
  const FakeClock clock;
  Session session(clock);
  ScriptedRunnable good(clock, [](std::int64_t) { return 300'000; });
  ScriptedRunnable bad(clock, [](std::int64_t k) -> std::int64_t {
    if (k > 20) throw Error("the device is gone");
    return 300'000;
  });
  const std::vector<Subject> group = {{&good, false}, {&bad, false}};
  Observer observer;
  EXPECT_THROW(session.measure(group, quick(), &observer), Error);
  EXPECT_EQ(observer.last, 1U);
  EXPECT_FALSE(bad.inside);
}

TEST(Session, StagesAreTheirOwnMembersAffair) {
  struct Observer final : MeasureObserver {
    void visiting(std::size_t subject) override { last = subject; }
    std::size_t last = 99;
  };
  struct Staged final : ScriptedRunnable {
    using ScriptedRunnable::ScriptedRunnable;
    std::map<std::string, double> run_stages() override {
      visited = observer->last;
      if (is_faulty) throw Error("no counter is free");
      return {{"compute", 7.0}};
    }
    const Observer* observer = nullptr;
    std::size_t visited = 99;
    bool is_faulty = false;
  };
  const FakeClock clock;
  Session session(clock);
  const auto cost_ns = [](std::int64_t) { return std::int64_t{300'000}; };
  Observer observer;
  std::vector<Staged> members(3, Staged(clock, cost_ns));
  std::vector<Subject> group;
  for (Staged& member : members) {
    member.observer = &observer;
    group.push_back({&member, false});
  }
  members[1].is_faulty = true;
  const std::vector<Measurement> results = session.measure(group, quick(), &observer);
  for (std::size_t i = 0; i < members.size(); ++i) {
    EXPECT_EQ(members[i].visited, i);
    EXPECT_GE(results[i].rounds.size(), 30U);
    EXPECT_EQ(results[i].stages_ns.size(), i == 1 ? 0U : 1U);
  }
  EXPECT_EQ(results[1].no_stages, "no counter is free");
}

TEST(EnergyPass, FindsTheEnergyOfAKnownPower) {
  const FakeClock clock(200);
  Session session(clock);
  ScriptedRunnable runnable(clock, [](std::int64_t) { return 100'000; });
  // 3 W idle, 10 W while the runnable is entered.
  std::int64_t last_ns = 0;
  double joules = 0;
  FakeMeter meter(clock, 1'000'000, [&](std::int64_t t_ns) {
    if (t_ns > last_ns) {
      joules += static_cast<double>(t_ns - last_ns) * 1e-9 * (runnable.inside ? 10.0 : 3.0);
      last_ns = t_ns;
    }
    return joules;
  });
  const EnergyMeasurement energy = session.measure_energy({&runnable, false}, meter, {}, 100'000);
  ASSERT_TRUE(energy.energy_j.has_value()) << energy.reason;
  EXPECT_NEAR(*energy.energy_j, 10.0 * 100e-6, 10.0 * 100e-6 * 0.01);
  EXPECT_NEAR(*energy.dynamic_j, 7.0 * 100e-6, 7.0 * 100e-6 * 0.02);
  EXPECT_NEAR(energy.idle_before_w, 3.0, 0.1);
  EXPECT_GE(energy.updates, 99);
  EXPECT_TRUE(energy.agrees_with_latency);
}

TEST(EnergyPass, RefusesEdpWhenThePassesDisagree) {
  const FakeClock clock(200);
  Session session(clock);
  ScriptedRunnable runnable(clock, [](std::int64_t) { return 100'000; });
  FakeMeter meter(clock, 1'000'000, [](std::int64_t t_ns) { return static_cast<double>(t_ns) * 1e-8; });
  const EnergyMeasurement energy = session.measure_energy({&runnable, false}, meter, {}, 80'000);
  EXPECT_TRUE(energy.energy_j.has_value());
  EXPECT_FALSE(energy.agrees_with_latency);
  EXPECT_NE(energy.reason.find("no EDP"), std::string::npos);
}

TEST(EnergyPass, AStuckCounterGivesNoValue) {
  const FakeClock clock(200);
  Session session(clock);
  ScriptedRunnable runnable(clock, [](std::int64_t) { return 100'000; });
  FakeMeter meter(clock, 1'000'000, [](std::int64_t) { return 42.0; });
  const EnergyMeasurement energy = session.measure_energy({&runnable, false}, meter, {}, 100'000);
  EXPECT_FALSE(energy.energy_j.has_value());
  EXPECT_NE(energy.reason.find("stands still"), std::string::npos);
}

TEST(StopRule, LooksOnAGeometricSchedule) {
  const StopRule rule;
  EXPECT_EQ(rule.next_look(0), 30);
  EXPECT_EQ(rule.next_look(30), 30);
  EXPECT_EQ(rule.next_look(31), 60);
  EXPECT_EQ(rule.next_look(61), 120);
}

}  // namespace
}  // namespace hetscope

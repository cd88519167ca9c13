// The energy window on clocks and trees that the test owns: known powers, lagging meters, neighbours, lies.
#include <cmath>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/measure/load_reader.hpp"
#include "harness/measure/session.hpp"
#include "tests/fakes/fake_clock.hpp"
#include "tests/fakes/fake_meter.hpp"
#include "tests/fakes/stepping_clock.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kRunNs = 100'000;
constexpr double kBusyW = 30;
constexpr double kIdleW = 10;

// Takes 100 us a run, by letting the clock go on.
class SteadyRun final : public Runnable {
 public:
  explicit SteadyRun(const Clock& clock) : clock_(clock) {}
  void enter() override { inside = true; }
  void leave() override { inside = false; }
  void run(std::int64_t iterations) override {
    for (std::int64_t i = 0; i < iterations; ++i) {
      clock_.sleep_ns(kRunNs);
      if (on_run) on_run();
    }
  }
  std::vector<HostTensor> outputs() override { return {}; }

  bool inside = false;
  std::function<void()> on_run;

 private:
  const Clock& clock_;
};

// A device that draws kBusyW while the run is inside its block, and kIdleW otherwise.
class DevicePower {
 public:
  DevicePower(const SteadyRun& run, std::int64_t begin_ns) : run_(run), last_ns_(begin_ns) {}
  double energy_j(std::int64_t t_ns) {
    energy_j_ += static_cast<double>(t_ns - last_ns_) * 1e-9 * power_w();
    last_ns_ = t_ns;
    return energy_j_;
  }
  double power_w() const { return run_.inside ? kBusyW : kIdleW; }

 private:
  const SteadyRun& run_;
  std::int64_t last_ns_;
  double energy_j_ = 0;
};

// Waiting for a tick moves this clock as well.
class TickingClock final : public Clock {
 public:
  std::int64_t now_ns() const override {
    step(2'000);
    return now_ns_;
  }
  void sleep_ns(std::int64_t duration_ns) const override { step(duration_ns); }
  std::function<void(std::int64_t)> follow;

 private:
  void step(std::int64_t duration_ns) const {
    now_ns_ += duration_ns;
    if (follow) follow(now_ns_);
  }
  mutable std::int64_t now_ns_ = 1'000'000'000;
};

class EnergyPassTest : public testing::Test {
 protected:
  EnergyPassTest() : session_(clock_), run_(clock_), power_(run_, clock_.now_ns()) {
    roots_.sysfs = tree_.path();
    roots_.clock = &clock_;
    roots_.nvml_libraries = {"libhetscope-there-is-no-such-library.so"};
  }
  // Writes `text(energy)` to the file whenever a period is over.
  void follow(const std::string& file, std::int64_t period_ns, std::function<std::string(double)> text) {
    clock_.follow = [this, file, period_ns, text, last = std::int64_t{-1}](std::int64_t t_ns) mutable {
      const double energy_j = power_.energy_j(t_ns);
      if (t_ns / period_ns == last) return;
      last = t_ns / period_ns;
      tree_.write(file, text(energy_j) + "\n");
    };
    clock_.follow(clock_.now_ns());
  }
  std::unique_ptr<EnergyMeter> discover() {
    MeterDiscovery discovery = discover_meters(roots_);
    EXPECT_EQ(discovery.found.size(), 1U);
    return discovery.found.empty() ? nullptr : std::move(discovery.found[0]);
  }
  void expect_known_energy(const EnergyMeasurement& energy) const {
    ASSERT_TRUE(energy.energy_j.has_value()) << energy.reason;
    // Reading the clock takes time as well.
    EXPECT_NEAR(energy.ns_per_run, kRunNs, 0.01 * kRunNs);
    const double true_j = kBusyW * energy.ns_per_run * 1e-9;
    EXPECT_NEAR(*energy.energy_j, true_j, 0.01 * true_j);
    ASSERT_TRUE(energy.dynamic_j.has_value()) << energy.reason;
    const double true_dynamic_j = (kBusyW - kIdleW) * kRunNs * 1e-9;
    EXPECT_NEAR(*energy.dynamic_j, true_dynamic_j, 0.02 * true_dynamic_j);
    EXPECT_NEAR(energy.idle_before_w, kIdleW, 0.5);
    EXPECT_NEAR(energy.idle_after_w, kIdleW, 0.5);
    EXPECT_TRUE(energy.agrees_with_latency) << energy.reason;
    ASSERT_TRUE(energy.ci95_j.has_value());
    EXPECT_LE(energy.ci95_j->low, true_j * 1.001);
    EXPECT_GE(energy.ci95_j->high, true_j * 0.999);
    EXPECT_EQ(energy.segments.size(), 10U);
  }

  TemporaryDirectory tree_;
  TickingClock clock_;
  Session session_;
  SteadyRun run_;
  DevicePower power_;
  MeterRoots roots_;
};

TEST_F(EnergyPassTest, RaplWithinAPercentOverAWrap) {
  constexpr std::int64_t kRangeUj = 65'532'610'987;
  // Wraps in the middle of the window.
  constexpr double kOffsetUj = kRangeUj - 8e6;
  tree_.write("class/powercap/intel-rapl:0/name", "package-0\n");
  tree_.write("class/powercap/intel-rapl:0/max_energy_range_uj", std::to_string(kRangeUj) + "\n");
  follow("class/powercap/intel-rapl:0/energy_uj", 1'000'000, [](double energy_j) {
    return std::to_string(static_cast<std::int64_t>(kOffsetUj + energy_j * 1e6) % kRangeUj);
  });
  const auto meter = discover();
  ASSERT_NE(meter, nullptr);
  EnergyWindowOptions options;
  options.updates = 400;
  const EnergyMeasurement energy = session_.measure_energy({&run_, false}, *meter, options, kRunNs);
  expect_known_energy(energy);
  EXPECT_TRUE(energy.aligned);
  EXPECT_GE(energy.updates, 399);
  EXPECT_NEAR(energy.period_s, 1e-3, 1e-4);
  EXPECT_LT(std::stoll(tree_.read("class/powercap/intel-rapl:0/energy_uj")), kRangeUj / 2);  // it has wrapped
}

TEST_F(EnergyPassTest, HwmonEnergyWithinAPercent) {
  tree_.write("class/hwmon/hwmon0/name", "i915\n");
  follow("class/hwmon/hwmon0/energy1_input", 5'000'000,
         [](double energy_j) { return std::to_string(static_cast<std::int64_t>(energy_j * 1e6)); });
  const auto meter = discover();
  ASSERT_NE(meter, nullptr);
  expect_known_energy(session_.measure_energy({&run_, false}, *meter, {}, kRunNs));
}

TEST_F(EnergyPassTest, HwmonPowerWithinAPercent) {
  tree_.write("class/hwmon/hwmon0/name", "power_meter\n");
  follow("class/hwmon/hwmon0/power1_average", 2'000'000,
         [this](double) { return std::to_string(static_cast<std::int64_t>(power_.power_w() * 1e6)); });
  tree_.write("class/hwmon/hwmon0/update_interval", "2\n");
  const auto meter = discover();
  ASSERT_NE(meter, nullptr);
  EnergyWindowOptions options;
  options.updates = 300;
  const EnergyMeasurement energy = session_.measure_energy({&run_, false}, *meter, options, kRunNs);
  expect_known_energy(energy);
  EXPECT_FALSE(energy.aligned);
}

TEST_F(EnergyPassTest, ALaggingExternalMeterIsWaitedFor) {
  tree_.write("samples", "");
  roots_.external = tree_.path("samples");
  // A sample each 5 ms, written 15 ms later in one go with two others.
  std::string pending;
  int held = 0;
  clock_.follow = [&, last = std::int64_t{-1}](std::int64_t t_ns) mutable {
    power_.energy_j(t_ns);
    if (t_ns / 5'000'000 == last) return;
    last = t_ns / 5'000'000;
    pending += std::to_string(t_ns - 400'000'000) + "," + std::to_string(power_.power_w()) + "\n";
    if (++held < 3) return;
    std::ofstream(tree_.path("samples"), std::ios::app) << pending;
    pending.clear();
    held = 0;
  };
  const auto meter = discover();
  ASSERT_NE(meter, nullptr);
  EnergyWindowOptions options;
  options.min_window_ns = 5'000'000'000;
  const EnergyMeasurement energy = session_.measure_energy({&run_, false}, *meter, options, kRunNs);
  ASSERT_TRUE(energy.energy_j.has_value()) << energy.reason;
  EXPECT_EQ(energy.kind, EnergyKind::measured_external);
  EXPECT_NEAR(*energy.energy_j, kBusyW * kRunNs * 1e-9, 0.01 * kBusyW * kRunNs * 1e-9);
}

TEST_F(EnergyPassTest, APowerSeenOnlyBetweenRunsIsRefused) {
  tree_.write("class/hwmon/hwmon0/name", "power_meter\n");
  follow("class/hwmon/hwmon0/power1_average", 2'000'000, [](double) { return std::string("20000000"); });
  tree_.write("class/hwmon/hwmon0/update_interval", "2\n");
  const auto meter = discover();
  ASSERT_NE(meter, nullptr);
  const EnergyMeasurement energy = session_.measure_energy({&run_, false}, *meter, {}, 30e6);
  EXPECT_FALSE(energy.energy_j.has_value());
  EXPECT_THAT(energy.reason, HasSubstr("between runs"));
}

TEST_F(EnergyPassTest, APowerThatIsZeroOrStuckIsNoEnergy) {
  tree_.write("class/hwmon/hwmon0/name", "power_meter\n");
  for (const char* stuck : {"0\n", "20000000\n"}) {
    tree_.write("class/hwmon/hwmon0/power1_average", stuck);
    const auto meter = discover();
    ASSERT_NE(meter, nullptr);
    const EnergyMeasurement energy = session_.measure_energy({&run_, false}, *meter, {}, kRunNs);
    EXPECT_FALSE(energy.energy_j.has_value());
    EXPECT_THAT(energy.reason, HasSubstr("mistrusted"));
  }
}

TEST_F(EnergyPassTest, AMeterThatVanishesCostsTheEnergyOnly) {
  tree_.write("class/hwmon/hwmon0/name", "i915\n");
  follow("class/hwmon/hwmon0/energy1_input", 1'000'000,
         [](double energy_j) { return std::to_string(static_cast<std::int64_t>(energy_j * 1e6)); });
  const auto meter = discover();
  ASSERT_NE(meter, nullptr);
  run_.on_run = [this] {
    clock_.follow = nullptr;
    std::filesystem::remove_all(tree_.path("class/hwmon"));
  };
  const EnergyMeasurement energy = session_.measure_energy({&run_, false}, *meter, {}, kRunNs);
  EXPECT_FALSE(energy.energy_j.has_value());
  EXPECT_THAT(energy.reason, HasSubstr("No such file"));
}

class FakeMeterPass : public testing::Test {
 protected:
  void write_load(int busy, int total) {
    tree_.write("stat", "cpu " + std::to_string(busy) + " 0 0 " + std::to_string(total - busy) + " 0 0 0 0 0 0\n");
    tree_.write("self/stat", "7 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0\n");
  }
  FakeMeter constant_meter() {
    return FakeMeter(clock_, 1'000'000, [](std::int64_t t_ns) { return static_cast<double>(t_ns) * 1e-8; });
  }

  TemporaryDirectory tree_;
  FakeClock clock_{200};
  Session session_{clock_};
  SteadyRun run_{clock_};
};

TEST_F(FakeMeterPass, NeighboursInTheWindowAreRefused) {
  FakeMeter meter = constant_meter();
  int busy = 0;
  int total = 0;
  write_load(busy, total);
  LoadReader load(tree_.path());
  for (const int share : {5, 40}) {
    run_.on_run = [&, runs = 0]() mutable {
      if (++runs % 100 == 0) write_load(busy += share, total += 100);
    };
    const EnergyMeasurement energy = session_.measure_energy({&run_, false}, meter, {}, kRunNs, &load);
    ASSERT_TRUE(energy.background_load.has_value());
    EXPECT_NEAR(*energy.background_load, share / 100.0, 1e-9);
    EXPECT_EQ(energy.energy_j.has_value(), share == 5) << energy.reason;
    if (share == 40) {
      EXPECT_THAT(energy.reason, HasSubstr("other processes used 40 %"));
    }
  }
}

TEST_F(FakeMeterPass, IdleThatChangesGivesNoDynamicEnergy) {
  double joules = 0;
  std::int64_t last_ns = 0;
  bool has_run = false;
  FakeMeter meter(clock_, 1'000'000, [&](std::int64_t t_ns) {
    if (t_ns > last_ns) joules += static_cast<double>(t_ns - last_ns) * 1e-9 * (run_.inside ? 30 : has_run ? 25 : 10);
    last_ns = std::max(last_ns, t_ns);
    return joules;
  });
  run_.on_run = [&] { has_run = true; };
  const EnergyMeasurement energy = session_.measure_energy({&run_, false}, meter, {}, kRunNs);
  EXPECT_TRUE(energy.energy_j.has_value()) << energy.reason;
  EXPECT_FALSE(energy.dynamic_j.has_value());
  EXPECT_THAT(energy.reason, HasSubstr("no dynamic energy"));
}

TEST_F(FakeMeterPass, TooFewUpdatesAreNoMeasurement) {
  FakeMeter meter(clock_, 1'000'000'000, [](std::int64_t t_ns) { return static_cast<double>(t_ns) * 1e-8; });
  EnergyWindowOptions options;
  options.max_window_ns = 5'000'000'000;
  options.segments = 1;
  const EnergyMeasurement energy = session_.measure_energy({&run_, false}, meter, options, kRunNs);
  EXPECT_FALSE(energy.energy_j.has_value());
  EXPECT_THAT(energy.reason, HasSubstr("updates"));
}

TEST(EdpInterval, ResamplesEnergyAndTimeTogether) {
  // Energy rises as time falls, so their product hardly changes: resampled apart they would give a wide interval.
  std::vector<EnergySegment> paired;
  for (int i = 0; i < 10; ++i) {
    const double factor = 1 + 0.02 * (i % 5 - 2);
    paired.push_back({1.0 * factor, 1e9 / factor, 100});
  }
  const Interval interval = edp_interval(paired, 7.0, 1);
  EXPECT_LT(interval.low, 7.0);
  EXPECT_GT(interval.high, 7.0 * 0.9995);
  EXPECT_LT(interval.high - interval.low, 7.0 * 0.002);
  const Interval alone = edp_interval(std::span(paired).first(1), 7.0, 1);
  EXPECT_EQ(alone.low, 7.0);
  EXPECT_EQ(alone.high, 7.0);
}

}  // namespace
}  // namespace hetscope

// Odd trees for single meters: broken perf events, drivers with wrong units, rails that are off, streams of garbage.
#include <sys/stat.h>

#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/meter/accumulate.hpp"
#include "harness/meter/command_text.hpp"
#include "harness/meter/energy_meter.hpp"
#include "harness/meter/external_stream.hpp"
#include "harness/meter/perf_counter.hpp"
#include "tests/fakes/stepping_clock.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

using testing::Contains;
using testing::HasSubstr;

// Opens everything; each counter stands at zero, as a virtual machine's do.
class DeadCounters final : public PerfCounterSource {
 public:
  std::unique_ptr<PerfCounter> open(std::uint32_t, std::uint64_t, int, std::string&) override {
    class Dead final : public PerfCounter {
     public:
      std::optional<std::uint64_t> read() override { return 0; }
    };
    return std::make_unique<Dead>();
  }
};

class MeterSources : public testing::Test {
 protected:
  MeterSources() {
    roots_.sysfs = tree_.path();
    roots_.clock = &clock_;
    roots_.perf = &dead_;
    roots_.nvml_libraries = {"libhetscope-there-is-no-such-library.so"};
  }
  void add_event(const std::string& scale, const std::string& unit, const std::string& mask = "0") {
    const std::string power = "bus/event_source/devices/power/";
    tree_.write(power + "type", "9\n");
    tree_.write(power + "cpumask", mask + "\n");
    tree_.write(power + "events/energy-psys", "event=0x05\n");
    tree_.write(power + "events/energy-psys.scale", scale + "\n");
    tree_.write(power + "events/energy-psys.unit", unit + "\n");
  }

  TemporaryDirectory tree_;
  SteppingClock clock_;
  DeadCounters dead_;
  MeterRoots roots_;
};

TEST_F(MeterSources, ACounterAtZeroIsStuckAndNoMeter) {
  add_event("2.3283064365386962890625e-10", "Joules");
  const MeterDiscovery discovery = discover_meters(roots_);
  EXPECT_TRUE(discovery.found.empty());
  EXPECT_THAT(discovery.missing, Contains(testing::AllOf(HasSubstr("perf:psys"), HasSubstr("stuck"))));
}

TEST_F(MeterSources, AnEventWithoutASaneUnitIsNoMeter) {
  for (const auto& [scale, unit] : {std::pair("1e-10", "Watts"), std::pair("nan", "Joules"), std::pair("-1", "Joules"),
                                    std::pair("1e9", "Joules"), std::pair("", "Joules")}) {
    add_event(scale, unit);
    const MeterDiscovery discovery = discover_meters(roots_);
    EXPECT_TRUE(discovery.found.empty()) << scale << unit;
    EXPECT_THAT(discovery.missing, Contains(HasSubstr("perf: energy-psys")));
  }
  for (const char* mask : {"", "x", "5-2", "0-99999999"}) {
    add_event("1e-10", "Joules", mask);
    EXPECT_TRUE(discover_meters(roots_).found.empty()) << mask;
  }
}

TEST_F(MeterSources, ADriverWhoseEnergyAndPowerDisagreeIsMistrusted) {
  // An early ina238 driver was wrong by a constant factor, too small for a bound on watts to see.
  tree_.write("class/hwmon/hwmon0/name", "ina238\n");
  clock_.on_step([this](std::int64_t t_ns) {
    tree_.write("class/hwmon/hwmon0/energy1_input", std::to_string(t_ns / 1000 * 12 * 5) + "\n");
    tree_.write("class/hwmon/hwmon0/power1_input", "12000000\n");
  });
  clock_.sleep_ns(1);
  const MeterDiscovery discovery = discover_meters(roots_);
  ASSERT_EQ(discovery.found.size(), 1U);
  const auto read_for_two_seconds = [&] {
    for (int i = 0; i < 20; ++i) {
      discovery.found[0]->read();
      clock_.sleep_ns(100'000'000);
    }
  };
  EXPECT_THROW(read_for_two_seconds(), MeterFault);
}

TEST_F(MeterSources, Ina3221LeavesOutDisabledChannelsAndShunts) {
  const std::string chip = "class/hwmon/hwmon3/";
  tree_.write(chip + "name", "ina3221\n");
  for (const char* n : {"1", "2", "3", "4"}) {
    tree_.write(chip + "in" + n + "_input", "5000\n");
    tree_.write(chip + "curr" + n + "_input", "100\n");
  }
  tree_.write(chip + "in1_label", "VDD_IN\n");
  tree_.write(chip + "in2_enable", "0\n");
  const MeterDiscovery discovery = discover_meters(roots_);
  ASSERT_EQ(discovery.found.size(), 2U);
  EXPECT_EQ(discovery.found[0]->info().name, "hwmon:ina3221/VDD_IN");
  EXPECT_EQ(discovery.found[0]->info().scope, "rail:VDD_IN");
  EXPECT_EQ(discovery.found[1]->info().name, "hwmon:ina3221/in3");
}

TEST_F(MeterSources, APipeWhoseWriterLeavesIsAFault) {
  const std::string pipe = tree_.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  roots_.external = pipe;
  const MeterDiscovery discovery = discover_meters(roots_);
  ASSERT_EQ(discovery.found.size(), 1U);
  EnergyMeter& meter = *discovery.found[0];
  EXPECT_THROW(meter.read(), MeterFault);  // nobody writes
  {
    std::ofstream writer(pipe);
    writer << "1000000000,5\n2000000000,5\n" << std::flush;
    EXPECT_NEAR(meter.read().energy_j, 5, 1e-9);
  }
  EXPECT_THROW(meter.read(), MeterFault);
}

TEST_F(MeterSources, AMarkTiesTheClocks) {
  tree_.write("samples", "");
  tree_.write("marker", "0\n");
  roots_.external = tree_.path("samples");
  roots_.external_marker = tree_.path("marker");
  // The logger's clock is 5 s behind and its lines come half a second late.
  clock_.on_step([this](std::int64_t t_ns) {
    const bool is_marked = tree_.read("marker") == "1\n";
    std::ofstream(tree_.path("samples"), std::ios::app)
        << t_ns - 5'000'000'000 - (is_marked ? 1'000'000 : 0) << ",7" << (is_marked ? ",mark" : "") << '\n';
  });
  const MeterDiscovery discovery = discover_meters(roots_);
  ASSERT_EQ(discovery.found.size(), 1U);
  EXPECT_THAT(discovery.found[0]->info().method, HasSubstr("marker"));
  const EnergyReading reading = discovery.found[0]->read();
  EXPECT_EQ(tree_.read("marker"), "0\n");
  EXPECT_EQ(reading.t_ns, clock_.now_ns() - 1'000'000);
}

TEST(ExternalStream, TakesLinesHoweverTheyAreCut) {
  ExternalStream stream;
  EXPECT_TRUE(stream.feed("77,").empty());
  // The first line may be the end of one.
  EXPECT_TRUE(stream.feed("garbage\n# comment\n10").empty());
  const auto samples = stream.feed(",1.5\r\n11,2e0,mark\n\n12,3,\n");
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[0].t_ns, 10);
  EXPECT_EQ(samples[0].power_w, 1.5);
  EXPECT_TRUE(samples[1].is_marked);
  EXPECT_FALSE(samples[2].is_marked);
}

TEST(ExternalStream, RefusesWhatIsNoSample) {
  for (const char* line : {"1\n", "x,1\n", "1,\n", "1,nan\n", "1,inf\n", "1,2,3\n", "1.5,2\n",
                           "99999999999999999999,1\n", "9223372036854775807,1\n", "1,2 W\n"}) {
    ExternalStream stream;
    stream.feed("1,1\n");
    EXPECT_THROW(stream.feed(line), Error) << line;
  }
  ExternalStream stream;
  EXPECT_THROW(stream.feed(std::string(1000, '7')), Error);
}

TEST(SystemCommands, GivesTheTextOfAProgramWithoutAShell) {
  std::string why;
  const std::vector<std::string> echo = {"echo", "$HOME; exit 3"};
  EXPECT_EQ(system_commands().run(echo, why), "$HOME; exit 3\n");
  const std::vector<std::string> absent = {"hetscope-no-such-program"};
  EXPECT_FALSE(system_commands().run(absent, why));
  EXPECT_THAT(why, HasSubstr("hetscope-no-such-program"));
  const std::vector<std::string> failing = {"false"};
  EXPECT_FALSE(system_commands().run(failing, why));
  const std::vector<std::string> endless = {"yes"};
  EXPECT_FALSE(system_commands().run(endless, why));
}

TEST(CountedEnergy, BelievesNoImpossibleStep) {
  MeterInfo info;
  info.name = "test";
  info.most_w = 100;
  info.update_period_s = 1e-3;
  CountedEnergy energy(info, 1.0, std::nullopt, "here");
  energy.step(0, 1000);
  EXPECT_DOUBLE_EQ(energy.step(1'000'000'000, 1050).energy_j, 50);
  EXPECT_THROW(energy.step(2'000'000'000, 1'000'000'000), MeterFault);
  EXPECT_THROW(energy.step(2'000'000'000, 1049), MeterFault);
}

TEST(UnitCheck, ForgetsWhatItDidNotSee) {
  MeterInfo info;
  UnitCheck check(info);
  double energy_j = 0;
  for (int window = 0; window < 3; ++window) {
    // 2 s at 700 W, seen; then ten minutes at 70 W, unseen.
    const std::int64_t begin_ns = window * 602'000'000'000;
    for (int i = 0; i <= 20; ++i) {
      check.compare({begin_ns + i * 100'000'000, energy_j + 70.0 * i, i}, 700);
    }
    energy_j += 1400 + 42'000;
  }
}

TEST(IntegratedPower, BelievesOnlyAPower) {
  MeterInfo info;
  info.name = "test";
  info.most_w = 100;
  IntegratedPower energy(info, "here");
  energy.step(0, 10);
  EXPECT_DOUBLE_EQ(energy.step(1'000'000'000, 30).energy_j, 20);
  for (const double power_w : {-1.0, 1e9, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    EXPECT_THROW(energy.step(2'000'000'000, power_w), MeterFault);
  }
  EXPECT_THROW(energy.step(1, 10), MeterFault);
}

}  // namespace
}  // namespace hetscope

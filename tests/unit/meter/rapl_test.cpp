// RAPL on fake powercap trees: domains and their sum, wrap, missing permission, vanished and lying counters.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/meter/energy_meter.hpp"
#include "tests/fakes/stepping_clock.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

using testing::Contains;
using testing::HasSubstr;

class RaplTest : public testing::Test {
 protected:
  // Every domain draws `power_w`, so that none is found to be stuck.
  void add_domain(const std::string& id, const std::string& name, double power_w = 20) {
    const std::string domain = "class/powercap/" + id;
    tree_.write(domain + "/name", name + "\n");
    tree_.write(domain + "/max_energy_range_uj", "262143328850\n");
    const auto show = [this, domain, power_w, before = follow_](std::int64_t t_ns) {
      if (before) before(t_ns);
      tree_.write(domain + "/energy_uj",
                  std::to_string(static_cast<std::int64_t>(power_w * 1e-3 * static_cast<double>(t_ns))) + "\n");
    };
    follow_ = show;
    clock_.on_step(show);
    show(clock_.now_ns());
  }
  void set_energy(const std::string& text) { tree_.write("class/powercap/intel-rapl:0/energy_uj", text); }

  MeterDiscovery discover() {
    MeterRoots roots;
    roots.sysfs = tree_.path();
    roots.clock = &clock_;
    return discover_meters(roots);
  }

  TemporaryDirectory tree_;
  SteppingClock clock_;
  std::function<void(std::int64_t)> follow_;
};

TEST_F(RaplTest, SaysWhyThereIsNone) {
  const MeterDiscovery discovery = discover();
  EXPECT_TRUE(discovery.found.empty());
  EXPECT_THAT(discovery.missing, Contains(HasSubstr("powercap is not there")));
}

TEST_F(RaplTest, PackagesAreAddedUpAndWhatIsInsideThemIsNot) {
  add_domain("intel-rapl:0", "package-0", 50);
  add_domain("intel-rapl:0:0", "core", 30);
  add_domain("intel-rapl:1", "package-1", 70);
  add_domain("intel-rapl:1:0", "core", 30);
  add_domain("intel-rapl:2", "psys", 200);
  tree_.write("class/powercap/intel-rapl/enabled", "1");  // the control type itself is no domain
  const MeterDiscovery discovery = discover();
  ASSERT_EQ(discovery.found.size(), 6U);
  EXPECT_EQ(discovery.found[0]->info().name, "rapl:packages");
  EXPECT_EQ(discovery.found[1]->info().name, "rapl:package-0");
  EXPECT_EQ(discovery.found[2]->info().name, "rapl:core@0:0");
  EXPECT_EQ(discovery.found[2]->info().part_of, "rapl:package-0");
  EXPECT_EQ(discovery.found[4]->info().name, "rapl:core@1:0");
  EXPECT_EQ(discovery.found[5]->info().name, "rapl:psys");
  EXPECT_NEAR(discovery.found[1]->info().wrap_j.value(), 262143.3, 0.1);

  EnergyMeter& sum = *discovery.found[0];
  const EnergyReading begin = sum.read();
  clock_.sleep_ns(10'000'000'000);
  EXPECT_NEAR(sum.read().energy_j - begin.energy_j, 1200, 0.1);
}

TEST_F(RaplTest, APackageThatIsShownTwiceIsOne) {
  add_domain("intel-rapl-mmio:0", "package-0");
  add_domain("intel-rapl-mmio:0:0", "dram", 2);
  add_domain("intel-rapl:0", "package-0");
  add_domain("intel-rapl:0:0", "core", 10);
  const MeterDiscovery discovery = discover();
  ASSERT_EQ(discovery.found.size(), 3U);
  EXPECT_EQ(discovery.found[0]->info().name, "rapl:package-0");
  EXPECT_EQ(discovery.found[1]->info().name, "rapl:core@0:0");
  EXPECT_EQ(discovery.found[2]->info().name, "rapl:dram@0:0");
}

TEST_F(RaplTest, APackageThatIsShownThroughMemoryOnlyIsOneToo) {
  add_domain("intel-rapl-mmio:0", "package-0");
  const MeterDiscovery discovery = discover();
  ASSERT_EQ(discovery.found.size(), 1U);
  EXPECT_EQ(discovery.found[0]->info().name, "rapl:package-0");
}

TEST_F(RaplTest, ASumWithAHoleIsNoSum) {
  add_domain("intel-rapl:0", "package-0");
  tree_.write("class/powercap/intel-rapl:1/name", "package-1\n");
  tree_.write("class/powercap/intel-rapl:1/max_energy_range_uj", "262143328850\n");
  const MeterDiscovery discovery = discover();
  ASSERT_EQ(discovery.found.size(), 1U);
  EXPECT_EQ(discovery.found[0]->info().name, "rapl:package-0");
  EXPECT_THAT(discovery.missing, Contains(HasSubstr("chmod a+r")));
}

TEST_F(RaplTest, CountsJoulesAcrossAWrap) {
  add_domain("intel-rapl:0", "package-0");
  MeterDiscovery discovery = discover();
  ASSERT_EQ(discovery.found.size(), 1U);
  EnergyMeter& meter = *discovery.found[0];
  const double begin_j = meter.read().energy_j;
  clock_.on_step(nullptr);
  // 140 kJ in a minute, and on over the end.
  clock_.sleep_ns(60'000'000'000);
  set_energy("140000000000");
  meter.read();
  clock_.sleep_ns(60'000'000'000);
  set_energy("262143000000");
  meter.read();
  clock_.sleep_ns(1'000'000'000);
  set_energy("1000000");
  EXPECT_NEAR(meter.read().energy_j - begin_j, 262143.3288 + 1 - 20, 20);
}

TEST_F(RaplTest, AStepBackIsNotTakenForAWrap) {
  add_domain("intel-rapl:0", "package-0");
  MeterDiscovery discovery = discover();
  ASSERT_EQ(discovery.found.size(), 1U);
  clock_.on_step(nullptr);
  set_energy("262143000000");
  EXPECT_THROW(discovery.found[0]->read(), MeterFault);
}

TEST_F(RaplTest, AVanishedOrLyingCounterIsAFault) {
  add_domain("intel-rapl:0", "package-0");
  MeterDiscovery discovery = discover();
  ASSERT_EQ(discovery.found.size(), 1U);
  for (const char* text : {"262143328851", "garbage", "-3", ""}) {
    set_energy(text);
    EXPECT_THROW(discovery.found[0]->read(), MeterFault) << text;
  }
}

TEST(EnergyKind, NamesRoundTrip) {
  for (const EnergyKind kind : {EnergyKind::measured_counter, EnergyKind::measured_power, EnergyKind::measured_external,
                                EnergyKind::modelled, EnergyKind::none}) {
    EXPECT_EQ(parse_energy_kind(to_string(kind)), kind);
  }
  EXPECT_THROW(parse_energy_kind("guessed"), Error);
}

}  // namespace
}  // namespace hetscope

// What a battery gauge's counts mean, and when they mean nothing.
#include <array>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/meter/battery_gauge.hpp"
#include "harness/meter/energy_meter.hpp"
#include "tests/fakes/stepping_clock.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

using testing::Contains;
using testing::HasSubstr;

struct Gauge {
  double idle;
  double busy;
};

std::optional<GaugeMeaning> learned(Gauge gauge, std::string& why) {
  return learn_gauge(std::array{gauge.idle}, std::array{gauge.busy}, why);
}

TEST(BatteryGauge, LearnsUnitAndSign) {
  struct Expected {
    Gauge gauge;
    double ampere_per_count;
    int sign;
  };
  const Expected cases[] = {
      {{-300'000, -1'500'000}, 1e-6, -1},  // the kernel's ABI
      {{300'000, 1'500'000}, 1e-6, 1},     // the older convention
      {{-300, -1'500}, 1e-3, -1},          // milliamperes
      {{250, 900}, 1e-3, 1},
  };
  for (const Expected& expected : cases) {
    std::string why;
    const auto meaning = learned(expected.gauge, why);
    ASSERT_TRUE(meaning.has_value()) << why;
    EXPECT_EQ(meaning->ampere_per_count, expected.ampere_per_count);
    EXPECT_EQ(meaning->sign, expected.sign);
  }
}

TEST(BatteryGauge, RefusesWhateverLeavesADoubt) {
  std::string why;
  EXPECT_FALSE(learned({0, 0}, why));
  EXPECT_THAT(why, HasSubstr("no current"));
  EXPECT_FALSE(learned({-300, 300}, why));
  EXPECT_THAT(why, HasSubstr("sign"));
  EXPECT_FALSE(learned({-300'000, -310'000}, why));
  EXPECT_THAT(why, HasSubstr("does not show"));
  EXPECT_FALSE(learned({3, 6}, why));  // 3 mA and 3 uA are both impossible
  EXPECT_FALSE(learned({1e9, 2e9}, why));
  EXPECT_THAT(why, HasSubstr("neither"));
}

TEST(BatteryGauge, KnowsTheQuirksOfItsTable) {
  EXPECT_EQ(quirk_ampere_per_count("SM-G991B"), 1e-3);
  EXPECT_FALSE(quirk_ampere_per_count("Pixel 8").has_value());
  EXPECT_FALSE(quirk_ampere_per_count("").has_value());
}

class BatteryTest : public testing::Test {
 protected:
  BatteryTest() {
    put("type", "Battery");
    put("status", "Discharging");
    put("voltage_now", "4000000");
    put("current_now", "-500000");
  }
  void put(const std::string& file, const std::string& text) {
    tree_.write("class/power_supply/battery/" + file, text + "\n");
  }
  MeterDiscovery discover() {
    MeterRoots roots;
    roots.sysfs = tree_.path();
    roots.clock = &clock_;
    roots.busy = [this](std::int64_t) { put("current_now", "-1500000"); };
    return discover_meters(roots);
  }

  TemporaryDirectory tree_;
  SteppingClock clock_;
};

TEST_F(BatteryTest, IsRefusedWhileItIsCharging) {
  for (const char* status : {"Charging", "Full", "Not charging", "Unknown"}) {
    put("status", status);
    const MeterDiscovery discovery = discover();
    EXPECT_TRUE(discovery.found.empty());
    EXPECT_THAT(discovery.missing, Contains(testing::AllOf(HasSubstr(status), HasSubstr("unplug"))));
  }
}

TEST_F(BatteryTest, StopsWhenTheChargerIsPluggedIn) {
  const MeterDiscovery discovery = discover();
  ASSERT_EQ(discovery.found.size(), 1U);
  discovery.found[0]->read();
  put("status", "Charging");
  EXPECT_THROW(discovery.found[0]->read(), MeterFault);
}

TEST_F(BatteryTest, AMousesBatteryIsNotTheDevices) {
  put("scope", "Device");
  const MeterDiscovery discovery = discover();
  EXPECT_TRUE(discovery.found.empty());
  EXPECT_THAT(discovery.missing, Contains(HasSubstr("battery: none")));
}

TEST_F(BatteryTest, IntegratesVoltageTimesCurrent) {
  const MeterDiscovery discovery = discover();
  ASSERT_EQ(discovery.found.size(), 1U);
  const EnergyReading begin = discovery.found[0]->read();  // learns; the last reading was under load
  clock_.sleep_ns(10'000'000'000);
  EXPECT_NEAR(discovery.found[0]->read().energy_j - begin.energy_j, 60, 1e-9);
}

}  // namespace
}  // namespace hetscope

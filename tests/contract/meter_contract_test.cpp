// What every meter keeps, each on its fake world: the right energy, and a reason instead of a number whenever the
// source stands still, lies, is refused or goes away.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <numbers>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/meter_worlds.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

// 20 W with a swing of 10 W every 20 s, from the clock's first second on.
constexpr double kSwingS = 20;
double power_w(std::int64_t t_ns) {
  const double t_s = static_cast<double>(t_ns) * 1e-9 - 1;
  return 20 + 10 * std::sin(2 * std::numbers::pi * t_s / kSwingS);
}
double energy_j(std::int64_t t_ns) {
  const double t_s = static_cast<double>(t_ns) * 1e-9 - 1;
  return 20 * t_s + 10 * kSwingS / (2 * std::numbers::pi) * (1 - std::cos(2 * std::numbers::pi * t_s / kSwingS));
}

// Who may not read what is closed to others; root may read anything, so it steps down for a moment.
class AsNobody {
 public:
  AsNobody() : was_root_(::geteuid() == 0) {
    constexpr uid_t kNobody = 65534;
    if (was_root_ && ::seteuid(kNobody) != 0) ADD_FAILURE() << "cannot step down from root";
  }
  ~AsNobody() {
    if (was_root_ && ::seteuid(0) != 0) ADD_FAILURE() << "cannot become root again";
  }

 private:
  bool was_root_;
};

class MeterContract : public testing::TestWithParam<NamedWorld> {
 protected:
  MeterContract() : world_(GetParam().make()) { follow(1); }

  // The world shows the profile times `factor` from now on.
  void follow(double factor) {
    world_->clock.on_step(
        [this, factor](std::int64_t t_ns) { world_->show(factor * energy_j(t_ns), factor * power_w(t_ns)); });
    world_->show(factor * energy_j(world_->clock.now_ns()), factor * power_w(world_->clock.now_ns()));
  }
  void freeze() { world_->clock.on_step(nullptr); }

  // The meter under test; nullptr, with what is missing in `missing_`, when it was not found.
  EnergyMeter* discover() {
    discovery_ = discover_meters(world_->roots());
    missing_.clear();
    for (const std::string& line : discovery_.missing) missing_ += line + "\n";
    for (const auto& meter : discovery_.found) {
      if (meter->info().name == world_->meter()) return meter.get();
    }
    return nullptr;
  }
  void step(EnergyMeter& meter) {
    // The swing is slow; writing files more often would only cost time.
    const double every_s = std::clamp(meter.info().read_every_s, 0.25, 1.0);
    world_->clock.sleep_ns(static_cast<std::int64_t>(every_s * 1e9));
  }
  // Reads for `seconds`; the fault, or "" when there was none.
  std::string fault_within(EnergyMeter& meter, double seconds) {
    const std::int64_t end_ns = world_->clock.now_ns() + static_cast<std::int64_t>(seconds * 1e9);
    try {
      while (world_->clock.now_ns() < end_ns) {
        last_ = meter.read();
        step(meter);
      }
    } catch (const MeterFault& fault) {
      return fault.what();
    }
    return "";
  }

  std::unique_ptr<MeterWorld> world_;
  MeterDiscovery discovery_;
  std::string missing_;
  EnergyReading last_;
};

TEST_P(MeterContract, SaysWhatItIs) {
  EnergyMeter* meter = discover();
  ASSERT_NE(meter, nullptr) << missing_;
  const MeterInfo& info = meter->info();
  EXPECT_NE(info.kind, EnergyKind::none);
  EXPECT_NE(info.kind, EnergyKind::modelled);
  EXPECT_FALSE(info.scope.empty());
  EXPECT_FALSE(info.method.empty());
  EXPECT_GT(info.update_period_s, 0);
  EXPECT_GT(info.most_w, 0);
  // Who wraps or integrates must be read in between.
  EXPECT_TRUE(info.read_every_s > 0 || (info.kind == EnergyKind::measured_counter && !info.wrap_j));
}

TEST_P(MeterContract, ShowsAKnownEnergyWithinAPercent) {
  EnergyMeter* meter = discover();
  ASSERT_NE(meter, nullptr) << missing_;
  meter->read();  // a battery gauge learns its unit here
  step(*meter);
  const EnergyReading begin = meter->read();
  EnergyReading last = begin;
  while (last.t_ns - begin.t_ns < 60'000'000'000) {
    step(*meter);
    const EnergyReading next = meter->read();
    EXPECT_GE(next.t_ns, last.t_ns);
    EXPECT_GE(next.energy_j, last.energy_j);
    last = next;
  }
  const double expected_j = energy_j(last.t_ns) - energy_j(begin.t_ns);
  EXPECT_NEAR(last.energy_j - begin.energy_j, expected_j, 0.01 * expected_j);
  EXPECT_GT(last.updates, begin.updates);
}

TEST_P(MeterContract, NeverShowsAStuckSourceAsAnEnergy) {
  freeze();
  EnergyMeter* meter = discover();
  if (meter == nullptr) {
    EXPECT_THAT(missing_, testing::HasSubstr(world_->meter()));
    return;
  }
  if (!fault_within(*meter, 1).empty()) return;
  const std::int64_t updates = last_.updates;
  if (!fault_within(*meter, 3).empty()) return;
  EXPECT_EQ(last_.updates, updates);
}

TEST_P(MeterContract, MistrustsAWrongUnit) {
  follow(1e6);
  EnergyMeter* meter = discover();
  if (meter == nullptr) {
    EXPECT_THAT(missing_, testing::HasSubstr(world_->meter()));
    return;
  }
  const std::string fault = fault_within(*meter, 5);
  EXPECT_FALSE(fault.empty());
}

TEST_P(MeterContract, MistrustsWhatRunsBackwards) {
  EnergyMeter* meter = discover();
  ASSERT_NE(meter, nullptr) << missing_;
  ASSERT_EQ(fault_within(*meter, 1), "");
  freeze();
  world_->run_backwards();
  EXPECT_THAT(fault_within(*meter, 1), testing::HasSubstr("mistrusted"));
}

TEST_P(MeterContract, SaysThatItMayNotRead) {
  const bool refuses_itself = world_->refuse();
  fs::permissions(world_->tree.path(), fs::perms::owner_all | fs::perms::others_exec | fs::perms::others_read);
  if (!refuses_itself) {
    for (const auto& entry : fs::recursive_directory_iterator(world_->tree.path())) {
      if (entry.is_regular_file()) fs::permissions(entry.path(), fs::perms::owner_write);
    }
  }
  freeze();
  const AsNobody nobody;
  EXPECT_EQ(discover(), nullptr);
  const std::string family = world_->meter().substr(0, world_->meter().find(':'));
  EXPECT_THAT(missing_, testing::HasSubstr(family + ":"));
}

TEST_P(MeterContract, SaysThatItsSourceWentAway) {
  EnergyMeter* meter = discover();
  ASSERT_NE(meter, nullptr) << missing_;
  ASSERT_EQ(fault_within(*meter, 1), "");
  freeze();
  world_->vanish();
  EXPECT_FALSE(fault_within(*meter, 5).empty());
}

INSTANTIATE_TEST_SUITE_P(EveryMeter, MeterContract, testing::ValuesIn(meter_worlds()),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(MeterWorlds, ThereIsOneForEveryLineOfMetersInc) {
  std::set<std::string> lines;
  for (const NamedWorld& world : meter_worlds()) lines.insert(world.make()->line());
  const std::set<std::string> registered = {
#define HETSCOPE_METER(name) #name,
#include "harness/meter/meters.inc"
#undef HETSCOPE_METER
  };
  EXPECT_EQ(lines, registered);
}

}  // namespace
}  // namespace hetscope

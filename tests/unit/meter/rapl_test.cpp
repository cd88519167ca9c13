// RAPL on fake powercap trees: domains, wrap, missing permission, vanished and lying counters.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/meter/energy_meter.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

class RaplTest : public testing::Test {
 protected:
  RaplTest() {
    std::string name = (fs::temp_directory_path() / "hetscope-rapl-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~RaplTest() override { fs::remove_all(root_); }

  void write(const fs::path& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << '\n';
  }
  void add_domain(const std::string& id, const std::string& name, const std::string& energy_uj) {
    const fs::path domain = fs::path("class/powercap") / id;
    write(domain / "name", name);
    write(domain / "energy_uj", energy_uj);
    write(domain / "max_energy_range_uj", "1000000");
  }
  MeterDiscovery discover() { return discover_meters({root_.string()}); }

  fs::path root_;
};

TEST_F(RaplTest, SaysWhyThereIsNone) {
  const MeterDiscovery discovery = discover();
  EXPECT_TRUE(discovery.found.empty());
  ASSERT_EQ(discovery.missing.size(), 1U);
  EXPECT_NE(discovery.missing[0].find("powercap"), std::string::npos);
}

TEST_F(RaplTest, EveryDomainIsAMeterOfItsOwn) {
  add_domain("intel-rapl:0", "package-0", "100");
  add_domain("intel-rapl:0:0", "core", "50");
  add_domain("intel-rapl:1", "package-1", "100");
  add_domain("intel-rapl:1:0", "core", "50");
  fs::create_directories(root_ / "class/powercap/intel-rapl");  // the control type itself is no domain
  const MeterDiscovery discovery = discover();
  ASSERT_EQ(discovery.found.size(), 4U);
  EXPECT_EQ(discovery.found[0]->info().name, "rapl:package-0");
  EXPECT_EQ(discovery.found[1]->info().name, "rapl:core@0:0");
  EXPECT_EQ(discovery.found[3]->info().name, "rapl:core@1:0");
  EXPECT_EQ(discovery.found[0]->info().kind, EnergyKind::measured_counter);
  EXPECT_DOUBLE_EQ(discovery.found[0]->info().wrap_j.value(), 1.0);
}

TEST_F(RaplTest, CountsJoulesAcrossWraps) {
  add_domain("intel-rapl:0", "package-0", "900000");
  MeterDiscovery discovery = discover();
  ASSERT_EQ(discovery.found.size(), 1U);
  EnergyMeter& meter = *discovery.found[0];
  EXPECT_DOUBLE_EQ(meter.read().energy_j, 0.0);
  write("class/powercap/intel-rapl:0/energy_uj", "950000");
  EXPECT_NEAR(meter.read().energy_j, 0.05, 1e-12);
  write("class/powercap/intel-rapl:0/energy_uj", "50000");
  EXPECT_NEAR(meter.read().energy_j, 0.15, 1e-12);
  write("class/powercap/intel-rapl:0/energy_uj", "40000");
  EXPECT_NEAR(meter.read().energy_j, 1.14, 1e-12);
}

TEST_F(RaplTest, AVanishedOrLyingCounterIsAnError) {
  add_domain("intel-rapl:0", "package-0", "10");
  MeterDiscovery discovery = discover();
  ASSERT_EQ(discovery.found.size(), 1U);
  write("class/powercap/intel-rapl:0/energy_uj", "2000000");
  EXPECT_THROW(discovery.found[0]->read(), Error);
  write("class/powercap/intel-rapl:0/energy_uj", "garbage");
  EXPECT_THROW(discovery.found[0]->read(), Error);
  fs::remove(root_ / "class/powercap/intel-rapl:0/energy_uj");
  EXPECT_THROW(discovery.found[0]->read(), Error);
}

TEST_F(RaplTest, AnUnreadableCounterIsMissingWithItsRemedy) {
  const fs::path domain = "class/powercap/intel-rapl:0";
  write(domain / "name", "package-0");
  write(domain / "max_energy_range_uj", "1000000");
  const MeterDiscovery discovery = discover();
  EXPECT_TRUE(discovery.found.empty());
  ASSERT_EQ(discovery.missing.size(), 1U);
  EXPECT_NE(discovery.missing[0].find("root"), std::string::npos);
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

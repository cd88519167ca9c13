// Conditions from fake sysfs and procfs trees.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "harness/measure/conditions.hpp"
#include "harness/processor/host_cpu.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

class ConditionsTest : public testing::Test {
 protected:
  ConditionsTest() {
    std::string name = (fs::temp_directory_path() / "hetscope-conditions-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~ConditionsTest() override { fs::remove_all(root_); }
  void write(const fs::path& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << '\n';
  }
  void write_load(int busy, int idle, int own) {
    write("proc/stat", "cpu  " + std::to_string(busy) + " 0 0 " + std::to_string(idle) + " 0 0 0 0 0 0");
    write("proc/self/stat", "7 (a (b) c) S 1 1 1 0 -1 0 0 0 0 0 " + std::to_string(own) + " 0 0 0");
  }
  ConditionsReader reader() { return ConditionsReader((root_ / "sys").string(), (root_ / "proc").string()); }

  fs::path root_;
};

TEST_F(ConditionsTest, MissingFilesLeaveTheirPartEmpty) {
  const Conditions conditions = reader().read();
  EXPECT_TRUE(conditions.freq_khz.empty());
  EXPECT_TRUE(conditions.temp_c.empty());
  EXPECT_TRUE(conditions.governor.empty());
  EXPECT_FALSE(conditions.affinity.empty());
}

TEST_F(ConditionsTest, ReadsFrequencyGovernorAndTheHottestZoneOfAType) {
  const std::string cpu = "cpu" + std::to_string(allowed_cpus().front());
  write(fs::path("sys/devices/system/cpu") / cpu / "cpufreq/scaling_cur_freq", "1800000");
  write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "schedutil");
  write("sys/class/thermal/thermal_zone0/type", "cpu-thermal");
  write("sys/class/thermal/thermal_zone0/temp", "41500");
  write("sys/class/thermal/thermal_zone1/type", "cpu-thermal");
  write("sys/class/thermal/thermal_zone1/temp", "52000");
  write("sys/class/thermal/thermal_zone2/type", "gpu-thermal");
  const Conditions conditions = reader().read();
  EXPECT_EQ(conditions.freq_khz.at(cpu), 1'800'000);
  EXPECT_EQ(conditions.governor, "schedutil");
  EXPECT_DOUBLE_EQ(conditions.temp_c.at("cpu-thermal"), 52.0);
  EXPECT_FALSE(conditions.temp_c.contains("gpu-thermal"));
}

TEST_F(ConditionsTest, LoadIsWhatOthersUsedSinceTheLastReading) {
  write_load(1000, 1000, 400);
  ConditionsReader under_test = reader();
  write_load(1060, 1040, 450);
  EXPECT_NEAR(under_test.read().load, 0.10, 1e-9);
}

}  // namespace
}  // namespace hetscope

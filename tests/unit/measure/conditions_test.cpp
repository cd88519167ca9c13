// Conditions from fake sysfs and procfs trees.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "harness/measure/conditions.hpp"
#include "harness/processor/host_cpu.hpp"
#include "tests/fakes/stepping_clock.hpp"

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

TEST_F(ConditionsTest, ReadsTheClocksOfGpuAndMemory) {
  write("sys/class/devfreq/13000000.mali/cur_freq", "848000000");
  write("sys/class/devfreq/17000010.devfreq_mif/cur_freq", "3172000000");
  write("sys/class/devfreq/1d84000.ufshc/cur_freq", "75000000");
  write("sys/class/kgsl/kgsl-3d0/gpuclk", "585000000");
  write("sys/class/drm/card0/gt_act_freq_mhz", "1150");
  write("sys/class/drm/card1/device/pp_dpm_sclk", "0: 500Mhz\n1: 2100Mhz *");
  write("sys/class/drm/card1/device/pp_dpm_mclk", "nonsense *");
  const auto freq_khz = reader().read().freq_khz;
  EXPECT_EQ(freq_khz.at("gpu:13000000.mali"), 848'000);
  EXPECT_EQ(freq_khz.at("memory:17000010.devfreq_mif"), 3'172'000);
  EXPECT_EQ(freq_khz.at("bus:1d84000.ufshc"), 75'000);
  EXPECT_EQ(freq_khz.at("gpu:kgsl-3d0"), 585'000);
  EXPECT_EQ(freq_khz.at("gpu:card0"), 1'150'000);
  EXPECT_EQ(freq_khz.at("gpu:card1"), 2'100'000);
  EXPECT_FALSE(freq_khz.contains("memory:card1"));
}

TEST_F(ConditionsTest, ReadsCoolingBatteryScreenAndCpuset) {
  write("sys/class/thermal/cooling_device0/type", "cpufreq-cpu4");
  write("sys/class/thermal/cooling_device0/cur_state", "3");
  write("sys/class/thermal/cooling_device0/max_state", "12");
  write("sys/class/thermal/cooling_device1/type", "fan");
  write("sys/class/thermal/cooling_device1/cur_state", "0");
  write("sys/class/power_supply/battery/type", "Battery");
  write("sys/class/power_supply/battery/capacity", "81");
  write("sys/class/power_supply/battery/status", "Discharging");
  write("sys/class/power_supply/battery/temp", "313");
  write("sys/class/backlight/panel0/brightness", "0");
  write("proc/self/cpuset", "/top-app");
  const Conditions conditions = reader().read();
  ASSERT_EQ(conditions.cooling.size(), 1U);
  EXPECT_EQ(conditions.cooling[0], "cpufreq-cpu4 3/12");
  ASSERT_TRUE(conditions.battery.has_value());
  EXPECT_EQ(conditions.battery->percent, 81);
  EXPECT_EQ(conditions.battery->status, "Discharging");
  EXPECT_DOUBLE_EQ(conditions.battery->temp_c.value(), 31.3);
  EXPECT_EQ(conditions.screen, "off");
  EXPECT_EQ(conditions.cpuset, "/top-app");
}

// A device whose thermal service answers as scripted, and counts how often it was asked.
class ScriptedService final : public CommandText {
 public:
  explicit ScriptedService(std::optional<std::string> answer) : answer_(std::move(answer)) {}
  std::optional<std::string> run(std::span<const std::string> argv, std::string& why) override {
    EXPECT_EQ(std::vector<std::string>(argv.begin(), argv.end()),
              (std::vector<std::string>{"dumpsys", "thermalservice"}));
    ++asked;
    if (!answer_) why = "not here";
    return answer_;
  }
  int asked = 0;

 private:
  std::optional<std::string> answer_;
};

TEST_F(ConditionsTest, ReadsTheThermalStatusOfAndroid) {
  const auto status = [&](const char* text) {
    ScriptedService service(text);
    return ConditionsReader((root_ / "sys").string(), (root_ / "proc").string(), service).read().thermal_status;
  };
  EXPECT_EQ(status("IsStatusOverride: false\nThermal Status: 0\nCached temperatures:\n"), "none");
  EXPECT_EQ(status("Thermal Status: 3\n"), "severe");
  EXPECT_EQ(status("Thermal Status: 7\n"), "");
  EXPECT_EQ(status("Thermal Status:"), "");
  EXPECT_EQ(status("Can't find service: thermalservice\n"), "");
}

TEST_F(ConditionsTest, AsksAMissingThermalServiceOnce) {
  ScriptedService service(std::nullopt);
  ConditionsReader under_test((root_ / "sys").string(), (root_ / "proc").string(), service);
  EXPECT_EQ(under_test.read().thermal_status, "");
  under_test.read();
  EXPECT_EQ(service.asked, 1);
}

TEST_F(ConditionsTest, AWatchKeepsTheLowestClockAndTheHighestTemperature) {
  const std::string file =
      "sys/devices/system/cpu/cpu" + std::to_string(allowed_cpus().front()) + "/cpufreq/scaling_cur_freq";
  const std::string cpu = "cpu" + std::to_string(allowed_cpus().front());
  write("sys/class/thermal/thermal_zone0/type", "soc");
  const auto show = [&](const char* khz, const char* millidegrees) {
    write(file, khz);
    write("sys/class/thermal/thermal_zone0/temp", millidegrees);
  };
  SteppingClock clock;
  ConditionsReader under_test = reader();
  show("2800000", "40000");
  ConditionsWatch watch(under_test, clock);
  show("900000", "91000");
  watch.look();  // too early to look again
  clock.sleep_ns(1'000'000'000);
  show("1400000", "88000");
  watch.look();
  clock.sleep_ns(1'000'000'000);
  show("2800000", "55000");
  const ConditionsLog log = watch.finish();
  EXPECT_EQ(log.before.freq_khz.at(cpu), 2'800'000);
  EXPECT_EQ(log.after.freq_khz.at(cpu), 2'800'000);
  EXPECT_EQ(log.lowest_khz.at(cpu), 1'400'000);
  EXPECT_DOUBLE_EQ(log.hottest_c.at("soc"), 88);
  EXPECT_DOUBLE_EQ(log.before.temp_c.at("soc"), 40);
  EXPECT_EQ(log.readings, 3);
}

TEST_F(ConditionsTest, LoadIsWhatOthersUsedSinceTheLastReading) {
  write_load(1000, 1000, 400);
  ConditionsReader under_test = reader();
  write_load(1060, 1040, 450);
  EXPECT_NEAR(under_test.read().load, 0.10, 1e-9);
}

TEST_F(ConditionsTest, LoadThatCannotBeReadIsNoQuiet) {
  EXPECT_TRUE(std::isnan(reader().read().load));
  write_load(1000, 1000, 400);
  ConditionsReader under_test = reader();
  fs::remove(root_ / "proc/stat");
  EXPECT_TRUE(std::isnan(under_test.read().load));
}

TEST_F(ConditionsTest, WhatChildrenUseIsNotTheOthers) {
  write("proc/self/task/7/children", "8 9");
  write("proc/8/task/8/children", "10");
  const auto write_ticks = [&](const std::string& process, const std::string& ticks) {
    write("proc/" + process + "/stat", process + " (child) S 7 1 1 0 -1 0 0 0 0 0 " + ticks + " 20");
  };
  write_load(1000, 1000, 400);
  for (const char* process : {"8", "9", "10"}) write_ticks(process, "100 0 0 0");
  ConditionsReader under_test = reader();
  // Of 600 ticks the children took 100, 100 and 200, and others 20.
  write_load(1420, 1180, 400);
  write_ticks("8", "150 50 0 0");
  write_ticks("9", "100 0 60 40");
  write_ticks("10", "300 0 0 0");
  EXPECT_NEAR(under_test.read().load, 20.0 / 600, 1e-9);
  // One ends, and this process has waited for it.
  write_load(1420, 1780, 400);
  write("proc/self/stat", "7 (a (b) c) S 1 1 1 0 -1 0 0 0 0 0 400 0 200 0");
  write("proc/self/task/7/children", "8");
  EXPECT_NEAR(under_test.read().load, 0, 1e-9);
}

}  // namespace
}  // namespace hetscope

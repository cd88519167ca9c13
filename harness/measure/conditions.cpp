// Reads the conditions from sysfs and procfs. Files: Linux Documentation/admin-guide/pm/cpufreq.rst,
// driver-api/thermal/ sysfs-api.rst, ABI/testing/sysfs-class-devfreq, sysfs-class-power, sysfs-class-backlight.
// Android's thermal status: android.os.PowerManager, THERMAL_STATUS_NONE (0) to THERMAL_STATUS_SHUTDOWN (6).
#include "harness/measure/conditions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "harness/core/sysfs.hpp"
#include "harness/processor/host_cpu.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

// Directories below `root`, by name.
std::vector<fs::path> entries_of(const fs::path& root) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string text_of(const fs::path& path) { return read_first_line(path.string()).value_or(""); }
std::optional<std::int64_t> number_of(const fs::path& path) { return read_integer(path.string()); }

// A shell over adb or ssh has no app's cgroup; an Android app's process belongs to one ("uid_10123").
std::string launch_context(const std::string& procfs_root) {
  std::ifstream file(procfs_root + "/self/cgroup");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const bool is_android = fs::exists("/system/build.prop");
  return is_android && text.find("uid_1") != std::string::npos ? "app" : "shell";
}

// What a devfreq device drives, by its name: "13000000.mali", "17000011.devfreq_mif", "3d00000.qcom,kgsl-3d0".
std::string part_of(const std::string& name) {
  const auto has = [&](const char* word) { return name.find(word) != std::string::npos; };
  for (const char* word : {"gpu", "mali", "kgsl", "g3d", "gv11b", "ga10b"}) {
    if (has(word)) return "gpu:" + name;
  }
  for (const char* word : {"mif", "dmc", "ddr", "memory", "emc", "memlat", "dram"}) {
    if (has(word)) return "memory:" + name;
  }
  return "bus:" + name;
}

// "1: 1200Mhz *" is the level of an amdgpu that is in use.
std::optional<std::int64_t> level_in_use_khz(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  for (int n = 0; n < 64 && std::getline(file, line); ++n) {
    const std::size_t colon = line.find(": ");
    if (line.find('*') == std::string::npos || colon == std::string::npos) continue;
    constexpr double kKhzPerMhz = 1000;
    const double mhz = std::strtod(line.c_str() + colon + 2, nullptr);
    if (mhz > 0) return static_cast<std::int64_t>(mhz * kKhzPerMhz);
  }
  return std::nullopt;
}

void add_other_frequencies(const fs::path& sysfs, std::map<std::string, std::int64_t>& freq_khz) {
  for (const fs::path& path : entries_of(sysfs / "class/devfreq")) {
    const auto hz = number_of(path / "cur_freq");
    if (hz && *hz > 0) freq_khz[part_of(path.filename().string())] = *hz / 1000;
  }
  for (const fs::path& path : entries_of(sysfs / "class/kgsl")) {
    const auto hz = number_of(path / "gpuclk");
    if (hz && *hz > 0) freq_khz["gpu:" + path.filename().string()] = *hz / 1000;
  }
  for (const fs::path& path : entries_of(sysfs / "class/drm")) {
    const std::string name = "gpu:" + path.filename().string();
    // i915 in megahertz; amdgpu as a list of levels.
    if (const auto mhz = number_of(path / "gt_act_freq_mhz"); mhz && *mhz > 0) freq_khz[name] = *mhz * 1000;
    if (const auto khz = level_in_use_khz(path / "device/pp_dpm_sclk")) freq_khz[name] = *khz;
    if (const auto khz = level_in_use_khz(path / "device/pp_dpm_mclk")) {
      freq_khz["memory:" + path.filename().string()] = *khz;
    }
  }
}

void add_temperatures(const fs::path& sysfs, std::map<std::string, double>& temp_c) {
  for (const fs::path& zone : entries_of(sysfs / "class/thermal")) {
    if (!zone.filename().string().starts_with("thermal_zone")) continue;
    const std::string type = text_of(zone / "type");
    const auto millidegrees = number_of(zone / "temp");
    if (type.empty() || !millidegrees) continue;
    // Several zones may share a type; the hottest is the one that throttles.
    const double celsius = static_cast<double>(*millidegrees) / 1000;
    const auto [entry, is_new] = temp_c.emplace(type, celsius);
    if (!is_new) entry->second = std::max(entry->second, celsius);
  }
}

std::vector<std::string> cooling_at_work(const fs::path& sysfs) {
  std::vector<std::string> result;
  for (const fs::path& device : entries_of(sysfs / "class/thermal")) {
    if (!device.filename().string().starts_with("cooling_device")) continue;
    const auto state = number_of(device / "cur_state");
    if (!state || *state <= 0) continue;
    result.push_back(text_of(device / "type") + " " + std::to_string(*state) + "/" +
                     std::to_string(number_of(device / "max_state").value_or(0)));
  }
  return result;
}

std::optional<BatteryCondition> read_battery(const fs::path& sysfs) {
  for (const fs::path& supply : entries_of(sysfs / "class/power_supply")) {
    if (text_of(supply / "type") != "Battery" || text_of(supply / "scope") == "Device") continue;
    BatteryCondition battery;
    battery.percent = number_of(supply / "capacity");
    battery.status = text_of(supply / "status");
    if (const auto tenths = number_of(supply / "temp")) battery.temp_c = static_cast<double>(*tenths) / 10;
    return battery;
  }
  return std::nullopt;
}

std::string read_screen(const fs::path& sysfs) {
  for (const fs::path& light : entries_of(sysfs / "class/backlight")) {
    const auto off = number_of(light / "bl_power");  // 0 is on
    const auto brightness = number_of(light / "brightness");
    if (!off && !brightness) continue;
    return off.value_or(0) == 0 && brightness.value_or(1) > 0 ? "on" : "off";
  }
  return "";
}

// "Thermal Status: 2" among the lines of `dumpsys thermalservice`; "" where it is not, or not a status that is known.
std::string thermal_status_in(const std::string& text) {
  constexpr std::array kNames = {"none", "light", "moderate", "severe", "critical", "emergency", "shutdown"};
  constexpr std::string_view kKey = "Thermal Status:";
  const std::size_t found = text.find(kKey);
  if (found == std::string::npos) return "";
  const std::size_t digit = text.find_first_not_of(' ', found + kKey.size());
  if (digit == std::string::npos || text[digit] < '0' || text[digit] >= '0' + static_cast<int>(kNames.size()))
    return "";
  return kNames[static_cast<std::size_t>(text[digit] - '0')];
}

}  // namespace

ConditionsReader::ConditionsReader(std::string sysfs_root, std::string procfs_root, CommandText& commands)
    : sysfs_root_(std::move(sysfs_root)),
      procfs_root_(procfs_root),
      load_(std::move(procfs_root)),
      commands_(commands) {}

Conditions ConditionsReader::read_moving() const {
  Conditions now;
  now.affinity = allowed_cpus();
  const fs::path cpus = fs::path(sysfs_root_) / "devices/system/cpu";
  for (const int cpu : now.affinity) {
    const std::string name = "cpu" + std::to_string(cpu);
    if (const auto khz = number_of(cpus / name / "cpufreq/scaling_cur_freq"); khz && *khz >= 0) {
      now.freq_khz[name] = *khz;
    }
  }
  add_other_frequencies(sysfs_root_, now.freq_khz);
  add_temperatures(sysfs_root_, now.temp_c);
  return now;
}

Conditions ConditionsReader::read() {
  Conditions now = read_moving();
  now.launch = launch_context(procfs_root_);
  now.governor = text_of(fs::path(sysfs_root_) / "devices/system/cpu/cpu0/cpufreq/scaling_governor");
  now.cooling = cooling_at_work(sysfs_root_);
  now.battery = read_battery(sysfs_root_);
  now.screen = read_screen(sysfs_root_);
  now.cpuset = read_first_line(procfs_root_ + "/self/cpuset").value_or("");
  if (has_thermal_service_) {
    const std::array<std::string, 2> command = {"dumpsys", "thermalservice"};
    std::string why;
    const auto text = commands_.run(command, why);
    has_thermal_service_ = text.has_value();
    now.thermal_status = thermal_status_in(text.value_or(""));
  }
  now.load = load_.share_of_others().value_or(now.load);
  return now;
}

std::optional<double> ConditionsReader::hottest_c() const {
  std::map<std::string, double> temp_c;
  add_temperatures(sysfs_root_, temp_c);
  std::optional<double> hottest;
  for (const auto& [zone, celsius] : temp_c) hottest = std::max(hottest.value_or(celsius), celsius);
  return hottest;
}

ConditionsWatch::ConditionsWatch(ConditionsReader& reader, const Clock& clock, std::int64_t every_ns)
    : reader_(reader), clock_(clock), every_ns_(every_ns), next_ns_(clock.now_ns() + every_ns) {
  log_.before = reader_.read();
  take(log_.before);
}

void ConditionsWatch::look() {
  const std::int64_t now_ns = clock_.now_ns();
  if (now_ns < next_ns_) return;
  next_ns_ = now_ns + every_ns_;
  take(reader_.read_moving());
}

ConditionsLog ConditionsWatch::finish() {
  log_.after = reader_.read();
  take(log_.after);
  return log_;
}

void ConditionsWatch::take(const Conditions& now) {
  ++log_.readings;
  for (const auto& [part, khz] : now.freq_khz) {
    const auto [entry, is_new] = log_.lowest_khz.emplace(part, khz);
    if (!is_new) entry->second = std::min(entry->second, khz);
  }
  for (const auto& [zone, celsius] : now.temp_c) {
    const auto [entry, is_new] = log_.hottest_c.emplace(zone, celsius);
    if (!is_new) entry->second = std::max(entry->second, celsius);
  }
}

}  // namespace hetscope

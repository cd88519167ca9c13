// Reads the conditions from sysfs and procfs.
#include "harness/measure/conditions.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "harness/processor/host_cpu.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

template <class T>
bool read_value(const fs::path& path, T& value) {
  std::ifstream file(path);
  return static_cast<bool>(file >> value);
}

// Sum of the utime and stime fields of /proc/self/stat: what follows the command's closing parenthesis is field 3.
std::int64_t own_ticks(const std::string& procfs_root) {
  std::ifstream file(procfs_root + "/self/stat");
  std::string line;
  if (!std::getline(file, line)) return -1;
  const std::size_t end = line.rfind(')');
  if (end == std::string::npos) return -1;
  std::istringstream fields(line.substr(end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  return fields >> user >> system ? user + system : -1;
}

// A shell over adb or ssh has no app's cgroup; an Android app's process belongs to one ("uid_10123").
std::string launch_context(const std::string& procfs_root) {
  std::ifstream file(procfs_root + "/self/cgroup");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const bool is_android = fs::exists("/system/build.prop");
  return is_android && text.find("uid_1") != std::string::npos ? "app" : "shell";
}

}  // namespace

ConditionsReader::ConditionsReader(std::string sysfs_root, std::string procfs_root)
    : sysfs_root_(std::move(sysfs_root)), procfs_root_(std::move(procfs_root)) {
  read();
}

Conditions ConditionsReader::read() {
  Conditions now;
  now.launch = launch_context(procfs_root_);
  now.affinity = allowed_cpus();
  const fs::path cpus = fs::path(sysfs_root_) / "devices/system/cpu";
  for (const int cpu : now.affinity) {
    const std::string name = "cpu" + std::to_string(cpu);
    std::int64_t khz = 0;
    if (read_value(cpus / name / "cpufreq/scaling_cur_freq", khz)) now.freq_khz[name] = khz;
  }
  read_value(cpus / "cpu0/cpufreq/scaling_governor", now.governor);

  std::error_code error;
  for (const auto& zone : fs::directory_iterator(fs::path(sysfs_root_) / "class/thermal", error)) {
    if (zone.path().filename().string().rfind("thermal_zone", 0) != 0) continue;
    std::string type;
    double millidegrees = 0;
    if (!read_value(zone.path() / "type", type) || !read_value(zone.path() / "temp", millidegrees)) continue;
    // Several zones may share a type; the hottest is the one that throttles.
    const double celsius = millidegrees / 1000;
    const auto [entry, is_new] = now.temp_c.emplace(type, celsius);
    if (!is_new) entry->second = std::max(entry->second, celsius);
  }

  std::ifstream stat(procfs_root_ + "/stat");
  std::string label;
  std::int64_t user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  if (stat >> label >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal) {
    const std::int64_t busy = user + nice + system + irq + softirq + steal;
    const std::int64_t total = busy + idle + iowait;
    const std::int64_t own = std::max<std::int64_t>(own_ticks(procfs_root_), 0);
    if (last_total_ticks_ >= 0 && total > last_total_ticks_) {
      const auto others = static_cast<double>((busy - last_busy_ticks_) - (own - last_own_ticks_));
      now.load = std::clamp(others / static_cast<double>(total - last_total_ticks_), 0.0, 1.0);
    }
    last_busy_ticks_ = busy;
    last_total_ticks_ = total;
    last_own_ticks_ = own;
  }
  return now;
}

}  // namespace hetscope

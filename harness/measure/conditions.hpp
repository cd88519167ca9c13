// What the device was like while a case was measured: clocks, temperatures, throttling, battery, load, launch context.
// What cannot be read is absent.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/measure/load_reader.hpp"
#include "harness/meter/command_text.hpp"

namespace hetscope {

struct BatteryCondition {
  std::optional<std::int64_t> percent;
  std::string status;  // "Discharging", "Charging", ...; "" where not readable
  std::optional<double> temp_c;
};

struct Conditions {
  std::string launch;         // "shell", "app"
  std::vector<int> affinity;  // CPUs that the process may use
  // "cpu0": scaling_cur_freq. "gpu:NAME", "memory:NAME", "bus:NAME": devfreq, kgsl, drm.
  std::map<std::string, std::int64_t> freq_khz;
  std::map<std::string, double> temp_c;  // thermal zone type -> degrees Celsius, the hottest of each type
  // Busy share of all CPUs by other processes since the last reading, 0..1; NaN where not readable.
  double load = std::numeric_limits<double>::quiet_NaN();
  std::string governor;  // of cpu0; "" where not readable
  // What the kernel does against heat now: "cpufreq-cpu0 3/7" for each cooling device that is not at 0.
  std::vector<std::string> cooling;
  std::optional<BatteryCondition> battery;
  std::string screen;  // "on", "off"; "" where there is no backlight
  std::string cpuset;  // the process's, "/top-app"; "" where not readable
  // What Android's thermal service calls it: "none", "light", "moderate", "severe", "critical", "emergency",
  // "shutdown"; "" where there is no such service.
  std::string thermal_status;
};

// Reads under injectable roots and with injectable system commands; `load` covers the time since the previous read().
class ConditionsReader {
 public:
  explicit ConditionsReader(std::string sysfs_root = "/sys", std::string procfs_root = "/proc",
                            CommandText& commands = system_commands());
  Conditions read();
  // The part that changes while something runs, cheap enough to be read between blocks: frequencies and temperatures.
  Conditions read_moving() const;
  // Of all zones; none without a readable zone.
  std::optional<double> hottest_c() const;

 private:
  std::string sysfs_root_;
  std::string procfs_root_;
  LoadReader load_;
  CommandText& commands_;
  bool has_thermal_service_ = true;  // until it did not answer
};

// Conditions before, during and after a measurement.
struct ConditionsLog {
  Conditions before;
  Conditions after;                                // its load covers the whole measurement
  std::map<std::string, std::int64_t> lowest_khz;  // of all readings, the first and the last included
  std::map<std::string, double> hottest_c;
  std::int64_t readings = 0;
};

// Fills a log; look() is called between blocks and reads at most once in `every_ns`.
class ConditionsWatch {
 public:
  ConditionsWatch(ConditionsReader& reader, const Clock& clock, std::int64_t every_ns = 500'000'000);
  void look();
  ConditionsLog finish();

 private:
  void take(const Conditions& now);

  ConditionsReader& reader_;
  const Clock& clock_;
  std::int64_t every_ns_;
  std::int64_t next_ns_;
  ConditionsLog log_;
};

}  // namespace hetscope

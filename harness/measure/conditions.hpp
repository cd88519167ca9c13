// What the device was like while a case was measured: clocks, temperatures, load, launch context.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hetscope {

struct Conditions {
  std::string launch;                            // "shell", "app"
  std::vector<int> affinity;                     // CPUs that the process may use
  std::map<std::string, std::int64_t> freq_khz;  // "cpu0": scaling_cur_freq; absent where not readable
  std::map<std::string, double> temp_c;          // thermal zone type -> degrees Celsius
  double load = 0;       // busy share of all CPUs by other processes since the last reading, 0..1
  std::string governor;  // of cpu0; "" where not readable
};

// Reads under injectable roots; keeps /proc/stat's counters so that `load` covers the time since the previous read().
class ConditionsReader {
 public:
  explicit ConditionsReader(std::string sysfs_root = "/sys", std::string procfs_root = "/proc");
  Conditions read();

 private:
  std::string sysfs_root_;
  std::string procfs_root_;
  std::int64_t last_busy_ticks_ = -1;
  std::int64_t last_total_ticks_ = -1;
  std::int64_t last_own_ticks_ = -1;
};

}  // namespace hetscope

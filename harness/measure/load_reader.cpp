// /proc/stat minus /proc/self/stat.
#include "harness/measure/load_reader.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

namespace hetscope {
namespace {

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

}  // namespace

LoadReader::LoadReader(std::string procfs_root) : procfs_root_(std::move(procfs_root)) { share_of_others(); }

std::optional<double> LoadReader::share_of_others() {
  std::ifstream stat(procfs_root_ + "/stat");
  std::string label;
  std::int64_t user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  if (!(stat >> label >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal)) return std::nullopt;
  const std::int64_t busy = user + nice + system + irq + softirq + steal;
  const std::int64_t total = busy + idle + iowait;
  const std::int64_t own = std::max<std::int64_t>(own_ticks(procfs_root_), 0);
  double share = 0;
  if (last_total_ticks_ >= 0 && total > last_total_ticks_) {
    const auto others = static_cast<double>((busy - last_busy_ticks_) - (own - last_own_ticks_));
    share = std::clamp(others / static_cast<double>(total - last_total_ticks_), 0.0, 1.0);
  }
  last_busy_ticks_ = busy;
  last_total_ticks_ = total;
  last_own_ticks_ = own;
  return share;
}

}  // namespace hetscope

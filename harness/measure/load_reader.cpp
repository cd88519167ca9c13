// /proc/stat minus /proc/self/stat and those of its children.
#include "harness/measure/load_reader.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace hetscope {
namespace {

namespace fs = std::filesystem;

// What a process, its living children and those that it has waited for have used; a baseline computes in a child.
// Fields 14 to 17 of its stat are utime, stime, cutime and cstime, so that nothing is lost when a child ends; what
// follows the command's closing parenthesis is field 3 (proc(5)).
std::int64_t ticks_of(const fs::path& process) {
  std::ifstream file(process / "stat");
  std::string line;
  if (!std::getline(file, line)) return 0;
  const std::size_t end = line.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream fields(line.substr(end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::int64_t user = 0, system = 0, user_of_dead = 0, system_of_dead = 0;
  fields >> user >> system >> user_of_dead >> system_of_dead;
  std::int64_t ticks = user + system + user_of_dead + system_of_dead;
  // Step by step with the error code, because a process may end meanwhile.
  std::error_code error;
  for (fs::directory_iterator task(process / "task", error); task != fs::directory_iterator(); task.increment(error)) {
    std::ifstream children(task->path() / "children");
    for (std::int64_t child = 0; children >> child;) ticks += ticks_of(process.parent_path() / std::to_string(child));
  }
  return ticks;
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
  const std::int64_t own = ticks_of(fs::path(procfs_root_) / "self");
  std::optional<double> share;
  if (last_total_ticks_ >= 0) share = 0;
  if (last_total_ticks_ >= 0 && total > last_total_ticks_) {
    // A child that left this process's family takes its ticks along.
    const std::int64_t own_since = std::max<std::int64_t>(own - last_own_ticks_, 0);
    const auto others = static_cast<double>(busy - last_busy_ticks_ - own_since);
    share = std::clamp(others / static_cast<double>(total - last_total_ticks_), 0.0, 1.0);
  }
  last_busy_ticks_ = busy;
  last_total_ticks_ = total;
  last_own_ticks_ = own;
  return share;
}

}  // namespace hetscope

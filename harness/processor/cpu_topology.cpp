// Clusters of CPUs as the kernel reports them, and lists of CPUs as text.
#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/processor/affinity.hpp"
#include "harness/processor/host_cpu.hpp"
#include "harness/processor/sysfs.hpp"

namespace hetscope {
namespace {

// Larger than any machine; keeps "0-999999999" from becoming a list.
constexpr int kMaxCpuNumber = 65535;

std::string cluster_name(std::size_t index, std::size_t count) {
  static const std::vector<std::vector<std::string>> kNames = {
      {}, {"all"}, {"little", "big"}, {"little", "mid", "big"}, {"little", "mid", "big", "prime"}};
  return count < kNames.size() ? kNames[count][index] : "c" + std::to_string(index);
}

// "12" of "12-15" at the front of `rest`, taken off it; false when there is no CPU number.
bool take_cpu(std::string_view& rest, int& cpu) {
  if (rest.empty() || rest.front() < '0' || rest.front() > '9') return false;
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), cpu);
  if (code != std::errc() || cpu > kMaxCpuNumber) return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return true;
}

// CPUs that the kernel says are online; empty when it does not say.
std::vector<int> online_cpus(const std::string& directory) {
  const std::optional<std::string> line = read_first_line(directory + "/online");
  if (!line) return {};
  try {
    return parse_cpu_list(*line);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

std::vector<int> parse_cpu_list(std::string_view text) {
  std::set<int> cpus;
  std::string_view rest = text;
  bool well_formed = true;
  while (well_formed) {
    int first = 0;
    well_formed = take_cpu(rest, first);
    int last = first;
    if (well_formed && rest.starts_with('-')) {
      rest.remove_prefix(1);
      well_formed = take_cpu(rest, last) && last >= first;
    }
    for (int cpu = first; well_formed && cpu <= last; ++cpu) cpus.insert(cpu);
    if (rest.empty()) break;
    well_formed = well_formed && (rest.front() == ',' || rest.front() == '+');
    rest.remove_prefix(1);
  }
  if (!well_formed)
    throw Error("'" + std::string(text) + "' is not a list of CPUs", "", "write it like 0-3,6 or 0-3+6");
  return {cpus.begin(), cpus.end()};
}

std::string format_cpu_list(const std::vector<int>& cpus) {
  const std::set<int> sorted(cpus.begin(), cpus.end());
  std::string text;
  for (auto first = sorted.begin(); first != sorted.end();) {
    auto next = std::next(first);
    int last = *first;
    while (next != sorted.end() && *next == last + 1) last = *next++;
    if (!text.empty()) text += ',';
    text += std::to_string(*first);
    if (last != *first) text += '-' + std::to_string(last);
    first = next;
  }
  return text;
}

std::vector<int> allowed_cpus() {
  // Once, because the calling thread may be pinned to one of them later on.
  static const std::vector<int> kAllowed = [] {
    std::vector<int> cpus = affinity_of_this_thread();
    if (cpus.empty()) cpus = online_cpus("/sys/devices/system/cpu");
    if (cpus.empty()) cpus.push_back(0);
    return cpus;
  }();
  return kAllowed;
}

std::vector<CpuCluster> read_cpu_clusters(const std::string& sysfs_root, const std::vector<int>& allowed) {
  const std::string directory = sysfs_root + "/devices/system/cpu";
  const std::vector<int> online = online_cpus(directory);
  // Ordered by capacity, then by maximum frequency: from the weakest to the strongest.
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<int>> groups;
  for (int cpu : std::set<int>(allowed.begin(), allowed.end())) {
    if (!online.empty() && !std::binary_search(online.begin(), online.end(), cpu)) continue;
    const std::string of_cpu = directory + "/cpu" + std::to_string(cpu);
    const std::int64_t capacity = std::max<std::int64_t>(0, read_integer(of_cpu + "/cpu_capacity").value_or(0));
    const std::int64_t max_freq_khz =
        std::max<std::int64_t>(0, read_integer(of_cpu + "/cpufreq/cpuinfo_max_freq").value_or(0));
    groups[{capacity, max_freq_khz}].push_back(cpu);
  }
  std::vector<CpuCluster> clusters;
  for (auto& [strength, cpus] : groups) {
    clusters.push_back(
        {cluster_name(clusters.size(), groups.size()), std::move(cpus), strength.first, strength.second});
  }
  return clusters;
}

}  // namespace hetscope

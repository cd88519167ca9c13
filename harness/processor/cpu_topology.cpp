// Clusters of CPUs as the kernel reports them.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/sysfs.hpp"
#include "harness/processor/affinity.hpp"
#include "harness/processor/host_cpu.hpp"

namespace hetscope {
namespace {

std::string cluster_name(std::size_t index, std::size_t count) {
  static const std::vector<std::vector<std::string>> kNames = {
      {}, {"all"}, {"little", "big"}, {"little", "mid", "big"}, {"little", "mid", "big", "prime"}};
  return count < kNames.size() ? kNames[count][index] : "c" + std::to_string(index);
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

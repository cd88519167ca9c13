// Finds the host's CPU, its clusters and explicit sets of its CPUs: "cpu", "cpu.big", "cpu@0-1", "cpu@0+2".
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"
#include "harness/core/sysfs.hpp"
#include "harness/core/units.hpp"
#include "harness/processor/cpu_identity.hpp"
#include "harness/processor/host_cpu.hpp"

namespace hetscope {

std::unique_ptr<Backend> make_host_backend();

namespace {

constexpr const char* kSysfs = "/sys";
constexpr const char* kProcfs = "/proc";
constexpr std::string_view kSetPrefix = "cpu@";
constexpr std::string_view kClusterPrefix = "cpu.";

// Physical memory, or the container's limit where that is less.
std::int64_t memory_limit_bytes() {
  const std::int64_t total = read_meminfo_bytes(std::string(kProcfs) + "/meminfo", "MemTotal").value_or(0);
  const std::int64_t limit = read_integer(std::string(kSysfs) + "/fs/cgroup/memory.max").value_or(total);
  return total == 0 ? limit : std::min(total, limit);
}

// `cpus` in the order that HostCpu wants: the CPU to use first stands last.
std::vector<int> by_preference(const std::vector<CpuCluster>& clusters, const std::vector<int>& cpus) {
  std::vector<int> ordered;
  for (const CpuCluster& cluster : clusters) {
    std::vector<int> members;
    for (int cpu : cluster.cpus) {
      if (std::find(cpus.begin(), cpus.end(), cpu) != cpus.end()) members.push_back(cpu);
    }
    const std::vector<int> second = secondary_threads(kSysfs, members);
    std::stable_partition(members.begin(), members.end(),
                          [&](int cpu) { return std::find(second.begin(), second.end(), cpu) != second.end(); });
    ordered.insert(ordered.end(), members.begin(), members.end());
  }
  return ordered;
}

std::string describe_clusters(const std::vector<CpuCluster>& clusters, const std::vector<int>& cpus) {
  std::string text;
  for (const CpuCluster& cluster : clusters) {
    std::vector<int> members;
    for (int cpu : cluster.cpus) {
      if (std::find(cpus.begin(), cpus.end(), cpu) != cpus.end()) members.push_back(cpu);
    }
    if (members.empty()) continue;
    if (!text.empty()) text += "; ";
    text += cluster.name + " " + format_cpu_list(members);
    if (cluster.max_freq_khz > 0) text += fmt::format(" {:.2f} GHz", static_cast<double>(cluster.max_freq_khz) / 1e6);
    if (cluster.capacity > 0) text += fmt::format(" capacity {}", cluster.capacity);
  }
  return text;
}

ProcessorInfo describe(std::string name, const std::vector<CpuCluster>& clusters, const std::vector<int>& cpus) {
  ProcessorInfo info;
  info.name = std::move(name);
  info.kind = ProcessorKind::cpu;
  info.program_model = ProgramModel::host_function;
  info.model = read_cpu_model(kProcfs, cpus);
  info.compute_units = static_cast<int>(cpus.size());
  info.memory_bytes = memory_limit_bytes();
  info.max_allocation_bytes = info.memory_bytes;
  const std::vector<CpuCache> caches = read_cpu_caches(kSysfs, cpus);
  const int last_level = caches.empty() ? 0 : caches.back().level;
  for (const CpuCache& cache : caches) {
    if (cache.level == last_level) info.cache_bytes = std::max(info.cache_bytes, cache.bytes);
  }
  info.details.emplace_back("cpus", format_cpu_list(cpus));
  info.details.emplace_back("clusters", describe_clusters(clusters, cpus));
  info.details.emplace_back("caches", describe_caches(caches));
  if (const std::size_t second = secondary_threads(kSysfs, cpus).size(); second > 0) {
    info.details.emplace_back("second hardware threads", std::to_string(second));
  }
  return info;
}

class HostBackend final : public Backend {
 public:
  std::string_view name() const noexcept override { return "cpu"; }

  Discovery discover() override {
    Discovery discovery;
    for (const auto& [processor, cpus] : listed()) discovery.found.push_back(describe(processor, clusters_, cpus));
    return discovery;
  }

  std::unique_ptr<Processor> open(std::string_view name) override {
    if (name.starts_with(kSetPrefix)) return open_set(name);
    std::vector<std::string> names;
    for (const auto& [processor, cpus] : listed()) {
      if (processor == name) return make(processor, cpus);
      names.push_back(processor);
    }
    throw unknown_name("processor", name, names);
  }

 private:
  // The processors that discover() tells of and their CPUs.
  std::vector<std::pair<std::string, std::vector<int>>> listed() const {
    std::vector<std::pair<std::string, std::vector<int>>> processors{{std::string(name()), all_}};
    if (clusters_.size() < 2) return processors;
    for (const CpuCluster& cluster : clusters_) {
      processors.emplace_back(std::string(kClusterPrefix) + cluster.name, cluster.cpus);
    }
    return processors;
  }

  std::unique_ptr<Processor> open_set(std::string_view name) const {
    const std::vector<int> cpus = parse_cpu_list(name.substr(kSetPrefix.size()));
    for (int cpu : cpus) {
      if (std::find(all_.begin(), all_.end(), cpu) == all_.end()) {
        throw Error(fmt::format("this process may not run on CPU {}", cpu), std::string(name),
                    "choose among " + format_cpu_list(all_));
      }
    }
    // '+', because a case line separates processors by commas.
    std::string list = format_cpu_list(cpus);
    std::replace(list.begin(), list.end(), ',', '+');
    return make(std::string(kSetPrefix) + list, cpus);
  }

  std::unique_ptr<Processor> make(std::string name, const std::vector<int>& cpus) const {
    return std::make_unique<HostCpu>(describe(std::move(name), clusters_, cpus), by_preference(clusters_, cpus));
  }

  static std::vector<int> members_of(const std::vector<CpuCluster>& clusters) {
    std::vector<int> cpus;
    for (const CpuCluster& cluster : clusters) cpus.insert(cpus.end(), cluster.cpus.begin(), cluster.cpus.end());
    return cpus;
  }

  static std::vector<CpuCluster> clusters_here() {
    std::vector<CpuCluster> clusters = read_cpu_clusters(kSysfs, allowed_cpus());
    // A sandbox may show other CPUs in /sys than the process may use; the process knows better.
    if (clusters.empty()) clusters.push_back({"all", allowed_cpus(), 0, 0});
    return clusters;
  }

  const std::vector<CpuCluster> clusters_ = clusters_here();
  const std::vector<int> all_ = members_of(clusters_);
};

}  // namespace

std::unique_ptr<Backend> make_host_backend() { return std::make_unique<HostBackend>(); }

}  // namespace hetscope

// What the kernel tells about the host's CPUs besides their clusters: their names and their caches.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hetscope {

// One physical cache (not one per CPU).
struct CpuCache {
  int level = 0;
  std::string type;  // "Data", "Unified"
  std::int64_t bytes = 0;
  std::vector<int> cpus;  // that share it
};

// Data and unified caches that serve any of `cpus`, by level; empty where the kernel does not tell (many phones).
std::vector<CpuCache> read_cpu_caches(const std::string& sysfs_root, const std::vector<int>& cpus);
// "L1 48 KiB x2, L2 2.00 MiB x2, L3 260 MiB"
std::string describe_caches(const std::vector<CpuCache>& caches);

// "Intel(R) Xeon(R) Processor", "Cortex-A55 + Cortex-A78"; "unknown" where /proc/cpuinfo has neither name nor part
// number.
std::string read_cpu_model(const std::string& procfs_root, const std::vector<int>& cpus);

// CPUs that are not the first hardware thread of their core.
std::vector<int> secondary_threads(const std::string& sysfs_root, const std::vector<int>& cpus);

}  // namespace hetscope

// The host's CPU, one of its clusters, or an explicit set of its cores, as a processor that runs host functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/cpu_list.hpp"
#include "harness/processor/processor.hpp"
#include "harness/processor/thread_pool.hpp"

namespace hetscope {

// CPUs of equal capacity and maximum frequency, as the kernel reports them.
struct CpuCluster {
  std::string name;  // "little", "mid", "big", "prime"; "all" when there is only one
  std::vector<int> cpus;
  std::int64_t capacity = 0;      // /sys/devices/system/cpu/cpuN/cpu_capacity, 0 when not told
  std::int64_t max_freq_khz = 0;  // cpufreq/cpuinfo_max_freq, 0 when not told
};

// Reads the topology under `sysfs_root` ("/sys" on a device, a fake tree in tests), restricted to `allowed` CPUs.
// Clusters ascend by capacity, then by maximum frequency.
std::vector<CpuCluster> read_cpu_clusters(const std::string& sysfs_root, const std::vector<int>& allowed);
// CPUs this process may run on, as they were at the first call.
std::vector<int> allowed_cpus();

class HostCpu final : public Processor {
 public:
  // `cpus` from the one to use last to the one to use first; not empty.
  HostCpu(ProcessorInfo info, std::vector<int> cpus);

  const ProcessorInfo& info() const noexcept override { return info_; }
  void finish() override {}
  // Streams through a buffer twice the size of all caches of its CPUs, on all of them. no() when that needs more than
  // 1 GiB (a buffer at least as large as the caches is accepted) or half of the memory that is free.
  Support evict_caches() override;

  const std::vector<int>& cpus() const noexcept { return cpus_; }
  // no() when this processor has fewer CPUs than `threads`.
  Support supports_threads(std::int64_t threads) const;
  // A pool of `threads` threads, the last CPUs of the set first: the strongest cluster, first hardware threads before
  // second ones, CPU 0 last of its kind (it usually serves interrupts). Kept for the processor's life: Runnables share
  // it. Throws Error when the processor has fewer CPUs.
  ThreadPool& pool(int threads);

 private:
  ProcessorInfo info_;
  std::vector<int> cpus_;
  std::map<int, std::unique_ptr<ThreadPool>> pools_;
  // Of its own, because eviction happens while a Runnable is inside one of the others.
  std::unique_ptr<ThreadPool> eviction_pool_;
  std::vector<char> eviction_buffer_;
};

// Flushes the cache lines of [begin, begin + bytes) to memory, where the instruction set lets a process do that
// (x86-64: clflushopt or clflush; arm64: dc civac). false: not possible here, use Processor::evict_caches.
bool flush_from_caches(const void* begin, std::size_t bytes);

}  // namespace hetscope

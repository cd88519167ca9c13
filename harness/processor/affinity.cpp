// sched_getaffinity and sched_setaffinity on sets sized to the machine: the fixed cpu_set_t ends at 1024 CPUs.
#include "harness/processor/affinity.hpp"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace hetscope {
namespace {

constexpr int kMaxCpus = 1 << 16;

struct FreeCpuSet {
  void operator()(cpu_set_t* set) const noexcept { CPU_FREE(set); }
};
using CpuSet = std::unique_ptr<cpu_set_t, FreeCpuSet>;

}  // namespace

std::vector<int> affinity_of_this_thread() {
  for (int capacity = 1024; capacity <= kMaxCpus; capacity *= 2) {
    const CpuSet set(CPU_ALLOC(static_cast<std::size_t>(capacity)));
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(capacity));
    if (set == nullptr) return {};
    CPU_ZERO_S(bytes, set.get());
    if (sched_getaffinity(0, bytes, set.get()) != 0) {
      if (errno == EINVAL) continue;  // the kernel's mask is larger
      return {};
    }
    std::vector<int> cpus;
    for (int cpu = 0; cpu < capacity; ++cpu) {
      if (CPU_ISSET_S(static_cast<std::size_t>(cpu), bytes, set.get())) cpus.push_back(cpu);
    }
    return cpus;
  }
  return {};
}

bool pin_this_thread(const std::vector<int>& cpus) {
  if (cpus.empty() || *std::min_element(cpus.begin(), cpus.end()) < 0) return false;
  const int capacity = *std::max_element(cpus.begin(), cpus.end()) + 1;
  if (capacity > kMaxCpus) return false;
  const CpuSet set(CPU_ALLOC(static_cast<std::size_t>(capacity)));
  const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(capacity));
  if (set == nullptr) return false;
  CPU_ZERO_S(bytes, set.get());
  for (int cpu : cpus) CPU_SET_S(static_cast<std::size_t>(cpu), bytes, set.get());
  return sched_setaffinity(0, bytes, set.get()) == 0;
}

}  // namespace hetscope

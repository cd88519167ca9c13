// The host's CPUs as a processor: thread pools on its CPUs, and getting data out of its caches.
#include "harness/processor/host_cpu.hpp"

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

#include "harness/core/error.hpp"
#include "harness/core/sysfs.hpp"
#include "harness/core/units.hpp"
#include "harness/processor/cpu_identity.hpp"

namespace hetscope {
namespace {

// Stands in where the kernel tells no cache sizes, as on many phones: above the last level and system cache of any.
constexpr std::int64_t kAssumedCacheBytes = std::int64_t{32} << 20;
constexpr std::int64_t kSmallestCacheLine = 32;

}  // namespace

HostCpu::HostCpu(ProcessorInfo info, std::vector<int> cpus) : info_(std::move(info)), cpus_(std::move(cpus)) {
  assert(!cpus_.empty());
}

Support HostCpu::supports_threads(std::int64_t threads) const {
  if (threads >= 1 && threads <= static_cast<std::int64_t>(cpus_.size())) return Support::yes();
  return Support::no(info_.name + " has " + std::to_string(cpus_.size()) + " CPUs, not " + std::to_string(threads));
}

ThreadPool& HostCpu::pool(int threads) {
  if (Support enough = supports_threads(threads); !enough) {
    throw Error(enough.reason(), "", "use as many threads as the processor has CPUs, or fewer");
  }
  std::unique_ptr<ThreadPool>& pool = pools_[threads];
  if (pool == nullptr) pool = std::make_unique<ThreadPool>(std::vector<int>(cpus_.rbegin(), cpus_.rbegin() + threads));
  return *pool;
}

Support HostCpu::evict_caches() {
  if (eviction_buffer_.empty()) {
    // Each level counts: a cache that excludes what the level below holds adds to it.
    std::int64_t cache_bytes = 0;
    for (const CpuCache& cache : read_cpu_caches("/sys", cpus_)) cache_bytes += cache.bytes;
    if (cache_bytes == 0) cache_bytes = kAssumedCacheBytes;
    const std::string caches =
        "the caches of " + info_.name + " hold " + format_bytes(static_cast<double>(cache_bytes));
    if (cache_bytes > kMaxEvictionBytes) {
      return Support::no(caches + ", more than the " + format_bytes(static_cast<double>(kMaxEvictionBytes)) +
                         " used to evict them");
    }
    const std::int64_t wanted = std::min(2 * cache_bytes, kMaxEvictionBytes);
    const auto available = read_meminfo_bytes("/proc/meminfo", "MemAvailable");
    if (available && wanted > *available / 2) {
      return Support::no(caches + "; evicting them takes more than half of the free memory");
    }
    try {
      eviction_buffer_.resize(static_cast<std::size_t>(wanted));
    } catch (const std::bad_alloc&) {
      return Support::no(caches + "; there is no memory to evict them with");
    }
    eviction_pool_ = std::make_unique<ThreadPool>(cpus_);
  }
  eviction_pool_->enter();
  eviction_pool_->parallel_for(static_cast<std::int64_t>(eviction_buffer_.size()), kSmallestCacheLine,
                               [this](std::int64_t begin, std::int64_t end) {
                                 volatile char* bytes = eviction_buffer_.data();
                                 for (std::int64_t i = begin; i < end; i += kSmallestCacheLine) {
                                   bytes[i] = static_cast<char>(bytes[i] + 1);
                                 }
                               });
  eviction_pool_->leave();
  return Support::yes();
}

#if defined(__x86_64__)
namespace {

constexpr std::size_t kFlushedLine = 64;

// CPUID leaf 7, EBX bit 23.
bool has_clflushopt() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & (1U << 23)) != 0;
}

// Lines leave in any order, several at once: clflush waits for each.
__attribute__((target("clflushopt"))) void flush_lines_unordered(char* data, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += kFlushedLine) _mm_clflushopt(data + i);
}

void flush_lines(char* data, std::size_t bytes) {
  static const bool is_unordered = has_clflushopt();
  if (is_unordered) return flush_lines_unordered(data, bytes);
  for (std::size_t i = 0; i < bytes; i += kFlushedLine) _mm_clflush(data + i);
}

}  // namespace
#endif

bool flush_from_caches(const void* begin, std::size_t bytes) {
  if (bytes == 0) return true;
  char* const data = const_cast<char*>(static_cast<const char*>(begin));
#if defined(__x86_64__)
  _mm_mfence();
  flush_lines(data, bytes);
  _mm_clflush(data + bytes - 1);  // the last line, when `begin` is not aligned
  _mm_mfence();
  return true;
#elif defined(__aarch64__)
  // Linux lets processes do both: SCTLR_EL1.UCI and UCT are set, or the instructions are emulated.
  std::uint64_t cache_type = 0;
  asm volatile("mrs %0, ctr_el0" : "=r"(cache_type));
  const std::size_t line = std::size_t{4} << ((cache_type >> 16) & 0xf);
  for (std::size_t i = 0; i < bytes; i += line) asm volatile("dc civac, %0" ::"r"(data + i) : "memory");
  asm volatile("dc civac, %0\n\tdsb ish" ::"r"(data + bytes - 1) : "memory");
  return true;
#else
  static_cast<void>(data);
  return false;
#endif
}

}  // namespace hetscope

// Counters of the kernel's perf subsystem, behind an interface so that tests and machines without the right to use them
// can do without.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace hetscope {

class PerfCounter {
 public:
  virtual ~PerfCounter() = default;
  // The count so far, 64 bits wide; none when it can no longer be read.
  virtual std::optional<std::uint64_t> read() = 0;
};

class PerfCounterSource {
 public:
  virtual ~PerfCounterSource() = default;
  // System-wide on `cpu`; nullptr with `why` when the kernel refuses.
  virtual std::unique_ptr<PerfCounter> open(std::uint32_t type, std::uint64_t config, int cpu, std::string& why) = 0;
};

// perf_event_open(2).
PerfCounterSource& kernel_perf_counters();

}  // namespace hetscope

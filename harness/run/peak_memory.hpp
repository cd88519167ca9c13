// How much memory a case takes, by the kernel's own count of this process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace hetscope {

struct MemoryPeak {
  std::int64_t bytes = 0;        // the most that was resident, everything else that the process holds included
  std::int64_t added_bytes = 0;  // that less what was resident at the start
};

// Counts from restart() on. Source: Linux, Documentation/filesystems/proc.rst: "5" written to /proc/PID/clear_refs sets
// the peak of the resident memory (VmHWM) back to what is resident now (VmRSS). Kernels built without page monitoring,
// and systems other than Linux, have no such file; there is no figure then.
class PeakMemory {
 public:
  explicit PeakMemory(std::string procfs_root = "/proc") : procfs_root_(std::move(procfs_root)) {}

  void restart();
  // Since restart(); nothing where it cannot be told.
  std::optional<MemoryPeak> read() const;

 private:
  std::optional<std::int64_t> status(const char* key) const;

  std::string procfs_root_;
  std::optional<std::int64_t> resident_at_start_;
};

}  // namespace hetscope

// Reads and resets the peak through procfs.
#include "harness/run/peak_memory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "harness/core/sysfs.hpp"

namespace hetscope {
namespace {

// Not a stream, which would make the file where there is none.
bool write_digit(const std::string& path, char digit) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool is_written = ::write(fd, &digit, 1) == 1;
  ::close(fd);
  return is_written;
}

}  // namespace

void PeakMemory::restart() {
  resident_at_start_.reset();
  if (write_digit(procfs_root_ + "/self/clear_refs", '5')) resident_at_start_ = status("VmRSS");
}

std::optional<MemoryPeak> PeakMemory::read() const {
  const std::optional<std::int64_t> peak = status("VmHWM");
  if (!resident_at_start_ || !peak) return std::nullopt;
  return MemoryPeak{*peak, std::max<std::int64_t>(0, *peak - *resident_at_start_)};
}

std::optional<std::int64_t> PeakMemory::status(const char* key) const {
  return read_meminfo_bytes(procfs_root_ + "/self/status", key);
}

}  // namespace hetscope

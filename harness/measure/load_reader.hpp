// What other processes take of this machine's CPUs, from procfs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hetscope {

class LoadReader {
 public:
  explicit LoadReader(std::string procfs_root = "/proc");
  // Busy share of all CPUs since the previous call (or the construction) by processes that are neither this one nor its
  // children, 0..1; none where procfs does not tell.
  std::optional<double> share_of_others();

 private:
  std::string procfs_root_;
  std::int64_t last_busy_ticks_ = -1;
  std::int64_t last_total_ticks_ = -1;
  std::int64_t last_own_ticks_ = -1;
};

}  // namespace hetscope

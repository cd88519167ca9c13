// CPU time as a clock: it moves only while the calling thread, or any thread of the process, computes.
#pragma once

#include <cstdint>

#include "harness/core/clock.hpp"

namespace hetscope {

class CpuClock final : public Clock {
 public:
  enum class Of { thread, process };
  explicit CpuClock(Of of) : of_(of) {}
  std::int64_t now_ns() const override;
  void sleep_ns(std::int64_t duration_ns) const override;

 private:
  Of of_;
};

}  // namespace hetscope

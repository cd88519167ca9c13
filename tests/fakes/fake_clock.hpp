// A clock that the test owns: it moves when told to, when it sleeps, and by `read_cost_ns` at each reading.
#pragma once

#include <atomic>
#include <cstdint>

#include "harness/core/clock.hpp"

namespace hetscope {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::int64_t read_cost_ns = 1) : read_cost_ns_(read_cost_ns) {}
  std::int64_t now_ns() const override { return now_ns_ += read_cost_ns_; }
  void sleep_ns(std::int64_t duration_ns) const override { now_ns_ += duration_ns; }
  void advance_ns(std::int64_t duration_ns) const { now_ns_ += duration_ns; }

 private:
  std::int64_t read_cost_ns_;
  mutable std::atomic<std::int64_t> now_ns_ = 0;  // a load has a thread of its own
};

}  // namespace hetscope

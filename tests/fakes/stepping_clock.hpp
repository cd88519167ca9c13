// A clock that the test owns and that tells when it moves, so that a fake tree can follow the time.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "harness/core/clock.hpp"

namespace hetscope {

class SteppingClock final : public Clock {
 public:
  std::int64_t now_ns() const override { return now_ns_; }
  void sleep_ns(std::int64_t duration_ns) const override {
    now_ns_ += duration_ns;
    if (follow_) follow_(now_ns_);
  }
  // Called with the new time after each step.
  void on_step(std::function<void(std::int64_t)> follow) { follow_ = std::move(follow); }

 private:
  mutable std::int64_t now_ns_ = 1'000'000'000;
  std::function<void(std::int64_t)> follow_;
};

}  // namespace hetscope

// The gate and the comparison with the start.
#include "harness/measure/throttle_guard.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "harness/statistics/statistics.hpp"

namespace hetscope {
namespace {

constexpr int kFirstReadings = 5;

}  // namespace

ThrottleGuard::ThrottleGuard(const Clock& clock, ThrottleOptions options)
    : clock_(clock), options_(std::move(options)) {
  if (options_.hottest_c) first_c_ = options_.hottest_c();
}

void ThrottleGuard::begin(std::span<ReferenceLoop* const> loops) {
  for (ReferenceLoop* loop : loops) {
    if (first_ns_.contains(loop)) continue;
    std::vector<double> readings;
    for (int i = 0; i < kFirstReadings; ++i) readings.push_back(loop->run_ns());
    first_ns_[loop] = median(readings);
  }
}

double ThrottleGuard::slowdown(std::span<ReferenceLoop* const> loops) {
  double slowest = 1;
  for (ReferenceLoop* loop : loops) {
    const auto first = first_ns_.find(loop);
    if (first != first_ns_.end() && first->second > 0) slowest = std::max(slowest, loop->run_ns() / first->second);
  }
  return slowest;
}

bool ThrottleGuard::is_hot() const {
  if (!options_.hottest_c || !first_c_) return false;
  const std::optional<double> now_c = options_.hottest_c();
  return now_c && *now_c > *first_c_ + options_.warmer_c;
}

bool ThrottleGuard::wait_until_cool(double last_slowdown, const std::function<double()>& slowdown_now) {
  if (gave_up_ || !is_slow(last_slowdown) || !is_hot()) return false;
  for (;;) {
    if (waited_ns_ >= options_.patience_ns) {
      gave_up_ = true;
      return true;
    }
    clock_.sleep_ns(options_.step_ns);
    waited_ns_ += options_.step_ns;
    if (!is_hot() && slowdown_now() <= options_.cooled) return true;
  }
}

}  // namespace hetscope

// Watches whether the processors keep the speed that they had when a measurement began, and waits for a device that
// got hot. It looks at reference loops and temperatures only, never at the samples, so that it cannot choose among
// them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>

#include "harness/core/clock.hpp"
#include "harness/kernel/reference_loop.hpp"

namespace hetscope {

struct ThrottleOptions {
  double slow = 1.05;    // a reference loop this much slower than at the start marks a block as slow
  double cooled = 1.02;  // the gate opens below this
  double warmer_c = 2;   // and not more than this above the temperature at the start
  std::int64_t step_ns = 200'000'000;
  std::int64_t patience_ns = 20'000'000'000;  // for one measurement, then it gives up
  // The hottest zone; none: there is no gate, because without a temperature noise looks like heat.
  std::function<std::optional<double>()> hottest_c;
};

class ThrottleGuard {
 public:
  ThrottleGuard(const Clock& clock, ThrottleOptions options);

  // Takes the speed and temperature of now as those of the start.
  void begin(std::span<ReferenceLoop* const> loops);
  // The slowest loop relative to the start; 1 without loops.
  double slowdown(std::span<ReferenceLoop* const> loops);
  bool is_slow(double slowdown) const noexcept { return slowdown > options_.slow; }
  // When the loops were slow last time and the device is hotter than at the start: waits until both are over, looking
  // every step_ns, or until its patience is at an end. true when it waited; the caller warms up again.
  bool wait_until_cool(double last_slowdown, const std::function<double()>& slowdown_now);

  std::int64_t waited_ns() const noexcept { return waited_ns_; }
  bool gave_up() const noexcept { return gave_up_; }

 private:
  bool is_hot() const;

  const Clock& clock_;
  ThrottleOptions options_;
  std::map<const ReferenceLoop*, double> first_ns_;
  std::optional<double> first_c_;
  std::int64_t waited_ns_ = 0;
  bool gave_up_ = false;
};

}  // namespace hetscope

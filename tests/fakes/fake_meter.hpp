// A meter whose counter follows a known power over a FakeClock and moves once per update period, as real counters do.
#pragma once

#include <cmath>
#include <functional>
#include <utility>

#include "harness/core/clock.hpp"
#include "harness/meter/energy_meter.hpp"

namespace hetscope {

class FakeMeter final : public EnergyMeter {
 public:
  // `energy_j(t_ns)`: the true energy since the start.
  FakeMeter(const Clock& clock, std::int64_t period_ns, std::function<double(std::int64_t)> energy_j)
      : clock_(clock), period_ns_(period_ns), energy_j_(std::move(energy_j)) {
    info_.name = "fake";
    info_.kind = EnergyKind::measured_counter;
    info_.scope = "package";
    info_.update_period_s = static_cast<double>(period_ns) * 1e-9;
  }
  const MeterInfo& info() const noexcept override { return info_; }
  EnergyReading read() override {
    const std::int64_t now_ns = clock_.now_ns();
    const double shown_j = energy_j_(now_ns / period_ns_ * period_ns_);
    if (shown_j != last_j_) ++updates_;
    last_j_ = shown_j;
    return {now_ns, shown_j, updates_};
  }

 private:
  const Clock& clock_;
  std::int64_t period_ns_;
  std::function<double(std::int64_t)> energy_j_;
  MeterInfo info_;
  double last_j_ = 0;
  std::int64_t updates_ = 0;
};

}  // namespace hetscope

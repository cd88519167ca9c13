// Spins for fast counters, sleeps a hundredth of the period for slow ones.
#include "harness/measure/energy_ticks.hpp"

#include <algorithm>
#include <vector>

#include "harness/core/units.hpp"
#include "harness/statistics/statistics.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kSlowPeriodNs = 20'000'000;
constexpr int kTicks = 8;
constexpr int kPatience = 20;  // periods
constexpr std::int64_t kIdleStepNs = 50'000'000;

}  // namespace

double mean_power_w(const EnergyReading& from, const EnergyReading& to) {
  const double seconds = static_cast<double>(to.t_ns - from.t_ns) * 1e-9;
  return seconds > 0 ? (to.energy_j - from.energy_j) / seconds : 0;
}

EnergyTicks::EnergyTicks(EnergyMeter& meter, const Clock& clock)
    : meter_(meter), clock_(clock), period_ns_(static_cast<std::int64_t>(meter.info().update_period_s * 1e9)) {}

void EnergyTicks::pause() const {
  if (period_ns_ >= kSlowPeriodNs) clock_.sleep_ns(period_ns_ / 100);
}

std::int64_t EnergyTicks::measure_period_ns(std::int64_t limit_ns) {
  std::vector<double> periods;
  EnergyReading last;
  for (int tick = 0; tick <= kTicks; ++tick) {
    const EnergyReading first = meter_.read();
    const std::int64_t end_ns = clock_.now_ns() + limit_ns;
    EnergyReading now = first;
    while (now.updates == first.updates && clock_.now_ns() < end_ns) {
      pause();
      now = meter_.read();
    }
    if (now.updates == first.updates) return 0;
    if (tick > 0)
      periods.push_back(static_cast<double>(now.t_ns - last.t_ns) / static_cast<double>(now.updates - last.updates));
    last = now;
  }
  period_ns_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(median(periods)));
  return period_ns_;
}

EnergyReading EnergyTicks::wait_for_update() {
  const EnergyReading first = meter_.read();
  const std::int64_t end_ns = clock_.now_ns() + kPatience * period_ns_;
  for (;;) {
    const EnergyReading now = meter_.read();
    if (now.updates != first.updates) return now;
    if (clock_.now_ns() > end_ns) {
      throw MeterFault("the counter of " + meter_.info().name + " stood still for " +
                       format_ns(static_cast<double>(kPatience * period_ns_)) + " during the window");
    }
    pause();
  }
}

void EnergyTicks::read() { remembered_.push_back(meter_.read()); }

void EnergyTicks::forget() {
  if (remembered_.size() > 1) remembered_.erase(remembered_.begin(), remembered_.end() - 1);
}

EnergyReading EnergyTicks::at(std::int64_t t_ns) {
  if (remembered_.empty()) read();
  const std::int64_t end_ns = clock_.now_ns() + kPatience * period_ns_;
  while (remembered_.back().t_ns < t_ns) {
    if (clock_.now_ns() > end_ns) {
      throw MeterFault(meter_.info().name + " lags behind by more than " +
                       format_ns(static_cast<double>(kPatience * period_ns_)));
    }
    pause();
    read();
  }
  const auto after = std::lower_bound(remembered_.begin(), remembered_.end(), t_ns,
                                      [](const EnergyReading& reading, std::int64_t t) { return reading.t_ns < t; });
  if (after == remembered_.begin()) return *after;
  const EnergyReading& before = *(after - 1);
  const double share = static_cast<double>(t_ns - before.t_ns) / static_cast<double>(after->t_ns - before.t_ns);
  return {t_ns, before.energy_j + share * (after->energy_j - before.energy_j), after->updates};
}

double EnergyTicks::idle_power_w(std::int64_t duration_ns, bool aligned) {
  if (!aligned) read();
  const std::int64_t begin_ns = clock_.now_ns();
  const EnergyReading first = aligned ? wait_for_update() : EnergyReading{};
  std::int64_t step_ns = kIdleStepNs;
  if (const double every_s = meter_.info().read_every_s; every_s > 0) {
    step_ns = std::min(step_ns, static_cast<std::int64_t>(every_s * 1e9));
  }
  std::int64_t now_ns = clock_.now_ns();
  for (const std::int64_t end_ns = now_ns + duration_ns; now_ns < end_ns; now_ns = clock_.now_ns()) {
    clock_.sleep_ns(std::min(step_ns, end_ns - now_ns));
    read();
  }
  const EnergyReading last = aligned ? wait_for_update() : at(now_ns);
  const double power_w = mean_power_w(aligned ? first : at(begin_ns), last);
  forget();
  return power_w;
}

double EnergyTicks::waiting_power_w(int updates) {
  const EnergyReading begin = wait_for_update();
  EnergyReading end = begin;
  for (int i = 0; i < updates; ++i) end = wait_for_update();
  return mean_power_w(begin, end);
}

}  // namespace hetscope

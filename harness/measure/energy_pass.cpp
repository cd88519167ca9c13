// Session's energy pass: find the counter's period, idle, align to a tick, run, idle again.
#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/measure/batch.hpp"
#include "harness/measure/session.hpp"
#include "harness/statistics/statistics.hpp"

namespace hetscope {
namespace {

// Spins until the counter moves, at most `limit_ns`; the reading at the tick, or the last one.
EnergyReading wait_for_tick(EnergyMeter& meter, const Clock& clock, std::int64_t limit_ns, bool& ticked) {
  const EnergyReading first = meter.read();
  const std::int64_t end_ns = clock.now_ns() + limit_ns;
  EnergyReading now = first;
  while (now.energy_j == first.energy_j && clock.now_ns() < end_ns) now = meter.read();
  ticked = now.energy_j != first.energy_j;
  return now;
}

// Median time between ticks, 0 when the counter stands still.
std::int64_t measure_period_ns(EnergyMeter& meter, const Clock& clock, std::int64_t limit_ns) {
  constexpr int kTicks = 8;
  bool ticked = false;
  EnergyReading last = wait_for_tick(meter, clock, limit_ns, ticked);
  std::vector<double> periods;
  for (int i = 0; ticked && i < kTicks; ++i) {
    const EnergyReading next = wait_for_tick(meter, clock, limit_ns, ticked);
    if (ticked) periods.push_back(static_cast<double>(next.t_ns - last.t_ns));
    last = next;
  }
  return periods.empty() ? 0 : static_cast<std::int64_t>(median(periods));
}

double power_w(const EnergyReading& from, const EnergyReading& to) {
  const double seconds = static_cast<double>(to.t_ns - from.t_ns) * 1e-9;
  return seconds > 0 ? (to.energy_j - from.energy_j) / seconds : 0;
}

// Mean power while nothing runs, read often enough that a wrap is not missed.
double idle_power_w(EnergyMeter& meter, const Clock& clock, std::int64_t duration_ns) {
  constexpr std::int64_t kStepNs = 50'000'000;
  const EnergyReading begin = meter.read();
  EnergyReading now = begin;
  while (now.t_ns - begin.t_ns < duration_ns) {
    clock.sleep_ns(std::min(kStepNs, duration_ns - (now.t_ns - begin.t_ns)));
    now = meter.read();
  }
  return power_w(begin, now);
}

}  // namespace

EnergyMeasurement Session::measure_energy(const Subject& subject, EnergyMeter& meter,
                                          const EnergyWindowOptions& options, double latency_ns) {
  EnergyMeasurement result;
  result.kind = meter.info().kind;
  result.meter = meter.info().name;
  result.scope = meter.info().scope;
  if (subject.cold) {
    result.reason = "energy of a cold-cache case is not measured: evicting the caches would be in the window";
    return result;
  }
  const auto nominal_ns = static_cast<std::int64_t>(meter.info().update_period_s * 1e9);
  const std::int64_t period_ns = measure_period_ns(meter, clock_, std::max<std::int64_t>(20 * nominal_ns, 100'000'000));
  if (period_ns == 0) {
    result.reason = "the counter of " + result.meter + " stands still";
    return result;
  }
  const std::int64_t window_ns = std::clamp(options.updates * period_ns, options.min_window_ns, options.max_window_ns);
  const auto idle_ns = static_cast<std::int64_t>(options.idle_share * static_cast<double>(window_ns));
  Runnable& runnable = *subject.runnable;
  const auto batch = std::max<std::int64_t>(1, static_cast<std::int64_t>(1e6 / std::max(latency_ns, 1.0)));

  result.idle_before_w = idle_power_w(meter, clock_, idle_ns);
  bool ticked = false;
  EnergyReading begin;
  EnergyReading end;
  std::int64_t busy_end_ns = 0;
  {
    const EnteredRunnable entered(runnable);
    runnable.run(batch);
    begin = wait_for_tick(meter, clock_, 20 * period_ns, ticked);
    std::int64_t next_read_ns = begin.t_ns + 50'000'000;
    do {
      runnable.run(batch);
      result.runs += batch;
      busy_end_ns = clock_.now_ns();
      // Often enough for a wrap, rarely enough not to disturb.
      if (busy_end_ns >= next_read_ns) {
        meter.read();
        next_read_ns = busy_end_ns + 50'000'000;
      }
    } while (busy_end_ns - begin.t_ns < window_ns);
    end = wait_for_tick(meter, clock_, 20 * period_ns, ticked);
  }
  result.idle_after_w = idle_power_w(meter, clock_, idle_ns);

  const double busy_ns = static_cast<double>(busy_end_ns - begin.t_ns);
  const double to_tick_ns = static_cast<double>(end.t_ns - begin.t_ns);
  // The tail between the last run and the tick is spent spinning at about the same power: its share is taken off.
  const double energy_j = (end.energy_j - begin.energy_j) * busy_ns / to_tick_ns;
  const double runs = static_cast<double>(result.runs);
  result.window_s = busy_ns * 1e-9;
  result.updates = static_cast<std::int64_t>(busy_ns / static_cast<double>(period_ns));
  result.ns_per_run = busy_ns / runs;
  if (!ticked || !(energy_j > 0)) {
    result.reason = "the counter of " + result.meter + " stood still during the window";
    return result;
  }
  result.energy_j = energy_j / runs;
  const double idle_w = (result.idle_before_w + result.idle_after_w) / 2;
  result.dynamic_j = (energy_j - idle_w * result.window_s) / runs;
  result.agrees_with_latency = std::abs(result.ns_per_run / latency_ns - 1) <= options.agreement;
  if (!result.agrees_with_latency) {
    result.reason = "no EDP: a run took " + std::to_string(result.ns_per_run) + " ns in the energy pass and " +
                    std::to_string(latency_ns) + " ns in the latency pass";
  }
  return result;
}

}  // namespace hetscope

// Session's energy pass: find the counter's period, idle, then segments of running that begin and end at updates, then
// idle again. The waiting for an update is subtracted at its own, measured power (after Hähnel et al., "Measuring
// energy consumption for short code paths using RAPL", SIGMETRICS PER 40(3), 2012).
#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/core/units.hpp"
#include "harness/measure/batch.hpp"
#include "harness/measure/energy_ticks.hpp"
#include "harness/measure/load_reader.hpp"
#include "harness/measure/session.hpp"

namespace hetscope {
namespace {

constexpr int kWaitingUpdates = 10;

class EnergyPass {
 public:
  EnergyPass(Runnable& runnable, EnergyMeter& meter, const Clock& clock, const EnergyWindowOptions& options,
             double latency_ns, LoadReader* load)
      : runnable_(runnable),
        meter_(meter),
        clock_(clock),
        options_(options),
        latency_ns_(latency_ns),
        load_(load),
        ticks_(meter, clock),
        aligned_(meter.info().kind == EnergyKind::measured_counter) {}

  void measure(EnergyMeasurement& result) {
    result.aligned = aligned_;
    const std::int64_t first_update = meter_.read().updates;
    if (!find_period(result)) return;
    window_ns_ = std::clamp(options_.updates * period_ns_, options_.min_window_ns, options_.max_window_ns);
    const auto idle_ns = static_cast<std::int64_t>(options_.idle_share * static_cast<double>(window_ns_));
    result.idle_before_w = ticks_.idle_power_w(idle_ns, aligned_);
    run_window(result);
    result.idle_after_w = ticks_.idle_power_w(idle_ns, aligned_);
    if (meter_.read().updates == first_update) {
      result.reason = "mistrusted: " + result.meter + " showed the same at idle and under load";
    }
    if (is_credible(result)) conclude(result);
  }

 private:
  bool find_period(EnergyMeasurement& result) {
    const auto nominal_ns = static_cast<std::int64_t>(meter_.info().update_period_s * 1e9);
    period_ns_ = ticks_.measure_period_ns(std::max<std::int64_t>(20 * nominal_ns, 100'000'000));
    if (period_ns_ == 0 && aligned_) {
      result.reason = "the counter of " + result.meter + " stands still";
      return false;
    }
    // A power may well be the same for a while, and samples say nothing about how fast it can follow.
    if (!aligned_) period_ns_ = std::max(period_ns_, nominal_ns);
    ticks_.set_period_ns(period_ns_);
    result.period_s = static_cast<double>(period_ns_) * 1e-9;
    if (meter_.info().kind == EnergyKind::measured_power && latency_ns_ > 2 * static_cast<double>(period_ns_)) {
      result.reason = "a run of " + format_ns(latency_ns_) + " is longer than the period of " + result.meter + " (" +
                      format_ns(static_cast<double>(period_ns_)) + "), whose power would be read between runs only";
      return false;
    }
    return true;
  }

  void run_window(EnergyMeasurement& result) {
    const EnteredRunnable entered(runnable_);
    batch_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(kShortBatchNs / std::max(latency_ns_, 1.0)));
    runnable_.run(batch_);
    if (aligned_) result.waiting_w = ticks_.waiting_power_w(kWaitingUpdates);
    if (load_ != nullptr) load_->share_of_others();
    EnergyReading begin = aligned_ ? ticks_.wait_for_update() : EnergyReading{};
    const std::int64_t segment_ns = window_ns_ / options_.segments;
    for (int i = 0; i < options_.segments; ++i) begin = run_segment(begin, segment_ns, result);
    if (load_ != nullptr) result.background_load = load_->share_of_others();
    result.updates = static_cast<std::int64_t>(result.window_s / result.period_s);
  }

  // Runs from `begin` on, or from now on when nothing is aligned; the reading at which the next segment begins.
  EnergyReading run_segment(const EnergyReading& begin, std::int64_t segment_ns, EnergyMeasurement& result) {
    EnergySegment segment;
    if (!aligned_) ticks_.read();
    const std::int64_t begin_ns = aligned_ ? begin.t_ns : clock_.now_ns();
    // A wrap must not be missed and a power must be sampled; more reading than that would only disturb.
    const auto every_ns = static_cast<std::int64_t>(meter_.info().read_every_s * 1e9);
    std::int64_t next_read_ns = begin_ns + every_ns;
    std::int64_t now_ns = begin_ns;
    do {
      runnable_.run(batch_);
      segment.runs += batch_;
      now_ns = clock_.now_ns();
      if (every_ns > 0 && now_ns >= next_read_ns) {
        ticks_.read();
        next_read_ns = now_ns + every_ns;
      }
    } while (now_ns - begin_ns < segment_ns);
    // A meter that lags tells only now what it showed at the beginning.
    const EnergyReading end = aligned_ ? ticks_.wait_for_update() : ticks_.at(now_ns);
    const EnergyReading start = aligned_ ? begin : ticks_.at(begin_ns);
    ticks_.forget();
    const double waited_s = aligned_ ? static_cast<double>(end.t_ns - now_ns) * 1e-9 : 0;
    segment.busy_ns = static_cast<double>(now_ns - begin_ns);
    segment.energy_j = end.energy_j - start.energy_j - result.waiting_w * waited_s;
    waited_s_ += waited_s;
    result.runs += segment.runs;
    result.window_s += segment.busy_ns * 1e-9;
    energy_j_ += segment.energy_j;
    result.segments.push_back(segment);
    return end;
  }

  bool is_credible(EnergyMeasurement& result) const {
    if (!result.reason.empty()) return false;
    if (result.background_load && *result.background_load > options_.background_limit) {
      result.reason = "refused: other processes used " + format_number(100 * *result.background_load, 2) +
                      " % of all CPUs during the energy window, and their energy is in it; stop them and run again";
    } else if (aligned_ && result.updates < options_.fewest_updates) {
      result.reason = "only " + std::to_string(result.updates) + " updates of " + result.meter +
                      " fit into the window of " + format_ns(static_cast<double>(window_ns_));
    } else if (!(energy_j_ > 0)) {
      result.reason = "mistrusted: " + result.meter + " shows " + format_si(energy_j_, "J") + " for " +
                      format_si(result.window_s, "s") + " of work";
    }
    return result.reason.empty();
  }

  void conclude(EnergyMeasurement& result) const {
    const auto runs = static_cast<double>(result.runs);
    result.ns_per_run = result.window_s * 1e9 / runs;
    result.energy_j = energy_j_ / runs;
    result.ci95_j = energy_interval(result, meter_.info().resolution_j, waited_s_, options_.seed);
    const double busy_w = energy_j_ / result.window_s;
    if (std::abs(result.idle_after_w - result.idle_before_w) <= options_.idle_agreement * busy_w) {
      const double idle_w = (result.idle_before_w + result.idle_after_w) / 2;
      result.dynamic_j = (energy_j_ - idle_w * result.window_s) / runs;
    } else {
      result.reason = "no dynamic energy: idle power was " + format_si(result.idle_before_w, "W") + " before and " +
                      format_si(result.idle_after_w, "W") + " after";
    }
    result.agrees_with_latency = std::abs(result.ns_per_run / latency_ns_ - 1) <= options_.agreement;
    if (!result.agrees_with_latency) {
      result.reason += (result.reason.empty() ? "" : "; ") + std::string("no EDP: a run took ") +
                       format_ns(result.ns_per_run) + " in the energy pass and " + format_ns(latency_ns_) +
                       " in the latency pass";
    }
  }

  Runnable& runnable_;
  EnergyMeter& meter_;
  const Clock& clock_;
  const EnergyWindowOptions& options_;
  double latency_ns_;
  LoadReader* load_;
  EnergyTicks ticks_;
  bool aligned_;
  std::int64_t period_ns_ = 0;
  std::int64_t window_ns_ = 0;
  std::int64_t batch_ = 1;
  double energy_j_ = 0;
  double waited_s_ = 0;
};

}  // namespace

EnergyMeasurement Session::measure_energy(const Subject& subject, EnergyMeter& meter,
                                          const EnergyWindowOptions& options, double latency_ns, LoadReader* load) {
  EnergyMeasurement result;
  result.kind = meter.info().kind;
  result.meter = meter.info().name;
  result.scope = meter.info().scope;
  result.method = meter.info().method;
  if (subject.cold) {
    result.reason = "energy of a cold-cache case is not measured: evicting the caches would be in the window";
    return result;
  }
  try {
    EnergyPass(*subject.runnable, meter, clock_, options, latency_ns, load).measure(result);
  } catch (const MeterFault& fault) {
    // Nothing is wrong with the case: it has its latency, and this is why it has no energy.
    result.energy_j.reset();
    result.dynamic_j.reset();
    result.reason = fault.what();
  }
  return result;
}

}  // namespace hetscope

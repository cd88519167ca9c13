// Samples become medians, percentiles and intervals here, and nowhere else.
#include "harness/run/record_of.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "harness/statistics/dependence.hpp"
#include "harness/statistics/statistics.hpp"
#include "harness/statistics/steady_state.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kFewestSamples = 5;

// One clock of a measurement; samples that this clock missed are left out.
LatencyRecord latency_of(const Measurement& measurement, const std::vector<double>& totals_ns, std::uint64_t seed) {
  LatencyRecord latency;
  std::vector<double> values;
  for (std::size_t i = 0; i < totals_ns.size(); ++i) {
    if (std::isnan(totals_ns[i])) continue;
    latency.rounds.push_back(measurement.rounds[i]);
    latency.order.push_back(measurement.order[i]);
    latency.iterations.push_back(measurement.iterations[i]);
    latency.totals_ns.push_back(totals_ns[i]);
    values.push_back(totals_ns[i] / static_cast<double>(measurement.iterations[i]));
  }
  latency.n = std::ssize(values);
  if (values.empty()) return latency;
  const Interval interval = median_interval_by_round(values, latency.rounds, seed);
  latency.median_ns = median(values);
  latency.p05_ns = quantile(values, 0.05);
  latency.p95_ns = quantile(values, 0.95);
  latency.mean_ns = mean(values);
  latency.ci95_low_ns = interval.low;
  latency.ci95_high_ns = interval.high;
  latency.converged = measurement.converged;
  latency.effective_n = effective_sample_size(values);
  latency.steady = find_steady_state(values).steady;
  latency.stop_rule = std::string(StopRule::kId);
  latency.discarded = measurement.discarded;
  return latency;
}

}  // namespace

VerifyRecord record_of(const Verification& verification) {
  return {verification.max_abs_error, verification.max_scaled_error, verification.tolerance.atol,
          verification.tolerance.rtol, verification.checked};
}

void add_numerics(Record& record, const std::vector<HostTensor>& outputs,
                  const std::vector<Expectation>& expectations) {
  const auto is_exact = [](const Expectation& expectation) { return expectation.values.empty(); };
  if (std::ranges::all_of(expectations, is_exact)) return;
  const Numerics numerics = numerics_of(outputs, expectations);
  record.metrics["cosine"] = {numerics.cosine, "1", ""};
  record.metrics["max_ulp"] = {numerics.max_ulp, "ulp", ""};
  record.metrics["median_ulp"] = {numerics.median_ulp, "ulp", ""};
  record.metrics["not_finite"] = {static_cast<double>(numerics.not_finite), "1", ""};
}

EnergyRecord record_of(const EnergyMeasurement& energy) {
  EnergyRecord record;
  record.value_j = energy.energy_j;
  record.kind = energy.energy_j ? std::string(to_string(energy.kind)) : "none";
  record.meter = energy.meter;
  record.scope = energy.scope;
  record.method = energy.method;
  record.reason = energy.reason;
  if (energy.runs == 0) return record;
  record.window_s = energy.window_s;
  record.runs = energy.runs;
  record.idle_w = (energy.idle_before_w + energy.idle_after_w) / 2;
  record.dynamic_j = energy.dynamic_j;
  if (energy.ci95_j) record.ci95_j = {energy.ci95_j->low, energy.ci95_j->high};
  record.period_s = energy.period_s;
  record.updates = energy.updates;
  record.aligned = energy.aligned;
  record.idle_before_w = energy.idle_before_w;
  record.idle_after_w = energy.idle_after_w;
  record.background_load = energy.background_load;
  for (const EnergySegment& segment : energy.segments) {
    record.segment_j.push_back(segment.energy_j);
    record.segment_ns.push_back(segment.busy_ns);
    record.segment_runs.push_back(segment.runs);
  }
  return record;
}

std::optional<EdpRecord> edp_of(const EnergyMeasurement& energy, double latency_ns) {
  if (!energy.energy_j || !energy.agrees_with_latency) return std::nullopt;
  const double edp_js = *energy.energy_j * latency_ns * 1e-9;
  const Interval interval = edp_interval(energy.segments, edp_js, EnergyWindowOptions{}.seed);
  return EdpRecord{edp_js, std::string(to_string(energy.kind)), std::pair(interval.low, interval.high)};
}

EnergyRecord no_energy(std::string reason) {
  EnergyRecord record;
  record.reason = std::move(reason);
  return record;
}

ConditionsRecord record_of(const ConditionsLog& log) {
  const Conditions& after = log.after;
  ConditionsRecord record;
  record.launch = after.launch;
  record.affinity = after.affinity;
  record.freq_khz = after.freq_khz;
  record.temp_c = after.temp_c;
  record.load = after.load;
  record.governor = after.governor;
  record.before_khz = log.before.freq_khz;
  record.lowest_khz = log.lowest_khz;
  record.before_c = log.before.temp_c;
  record.hottest_c = log.hottest_c;
  record.cooling = after.cooling;
  if (after.battery)
    record.battery = BatteryRecord{after.battery->percent, after.battery->status, after.battery->temp_c};
  record.screen = after.screen;
  record.cpuset = after.cpuset;
  record.thermal_status = after.thermal_status;
  return record;
}

BlockSpeedRecord record_of_speed(const Measurement& measurement) {
  const BlockSpeed& speed = measurement.speed;
  return {speed.blocks,
          speed.slow,
          speed.discarded,
          speed.slowest,
          static_cast<double>(measurement.cooled_ns) * 1e-9,
          measurement.gave_up_cooling};
}

Record unmeasured_record(const RunIdentity& identity, const PlannedGroup& group, const Case& item, Status status,
                         std::string reason) {
  Record record;
  record.run_uuid = identity.run_uuid;
  record.session = identity.session;
  record.boot = identity.boot;
  record.device_model = identity.device_model;
  record.device_unit = identity.device_unit;
  record.item = item;
  record.group = group.key;
  record.baseline_case = group.baseline_of(item.line());
  record.scenario = group.scenario;
  record.status = status;
  record.reason = std::move(reason);
  record.prepare_ns = record.conditions.load = std::numeric_limits<double>::quiet_NaN();
  return record;
}

void add_measurement(Record& record, const Measurement& measurement, const MeasureOptions& options) {
  if (!measurement.failure.empty()) {
    record.status = Status::unsupported;
    record.reason = measurement.failure;
    return;
  }
  for (const auto& [clock, totals_ns] : measurement.totals_ns) {
    LatencyRecord latency = latency_of(measurement, totals_ns, options.seed);
    // A clock that ends at or below zero measured nothing but its own noise: an empty launch costs as much as this one.
    if (latency.n > 0 && latency.median_ns > 0) record.latencies.emplace(clock, std::move(latency));
  }
  record.stages_ns = measurement.stages_ns;
  if (!measurement.no_stages.empty()) record.notes["no_stages"] = one_line(measurement.no_stages);
  record.clock = measurement.principal_clock;
  const LatencyRecord* latency = record.latency();
  if (latency == nullptr || latency->n < kFewestSamples) {
    record.status = Status::unstable;
    record.reason = "only " + std::to_string(latency == nullptr ? 0 : latency->n) + " samples within the budget";
    if (measurement.discarded > 0) {
      record.reason += ", " + std::to_string(measurement.discarded) + " discarded because the processor was slow";
    }
    record.reason += "; give the scenario a larger budget_s";
    if (latency == nullptr) record.clock.clear();
    return;
  }
  if (*latency->effective_n < kMinEffectiveSize) {
    record.status = Status::unstable;
    const bool is_dependent = *latency->effective_n < static_cast<double>(latency->n);
    record.reason =
        fmt::format("{} samples{} (below {}); give the scenario a larger budget_s{}", latency->n,
                    is_dependent ? fmt::format(", of an effective size of {} only because neighbours repeat each other",
                                               format_number(*latency->effective_n, 2))
                                 : " within the budget",
                    format_number(kMinEffectiveSize, 2), is_dependent ? " or the machine more quiet" : "");
    return;
  }
  if (latency->ci95_low_ns <= 0) {
    record.status = Status::unstable;
    record.reason = fmt::format(
        "its time's 95 % interval, from {} to {}, includes zero; give the scenario a larger budget_s "
        "or the machine more quiet",
        format_ns(latency->ci95_low_ns), format_ns(latency->ci95_high_ns));
    return;
  }
  record.status = Status::ok;
}

}  // namespace hetscope

// Pairs of rows of one session as ratios.
#include "reports/paired_sessions.hpp"

#include <cmath>
#include <map>

#include "reports/latency_series.hpp"
#include "reports/summary.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

std::map<std::int32_t, double> round_medians(const LatencyRecord& latency) {
  const LatencySeries series = series_of(latency);
  std::map<std::int32_t, std::vector<double>> rounds;
  for (std::size_t i = 0; i < series.rounds.size(); ++i) rounds[series.rounds[i]].push_back(series.per_iteration_ns[i]);
  std::map<std::int32_t, double> medians;
  for (const auto& [round, samples] : rounds) medians[round] = median(samples);
  return medians;
}

void compare_latency(const Launch& launch, const Measure& measure, SessionRatio& result) {
  result.source = measure.clock.empty() ? common_clock(*launch.candidate, *launch.base) : measure.clock;
  const auto ours = launch.candidate->latencies.find(result.source);
  const auto theirs = launch.base->latencies.find(result.source);
  if (ours == launch.candidate->latencies.end() || theirs == launch.base->latencies.end()) {
    result.reason = measure.clock.empty() ? "no clock in common" : "no clock '" + measure.clock + "' on both sides";
    return;
  }
  result.candidate = ours->second.figure_ns();
  result.baseline = theirs->second.figure_ns();
  // Rounds pair what was measured within milliseconds; rows of two groups share none.
  if (launch.base->group == launch.candidate->group) {
    const auto baselines = round_medians(theirs->second);
    for (const auto& [round, time] : round_medians(ours->second)) {
      if (const auto other = baselines.find(round); other != baselines.end()) {
        result.ratio.rounds.push_back(time / other->second);
      }
    }
  }
  if (result.ratio.rounds.empty()) result.ratio.rounds.push_back(result.candidate / result.baseline);
}

void compare_energy(const Launch& launch, bool with_time, SessionRatio& result) {
  const EnergyRecord* ours = energy_of(*launch.candidate);
  const EnergyRecord* theirs = energy_of(*launch.base);
  if (ours == nullptr || theirs == nullptr) {
    result.reason = std::string("the ") + (ours == nullptr ? "candidate" : "baseline") + " has no energy";
    return;
  }
  if (ours->kind != theirs->kind || ours->meter != theirs->meter || ours->scope != theirs->scope) {
    result.reason = "the energies are of different kinds, meters or scopes";
    return;
  }
  if (with_time && (!launch.candidate->edp || !launch.base->edp)) {
    result.reason = "there is no energy-delay product";
    return;
  }
  result.source = ours->meter + " (" + ours->kind + (ours->scope.empty() ? "" : ", " + ours->scope) + ")";
  result.is_modelled = ours->kind == "modelled";
  result.candidate = with_time ? launch.candidate->edp->value_js : *ours->value_j;
  result.baseline = with_time ? launch.base->edp->value_js : *theirs->value_j;
  result.ratio.rounds.push_back(result.candidate / result.baseline);
}

void compare_metric(const Launch& launch, const Measure& measure, SessionRatio& result) {
  const auto ours = launch.candidate->metrics.find(measure.name);
  const auto theirs = launch.base->metrics.find(measure.name);
  if (ours == launch.candidate->metrics.end() || theirs == launch.base->metrics.end()) {
    const bool is_ours = ours == launch.candidate->metrics.end();
    result.reason =
        std::string("the ") + (is_ours ? "candidate" : "baseline") + " has no metric '" + measure.name + "'";
    return;
  }
  if (ours->second.unit != theirs->second.unit) {
    result.reason = "the metric '" + measure.name + "' has two units";
    return;
  }
  result.source = ours->second.unit;
  result.candidate = ours->second.value;
  result.baseline = theirs->second.value;
  const double ratio = result.candidate / result.baseline;
  result.ratio.rounds.push_back(measure.higher_is_better ? 1 / ratio : ratio);
}

}  // namespace

SessionRatio ratio_in_session(const Launch& launch, const Measure& measure) {
  SessionRatio result;
  result.session = launch.candidate->session;
  result.run = run_of(*launch.candidate);
  result.ratio.unit =
      launch.candidate->device_unit.empty() ? launch.candidate->device_model : launch.candidate->device_unit;
  if (measure.name == "latency") {
    compare_latency(launch, measure, result);
  } else if (measure.name == "energy" || measure.name == "EDP") {
    compare_energy(launch, measure.name == "EDP", result);
  } else {
    compare_metric(launch, measure, result);
  }
  std::erase_if(result.ratio.rounds, [](double ratio) { return !(ratio > 0) || !std::isfinite(ratio); });
  if (result.ratio.rounds.empty() && result.reason.empty()) result.reason = "no ratio of two positive numbers";
  return result;
}

SessionsRatio ratio_of_paired_sessions(std::span<const SessionValues> ratios, std::uint64_t seed, double confidence) {
  // The other side of a pair is inside the ratio already, so it stands as the constant 1.
  std::vector<SessionValues> ones;
  for (const SessionValues& session : ratios) ones.push_back({session.unit, {1.0}});
  return ratio_of_sessions(ones, ratios, seed, confidence);
}

}  // namespace hetscope

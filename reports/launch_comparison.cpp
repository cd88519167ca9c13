// One ratio per launch, then the bootstrap over launches.
#include "reports/launch_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "harness/core/error.hpp"
#include "reports/latency_series.hpp"
#include "reports/summary.hpp"

namespace hetscope {
namespace {

struct Pair {
  double base = 0;
  double candidate = 0;
  double ratio = 0;
};

constexpr double kHalfWidths = 1.959964;  // standard errors in half a 95 % interval

struct RatioWithin {
  double ratio = 0;
  double log_variance = 0;  // as far as the samples of the launch tell it
};

// Rounds pair what was measured within milliseconds; two processes share none. One resample is enough where only the
// ratio is wanted.
RatioWithin ratio_within(const Launch& launch, const std::string& clock, int resamples = 1) {
  const LatencyRecord& base = launch.base->latencies.at(clock);
  const LatencyRecord& candidate = launch.candidate->latencies.at(clock);
  const auto log_variance = [](double low, double high, double centre) {
    return std::pow((high - low) / 2 / kHalfWidths / centre, 2);
  };
  RatioWithin of_medians{candidate.figure_ns() / base.figure_ns(), 0};
  for (const LatencyRecord* side : {&base, &candidate}) {
    of_medians.log_variance += log_variance(side->ci95_low_ns, side->ci95_high_ns, side->figure_ns());
  }
  if (launch.base->group != launch.candidate->group || launch.base->session != launch.candidate->session) {
    return of_medians;
  }
  const LatencySeries ours = series_of(candidate);
  const LatencySeries theirs = series_of(base);
  try {
    const RatioEstimate estimate =
        ratio_of_rounds(ours.per_iteration_ns, ours.rounds, theirs.per_iteration_ns, theirs.rounds, 1, 0.95, resamples);
    return {estimate.ratio, log_variance(estimate.interval.low, estimate.interval.high, estimate.ratio)};
  } catch (const Error&) {
    return of_medians;
  }
}

void add_ratio(LaunchComparison& comparison, std::string quantity, std::string source, const std::vector<Pair>& pairs,
               double margin, std::uint64_t seed) {
  std::vector<double> ratios, base, candidate;
  std::vector<std::int32_t> numbers;
  for (const Pair& pair : pairs) {
    if (!(pair.ratio > 0) || !std::isfinite(pair.ratio)) continue;
    numbers.push_back(static_cast<std::int32_t>(numbers.size()));
    ratios.push_back(pair.ratio);
    base.push_back(pair.base);
    candidate.push_back(pair.candidate);
  }
  if (ratios.size() < 2) return;
  const std::vector<double> ones(ratios.size(), 1.0);
  LaunchRatio result;
  result.quantity = std::move(quantity);
  result.source = std::move(source);
  result.estimate = ratio_of_rounds(ratios, numbers, ones, numbers, seed);
  result.verdict = result.estimate.rounds < kMinLaunches ? Verdict::unclear : judge(result.estimate, margin);
  result.base = median(base);
  result.candidate = median(candidate);
  if (result.verdict == Verdict::unclear)
    result.more_launches = launches_to_decide(result.estimate, margin, kMinLaunches);
  comparison.ratios.push_back(std::move(result));
}

// Pairs of energies whose kind, meter and scope are the same on both sides, by these.
std::map<std::string, std::vector<Pair>> energies_of(
    std::span<const Launch> launches, const std::function<double(const Record&, const EnergyRecord&)>& value) {
  std::map<std::string, std::vector<Pair>> result;
  for (const Launch& launch : launches) {
    const EnergyRecord* ours = energy_of(*launch.candidate);
    const EnergyRecord* theirs = energy_of(*launch.base);
    if (ours == nullptr || theirs == nullptr) continue;
    if (ours->kind != theirs->kind || ours->meter != theirs->meter || ours->scope != theirs->scope) continue;
    const double base = value(*launch.base, *theirs);
    const double candidate = value(*launch.candidate, *ours);
    result[ours->meter + " (" + ours->kind + ", " + ours->scope + ")"].push_back({base, candidate, candidate / base});
  }
  return result;
}

}  // namespace

std::optional<int> launches_to_decide(const RatioEstimate& estimate, double margin, int fewest) {
  const double half_width = (estimate.interval.high - estimate.interval.low) / 2;
  const double distance = std::min(std::abs(estimate.ratio - (1 - margin)), std::abs(estimate.ratio - (1 + margin)));
  constexpr double kMostLaunches = 10'000;
  if (!(distance > 0) || !std::isfinite(half_width)) return std::nullopt;
  // The half-width shrinks with the root of the launches.
  const double wanted = estimate.rounds * std::pow(half_width / distance, 2);
  if (wanted > kMostLaunches) return std::nullopt;
  return std::max({1, static_cast<int>(std::ceil(wanted)) - estimate.rounds, fewest - estimate.rounds});
}

int launch_look(int launches) {
  int look = kMinLaunches;
  while (look < launches) look += (look + 1) / 2;
  return look;
}

LaunchComparison compare_launches(std::span<const Launch> launches, double margin, std::uint64_t seed) {
  LaunchComparison comparison;
  comparison.launches = static_cast<int>(launches.size());
  std::map<std::string, std::vector<Pair>> by_clock;
  for (const Launch& launch : launches) {
    const Record* silent = !has_time(*launch.base)        ? launch.base
                           : !has_time(*launch.candidate) ? launch.candidate
                                                          : nullptr;
    const std::string clock = silent == nullptr ? common_clock(*launch.candidate, *launch.base) : "";
    if (clock.empty()) {
      ++comparison.failed;
      if (!comparison.reason.empty()) continue;
      comparison.reason = silent == nullptr ? "no clock in common"
                                            : silent->item.line() + " is " + std::string(to_string(silent->status)) +
                                                  ": " + silent->reason;
      continue;
    }
    by_clock[clock].push_back({launch.base->latencies.at(clock).figure_ns(),
                               launch.candidate->latencies.at(clock).figure_ns(), ratio_within(launch, clock).ratio});
  }
  for (const auto& [clock, pairs] : by_clock) add_ratio(comparison, "latency", clock, pairs, margin, seed);
  const auto energy = [](const Record&, const EnergyRecord& record) { return record.value_j.value_or(NAN); };
  for (const auto& [meter, pairs] : energies_of(launches, energy)) {
    add_ratio(comparison, "energy", meter, pairs, margin, seed);
  }
  const auto edp = [](const Record& record, const EnergyRecord&) { return record.edp ? record.edp->value_js : NAN; };
  for (const auto& [meter, pairs] : energies_of(launches, edp))
    add_ratio(comparison, "EDP", meter, pairs, margin, seed);
  return comparison;
}

double best_launch_seconds(std::span<const Launch> launches, double seconds, double overhead_s) {
  constexpr double kFewestRuns = 30;
  constexpr int kResamples = 200;
  std::vector<double> ratios;
  double within = 0;
  double slowest_s = 0;
  for (const Launch& launch : launches) {
    if (!has_time(*launch.base) || !has_time(*launch.candidate)) continue;
    const std::string clock = common_clock(*launch.candidate, *launch.base);
    if (clock.empty()) continue;
    const RatioWithin ratio = ratio_within(launch, clock, kResamples);
    ratios.push_back(std::log(ratio.ratio));
    within += ratio.log_variance;
    for (const Record* side : {launch.base, launch.candidate}) {
      slowest_s = std::max(slowest_s, side->latencies.at(clock).figure_ns() / 1e9);
    }
  }
  if (ratios.size() < 2) return kLaunchSeconds;
  within /= static_cast<double>(ratios.size());
  const double centre = mean(ratios);
  double spread = 0;
  for (const double ratio : ratios) spread += std::pow(ratio - centre, 2);
  const double between = spread / static_cast<double>(ratios.size() - 1) - within;
  const double best = between > 0 ? std::sqrt(overhead_s * within * seconds / (2 * between)) : kLaunchSeconds;
  // The comparison is false for what is no number.
  if (!(best < kLaunchSeconds)) return kLaunchSeconds;
  return std::clamp(std::max(best, kFewestRuns * slowest_s), kShortestLaunchSeconds, kLaunchSeconds);
}

std::vector<Launch> launches_of(std::span<const Record> records) {
  std::vector<Launch> launches;
  const Record* base = nullptr;
  for (const Record& record : records) {
    if (record.baseline_case.empty()) {
      base = &record;
    } else if (base != nullptr && base->session == record.session && base->item.line() == record.baseline_case) {
      launches.push_back({base, &record});
      base = nullptr;
    }
  }
  return launches;
}

}  // namespace hetscope

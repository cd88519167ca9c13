// Two stretches of one long measurement.
#include "harness/run/soak.hpp"

#include <cmath>
#include <vector>

#include "harness/statistics/statistics.hpp"

namespace hetscope {
namespace {

constexpr std::int32_t kLeastRounds = 20;

struct Stretch {
  std::vector<double> per_iteration_ns;
  std::vector<std::int32_t> rounds;
};

Stretch stretch_of(const Measurement& measurement, std::int32_t begin, std::int32_t end) {
  const std::vector<double> values = measurement.per_iteration_ns(measurement.principal_clock);
  Stretch stretch;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int32_t round = measurement.rounds[i];
    if (round < begin || round >= end || std::isnan(values[i])) continue;
    stretch.per_iteration_ns.push_back(values[i]);
    stretch.rounds.push_back(round);
  }
  return stretch;
}

}  // namespace

void add_soak(Record& record, const Measurement& measurement, std::uint64_t seed) {
  if (measurement.rounds.empty()) return;
  const std::int32_t end = measurement.rounds.back() + 1;
  if (end < kLeastRounds) return;
  const Stretch first = stretch_of(measurement, 0, end / 20);
  const Stretch last = stretch_of(measurement, end - end / 4, end);
  if (first.rounds.empty() || last.rounds.empty()) return;
  const double first_ns = median(first.per_iteration_ns);
  const double last_ns = median(last.per_iteration_ns);
  const Interval interval =
      interval_of_median_ratio(last.per_iteration_ns, last.rounds, first.per_iteration_ns, first.rounds, seed);
  record.metrics["soak_first"] = {first_ns * 1e-9, "s", ""};
  record.metrics["soak_last"] = {last_ns * 1e-9, "s", ""};
  record.metrics["soak_drift"] = {last_ns / first_ns, "1", ""};
  record.metrics["soak_drift_low"] = {interval.low, "1", ""};
  record.metrics["soak_drift_high"] = {interval.high, "1", ""};
}

}  // namespace hetscope

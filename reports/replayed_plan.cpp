// The plan's row found by its line, and the fastest of its group.
#include "reports/replayed_plan.hpp"

#include <algorithm>

#include "reports/detectors/detectors.hpp"
#include "reports/latency_series.hpp"

namespace hetscope {
namespace {

bool has_time_on(const Record& record, const std::string& clock) {
  const auto latency = record.latencies.find(clock);
  return has_time(record) && latency != record.latencies.end() && latency->second.figure_ns() > 0;
}

}  // namespace

std::string_view to_string(PlanTransfer transfer) {
  switch (transfer) {
    case PlanTransfer::carries_over:
      return "CARRIES OVER";
    case PlanTransfer::does_not_carry_over:
      return "DOES NOT CARRY OVER";
    case PlanTransfer::unclear:
      break;
  }
  return "UNCLEAR";
}

ReplayedPlan judge_replay(const Summary& here, const Case& plan) {
  ReplayedPlan replayed;
  const std::string line = plan.line();
  const auto row = std::ranges::find_if(here.rows, [&line](const Row& one) { return one.line == line; });
  if (row == here.rows.end()) {
    replayed.reason = "was not measured here";
    return replayed;
  }
  const Record& record = *row->record;
  if (!has_time_on(record, record.clock)) {
    replayed.reason = std::string(to_string(record.status)) + ": " + record.reason;
    return replayed;
  }
  replayed.kept = &*row;
  for (const Row& other : here.rows) {
    if (other.run != row->run || other.record->group != record.group) continue;
    if (!has_time_on(*other.record, record.clock)) continue;
    ++replayed.alternatives;
    const auto time_of = [&](const Row& one) { return one.record->latencies.at(record.clock).figure_ns(); };
    if (replayed.best == nullptr || time_of(other) < time_of(*replayed.best)) replayed.best = &other;
  }
  if (replayed.alternatives < 2) {
    replayed.reason = "nothing else of its group has a time";
    return replayed;
  }
  if (replayed.kept == replayed.best) {
    replayed.transfer = PlanTransfer::carries_over;
    return replayed;
  }
  replayed.regret = compare_pair(*replayed.kept, *replayed.best);
  if (!replayed.regret.ratio) {
    replayed.reason = replayed.regret.reason;
    return replayed;
  }
  const double limit = threshold_of("D10");
  const Interval& interval = replayed.regret.ratio->interval;
  if (interval.high <= limit) replayed.transfer = PlanTransfer::carries_over;
  if (interval.low > limit) replayed.transfer = PlanTransfer::does_not_carry_over;
  if (replayed.transfer == PlanTransfer::unclear) replayed.reason = "the interval holds the limit";
  return replayed;
}

}  // namespace hetscope

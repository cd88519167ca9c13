// Sessions become values, values become ratios.
#include "reports/session_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "reports/latency_series.hpp"
#include "reports/summary.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

using Value = std::function<std::vector<double>(const Record&)>;

// The median of each round: what a session's resampling draws from.
std::vector<double> round_medians(const Record& record, const std::string& clock) {
  const auto found = record.latencies.find(clock);
  if (found == record.latencies.end()) return {};
  const LatencySeries series = series_of(found->second);
  std::map<std::int32_t, std::vector<double>> rounds;
  for (std::size_t i = 0; i < series.rounds.size(); ++i) rounds[series.rounds[i]].push_back(series.per_iteration_ns[i]);
  if (rounds.empty()) return {found->second.figure_ns()};
  std::vector<double> medians;
  for (const auto& [round, samples] : rounds) medians.push_back(median(samples));
  return medians;
}

std::vector<SessionValues> values_of(const std::vector<const Record*>& records, const Value& value) {
  std::vector<SessionValues> result;
  for (const Record* record : records) {
    std::vector<double> rounds = value(*record);
    if (!rounds.empty()) result.push_back({record->device_unit, std::move(rounds)});
  }
  return result;
}

double centre(const std::vector<SessionValues>& sessions) {
  std::vector<double> medians;
  for (const SessionValues& session : sessions) medians.push_back(median(session.rounds));
  return median(medians);
}

struct Sides {
  std::vector<const Record*> base, candidate;
};

void add_quantity(SessionComparison& comparison, const Sides& sides, std::string quantity, std::string source,
                  const Value& value, double margin, std::uint64_t seed) {
  const std::vector<SessionValues> base = values_of(sides.base, value);
  const std::vector<SessionValues> candidate = values_of(sides.candidate, value);
  if (base.empty() || candidate.empty()) return;
  const SessionsRatio ratio = ratio_of_sessions(base, candidate, seed);
  LaunchRatio result;
  result.quantity = std::move(quantity);
  result.source = std::move(source);
  result.estimate.ratio = ratio.ratio;
  result.estimate.interval = ratio.interval;
  result.estimate.rounds = std::min(ratio.sessions_base, ratio.sessions_candidate);
  result.base = centre(base);
  result.candidate = centre(candidate);
  if (result.estimate.rounds >= kMinSessions) {
    result.verdict = judge(ratio.interval, margin);
  } else {
    result.more_launches = kMinSessions - result.estimate.rounds;
    comparison.comparison.reason = "fewer than " + std::to_string(kMinSessions) + " sessions a side decide nothing";
  }
  comparison.unit_spread = std::max(comparison.unit_spread, ratio.unit_spread);
  comparison.comparison.ratios.push_back(std::move(result));
}

std::set<std::string> units_of(const std::vector<const Record*>& records) {
  std::set<std::string> units;
  for (const Record* record : records) units.insert(record->device_unit);
  return units;
}

// The meter by which every row of both sides has an energy; nullptr without one.
const EnergyRecord* common_energy(const Sides& sides) {
  const EnergyRecord* first = nullptr;
  for (const auto* records : {&sides.base, &sides.candidate}) {
    for (const Record* record : *records) {
      const EnergyRecord* energy = energy_of(*record);
      if (energy == nullptr) return nullptr;
      if (first == nullptr) first = energy;
      if (energy->kind != first->kind || energy->meter != first->meter || energy->scope != first->scope) return nullptr;
    }
  }
  return first;
}

SessionComparison compare(const std::string& line, const Sides& sides, double margin, std::uint64_t seed) {
  SessionComparison comparison;
  comparison.line = line;
  comparison.units_base = static_cast<int>(units_of(sides.base).size());
  comparison.units_candidate = static_cast<int>(units_of(sides.candidate).size());
  comparison.comparison.launches = static_cast<int>(std::min(sides.base.size(), sides.candidate.size()));
  const std::string clock = common_clock(*sides.candidate.front(), *sides.base.front());
  if (clock.empty()) {
    comparison.comparison.reason = "no clock in common";
    return comparison;
  }
  add_quantity(
      comparison, sides, "latency", clock, [&](const Record& record) { return round_medians(record, clock); }, margin,
      seed);
  if (const EnergyRecord* energy = common_energy(sides)) {
    const std::string source = energy->meter + " (" + energy->kind + ", " + energy->scope + ")";
    add_quantity(
        comparison, sides, "energy", source,
        [](const Record& record) { return std::vector{*energy_of(record)->value_j}; }, margin, seed);
    add_quantity(
        comparison, sides, "EDP", source,
        [](const Record& record) { return record.edp ? std::vector{record.edp->value_js} : std::vector<double>(); },
        margin, seed);
  }
  return comparison;
}

// In the order of the records; of one run's case the last record, which has no time where trying it again failed.
std::vector<const Record*> last_timed_of(std::span<const Record> records) {
  std::map<std::pair<std::string, std::string>, const Record*> last;
  for (const Record& record : records) last[{run_of(record), record.item.line()}] = &record;
  std::vector<const Record*> result;
  for (const Record& record : records) {
    if (has_time(record) && last.at({run_of(record), record.item.line()}) == &record) result.push_back(&record);
  }
  return result;
}

}  // namespace

std::vector<std::string> differences_between(std::span<const Record> base, std::span<const Record> candidate) {
  const std::pair<const char*, std::function<std::string(const Record&)>> traits[] = {
      {"device model", [](const Record& record) { return record.device_model; }},
      {"launch context", [](const Record& record) { return record.conditions.launch; }},
      {"kind of energy",
       [](const Record& record) {
         const EnergyRecord* energy = energy_of(record);
         return energy == nullptr ? std::string("none") : energy->kind;
       }},
  };
  std::vector<std::string> differences;
  for (const auto& [name, trait] : traits) {
    std::set<std::string> ours, theirs;
    for (const Record& record : base) {
      if (has_time(record)) theirs.insert(trait(record));
    }
    for (const Record& record : candidate) {
      if (has_time(record)) ours.insert(trait(record));
    }
    if (ours != theirs) {
      differences.push_back(std::string(name) + ": " + joined_names(theirs) + " against " + joined_names(ours));
    }
  }
  return differences;
}

std::vector<SessionComparison> compare_sessions(std::span<const Record> base, std::span<const Record> candidate,
                                                double margin, std::uint64_t seed) {
  std::vector<std::string> order;
  std::map<std::string, Sides> by_line;
  for (const Record* record : last_timed_of(base)) {
    const std::string line = record->item.line();
    Sides& sides = by_line[line];
    if (sides.base.empty()) order.push_back(line);
    sides.base.push_back(record);
  }
  for (const Record* record : last_timed_of(candidate)) {
    const auto found = by_line.find(record->item.line());
    if (found != by_line.end()) found->second.candidate.push_back(record);
  }
  std::vector<SessionComparison> result;
  for (const std::string& line : order) {
    const Sides& sides = by_line[line];
    if (!sides.candidate.empty()) result.push_back(compare(line, sides, margin, seed));
  }
  return result;
}

}  // namespace hetscope

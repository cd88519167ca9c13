// See detector_rows.hpp.
#include "reports/detectors/detector_rows.hpp"

#include "reports/latency_series.hpp"

namespace hetscope {

std::map<std::pair<std::size_t, std::string>, std::vector<const Row*>> timed_groups(const Summary& summary) {
  std::map<std::pair<std::size_t, std::string>, std::vector<const Row*>> groups;
  for (const Row& row : summary.rows) {
    if (!row.record->group.empty() && has_time(*row.record)) groups[{row.run, row.record->group}].push_back(&row);
  }
  return groups;
}

std::vector<Measured> of_each_division(const Summary& summary,
                                       const std::function<std::optional<Measured>(const SplitGroup&)>& look) {
  std::vector<Measured> values;
  for (const RowSection& section : summary.results) {
    for (const SplitGroup& group : split_groups(section)) {
      std::optional<Measured> measured = look(group);
      if (!measured) continue;
      if (measured->evidence.empty()) measured->evidence = group.best->line;
      values.push_back(std::move(*measured));
    }
  }
  return values;
}

const LatencyRecord* latency_on(const Row& row, const std::string& clock) {
  if (!has_time(*row.record)) return nullptr;
  const auto latency = row.record->latencies.find(clock);
  return latency == row.record->latencies.end() ? nullptr : &latency->second;
}

}  // namespace hetscope

// Samples and clocks that two rows have in common.
#include "reports/latency_series.hpp"

#include <algorithm>
#include <cmath>

#include "reports/text.hpp"

namespace hetscope {

LatencySeries series_of(const LatencyRecord& latency) {
  LatencySeries series;
  const std::size_t n = std::min({latency.totals_ns.size(), latency.iterations.size(), latency.rounds.size()});
  for (std::size_t i = 0; i < n; ++i) {
    if (latency.iterations[i] <= 0 || std::isnan(latency.totals_ns[i])) continue;
    series.per_iteration_ns.push_back(latency.totals_ns[i] / static_cast<double>(latency.iterations[i]));
    series.rounds.push_back(latency.rounds[i]);
  }
  return series;
}

bool has_time(const Record& record) {
  return (record.status == Status::ok || record.status == Status::unstable) && record.latency() != nullptr;
}

std::string run_of(const Record& record) { return record.run_uuid.empty() ? record.session : record.run_uuid; }

bool is_unverified(const Record& record) { return record.notes.contains("not_verified"); }

std::string unverified_caution(std::size_t rows) {
  return count_of(rows, "row is", "rows are") +
         " of programs whose results nobody verified (notes.not_verified): that they computed what the others did is "
         "their word.";
}

std::string common_clock(const Record& candidate, const Record& baseline) {
  if (candidate.latencies.count(candidate.clock) != 0 && baseline.latencies.count(candidate.clock) != 0) {
    return candidate.clock;
  }
  const std::string host = "host_monotonic";
  if (candidate.latencies.count(host) != 0 && baseline.latencies.count(host) != 0) return host;
  for (const auto& [clock, latency] : candidate.latencies) {
    if (baseline.latencies.count(clock) != 0) return clock;
  }
  return "";
}

}  // namespace hetscope

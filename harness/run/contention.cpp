// Ratios are formed visit by visit, because the three blocks of a visit share the state of the device.
#include "harness/run/contention.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "harness/statistics/statistics.hpp"

namespace hetscope {
namespace {

void set_with_interval(Record& record, const std::string& name, const std::vector<double>& values, std::uint64_t seed) {
  if (values.empty()) return;
  record.metrics[name] = {median(values), "1", ""};
  if (values.size() < 2) return;
  const Interval interval = median_interval(values, seed);
  record.metrics[name + "_low"] = {interval.low, "1", ""};
  record.metrics[name + "_high"] = {interval.high, "1", ""};
}

}  // namespace

void add_contention(Record& record, const LoadedVisits& visits, const Work& load, std::uint64_t seed) {
  std::vector<double> retained, load_retained, efficiency, bandwidth, load_alone_per_s, load_together_per_s;
  for (std::size_t i = 0; i < visits.rounds.size(); ++i) {
    const double of_case = visits.case_alone_ns[i] / visits.case_together_ns[i];
    const double of_load = visits.load_together_per_s[i] / visits.load_alone_per_s[i];
    if (!(of_case > 0) || !(of_load > 0) || !std::isfinite(of_case) || !std::isfinite(of_load)) continue;
    retained.push_back(of_case);
    load_retained.push_back(of_load);
    efficiency.push_back(of_case + of_load);
    load_alone_per_s.push_back(visits.load_alone_per_s[i]);
    load_together_per_s.push_back(visits.load_together_per_s[i]);
    bandwidth.push_back(static_cast<double>(record.executed_bytes) / visits.case_together_ns[i] +
                        static_cast<double>(load.bytes) * visits.load_together_per_s[i] * 1e-9);
  }
  set_with_interval(record, "retained", retained, seed);
  set_with_interval(record, "load_retained", load_retained, seed);
  set_with_interval(record, "concurrency_efficiency", efficiency, seed);
  if (retained.empty()) return;
  record.metrics["load_rate_alone"] = {median(load_alone_per_s), "1/s", ""};
  record.metrics["load_rate_together"] = {median(load_together_per_s), "1/s", ""};
  if (load.bytes > 0) {
    const double gb_each = static_cast<double>(load.bytes) * 1e-9;
    record.metrics["load_bandwidth_alone"] = {median(load_alone_per_s) * gb_each, "GB/s", ""};
    record.metrics["load_bandwidth_together"] = {median(load_together_per_s) * gb_each, "GB/s", ""};
  }
  if (load.bytes > 0 && record.executed_bytes > 0) {
    record.metrics["bandwidth_together"] = {median(bandwidth), "GB/s", ""};
  }
}

}  // namespace hetscope

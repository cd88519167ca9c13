// See row_values.hpp.
#include "reports/row_values.hpp"

#include <algorithm>
#include <cmath>

namespace hetscope {
namespace {

constexpr double kReachOf95 = 1.96;  // standard errors to either side
constexpr double kLeastRelativeError = 0.01;

}  // namespace

std::optional<double> metric_of(const Record& record, const std::string& name) {
  const auto found = record.metrics.find(name);
  if (found == record.metrics.end() || !std::isfinite(found->second.value)) return std::nullopt;
  return found->second.value;
}

double standard_error_of(const LatencyRecord& latency) {
  return (latency.ci95_high_ns - latency.ci95_low_ns) / 2 / kReachOf95;
}

LinePoint line_point_of(double x, const LatencyRecord& latency) {
  return {x, latency.median_ns, std::max(standard_error_of(latency), kLeastRelativeError * latency.median_ns)};
}

}  // namespace hetscope

// See row_values.hpp.
#include "reports/row_values.hpp"

#include <algorithm>
#include <cmath>

namespace hetscope {
namespace {

constexpr double kReachOf95 = 1.96;  // standard errors to either side
constexpr double kLeastRelativeError = 0.01;

template <class Value>
const Value* axis_of(const Record& record, std::string_view axis) {
  const AxisValue* value = record.item.find(axis);
  return value == nullptr ? nullptr : std::get_if<Value>(value);
}

}  // namespace

std::optional<double> metric_of(const Record& record, const std::string& name) {
  const auto found = record.metrics.find(name);
  if (found == record.metrics.end() || !std::isfinite(found->second.value)) return std::nullopt;
  return found->second.value;
}

std::optional<std::int64_t> axis_integer(const Record& record, std::string_view axis) {
  const auto* integer = axis_of<std::int64_t>(record, axis);
  return integer == nullptr ? std::nullopt : std::optional(*integer);
}

std::string axis_text(const Record& record, std::string_view axis) {
  const auto* text = axis_of<std::string>(record, axis);
  return text == nullptr ? std::string() : *text;
}

double standard_error_of(const LatencyRecord& latency) {
  return (latency.ci95_high_ns - latency.ci95_low_ns) / 2 / kReachOf95;
}

LinePoint line_point_of(double x, const LatencyRecord& latency) {
  return {x, latency.median_ns, std::max(standard_error_of(latency), kLeastRelativeError * latency.median_ns)};
}

}  // namespace hetscope

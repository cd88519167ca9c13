// Single values of a record as the sections of a report read them: of another type, not finite or missing is all the
// same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "harness/record/record.hpp"
#include "harness/statistics/linear_fit.hpp"

namespace hetscope {

std::optional<double> metric_of(const Record& record, const std::string& name);
template <class Value>
std::optional<Value> axis_value(const Record& record, std::string_view axis) {
  const AxisValue* value = record.item.find(axis);
  const auto* typed = value == nullptr ? nullptr : std::get_if<Value>(value);
  return typed == nullptr ? std::nullopt : std::optional(*typed);
}

// The time at `x`, for a line through times, with its standard error (an interval of 95 % reaches 1.96 of it to either
// side). Never below 1 % of the time: intervals of one session know nothing of what changes from one placement to the
// next, and a line must not be held by one point.
LinePoint line_point_of(double x, const LatencyRecord& latency);
// Of the median, in ns.
double standard_error_of(const LatencyRecord& latency);

}  // namespace hetscope

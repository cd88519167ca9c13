// The axes that an operation or a kernel understands. Scenarios are checked against them, so that a misspelt axis is an
// error and not an experiment.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/case.hpp"
#include "harness/core/error.hpp"

namespace hetscope {

enum class AxisType { boolean, integer, real, text, dims };
std::string_view to_string(AxisType type);

struct AxisSpec {
  std::string name;
  AxisType type = AxisType::text;
  std::string meaning;                     // one phrase with its unit, for `hetscope list --axes` and error lines
  std::optional<AxisValue> fallback;       // used when a scenario does not say; none: it must, when `required`
  std::vector<std::string> choices;        // texts allowed; empty: any
  bool required = true;                    // false: without a fallback the axis may stay absent
  std::optional<std::int64_t> least = {};  // smallest integer allowed; none: any
  std::optional<std::pair<double, double>> range = {};  // of a real, both ends allowed; none: any
};

// What else runs meanwhile: a case line of its own, or kNoLoad, which is the same as no such axis.
inline constexpr std::string_view kLoadAxis = "load";
inline constexpr std::string_view kNoLoad = "none";

// Axes every case understands: cache (hot, cold), layer (where a shape comes from; for people), load.
std::span<const AxisSpec> common_axes();

// Checks type, least value and choices; throws Error (with `where`). An integer is accepted for a real and for a shape
// of rank 1.
void check_axis(const AxisSpec& spec, const AxisValue& value, std::string_view where);
// For a case of `operation` that lacks a required axis.
Error missing_axis(const AxisSpec& spec, std::string_view operation, std::string_view where);
// `value` in the axis's own type: an integer becomes the real or the shape of rank 1 that it stands for, so that equal
// cases print equal lines. Anything else is returned as it is.
AxisValue canonical_value(const AxisSpec& spec, const AxisValue& value);

}  // namespace hetscope

// Checks of axis values, and the axes that every case has.
#include "harness/kernel/axis.hpp"

#include <algorithm>
#include <array>

#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"
#include "harness/core/units.hpp"

namespace hetscope {
namespace {

AxisType type_of(const AxisValue& value) {
  constexpr std::array kTypes = {AxisType::boolean, AxisType::integer, AxisType::real, AxisType::text, AxisType::dims};
  static_assert(kTypes.size() == std::variant_size_v<AxisValue>);
  return kTypes[value.index()];
}

// An integer stands for a real or for a shape of rank 1 where one is asked for.
bool is_accepted(AxisType wanted, AxisType given) {
  return given == wanted || (given == AxisType::integer && (wanted == AxisType::real || wanted == AxisType::dims));
}

}  // namespace

std::string_view to_string(AxisType type) {
  switch (type) {
    case AxisType::boolean:
      return "boolean";
    case AxisType::integer:
      return "integer";
    case AxisType::real:
      return "real";
    case AxisType::text:
      return "text";
    case AxisType::dims:
      return "shape";
  }
  return "unknown";
}

std::span<const AxisSpec> common_axes() {
  static const std::array<AxisSpec, 3> kAxes = {
      AxisSpec{"cache",
               AxisType::text,
               "whether operands are in the caches (hot) or not (cold) when a sample starts",
               AxisValue(std::string("hot")),
               {"hot", "cold"}},
      AxisSpec{"layer",
               AxisType::text,
               "the layer of a model that the shape comes from, for people",
               std::nullopt,
               {},
               false},
      AxisSpec{std::string(kLoadAxis),
               AxisType::text,
               "the case line of a kernel that runs on another processor meanwhile, or none",
               std::nullopt,
               {},
               false},
  };
  return kAxes;
}

void check_axis(const AxisSpec& spec, const AxisValue& value, std::string_view where) {
  const AxisType given = type_of(value);
  if (!is_accepted(spec.type, given)) {
    throw Error("axis '" + spec.name + "' is of type " + std::string(to_string(spec.type)) + ", not the " +
                    std::string(to_string(given)) + " " + to_string(value),
                std::string(where), "give " + spec.meaning);
  }
  const auto* integer = std::get_if<std::int64_t>(&value);
  if (integer != nullptr && spec.least && *integer < *spec.least) {
    throw Error("axis '" + spec.name + "' is " + to_string(value) + ", below " + std::to_string(*spec.least),
                std::string(where), "give " + spec.meaning);
  }
  if (spec.range && spec.type == AxisType::real) {
    const double real = integer != nullptr ? static_cast<double>(*integer) : std::get<double>(value);
    // Written so that NaN is outside.
    if (!(real >= spec.range->first && real <= spec.range->second)) {
      throw Error("axis '" + spec.name + "' is " + to_string(value) + ", not from " + format_number(spec.range->first) +
                      " to " + format_number(spec.range->second),
                  std::string(where), "give " + spec.meaning);
    }
  }
  if (spec.choices.empty()) return;
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr && std::ranges::find(spec.choices, *text) == spec.choices.end()) {
    throw unknown_name("value of axis '" + spec.name + "'", *text, spec.choices, std::string(where));
  }
}

Error missing_axis(const AxisSpec& spec, std::string_view operation, std::string_view where) {
  return Error("axis '" + spec.name + "' of " + std::string(operation) + " is missing", std::string(where),
               "give " + spec.meaning);
}

AxisValue canonical_value(const AxisSpec& spec, const AxisValue& value) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  if (integer == nullptr) return value;
  if (spec.type == AxisType::real) return static_cast<double>(*integer);
  if (spec.type == AxisType::dims) return Dims{*integer};
  return value;
}

}  // namespace hetscope

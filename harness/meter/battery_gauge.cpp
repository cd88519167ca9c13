// The rules for a gauge's unit and sign, and the table of exceptions.
#include "harness/meter/battery_gauge.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/core/embedded_file.hpp"
#include "harness/core/units.hpp"

namespace hetscope {

std::span<const EmbeddedFile> battery_quirk_files();

namespace {

constexpr double kLeastA = 0.02;
constexpr double kMostA = 8;
constexpr double kLeastStep = 0.1;

double middle_of(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted.empty() ? 0 : sorted[sorted.size() / 2];
}

// `*` at the end of a pattern stands for any characters.
bool fits(std::string_view pattern, std::string_view model) {
  if (pattern.ends_with('*')) return model.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == model;
}

}  // namespace

std::optional<GaugeMeaning> learn_gauge(std::span<const double> idle, std::span<const double> busy, std::string& why) {
  const double at_idle = middle_of(idle);
  const double under_load = middle_of(busy);
  if (at_idle == 0 || under_load == 0) {
    why = "the gauge shows no current";
    return std::nullopt;
  }
  const std::string counts = format_number(at_idle) + " at idle and " + format_number(under_load) + " under load";
  if ((at_idle < 0) != (under_load < 0)) {
    why = "the current changed its sign, " + counts + ": is the battery being charged at times?";
    return std::nullopt;
  }
  if (std::abs(under_load) < (1 + kLeastStep) * std::abs(at_idle)) {
    why = "load does not show in the current, " + counts;
    return std::nullopt;
  }
  GaugeMeaning meaning;
  meaning.sign = under_load < 0 ? -1 : 1;
  for (const double ampere_per_count : {1e-6, 1e-3}) {
    if (std::abs(at_idle) * ampere_per_count < kLeastA || std::abs(under_load) * ampere_per_count > kMostA) continue;
    meaning.ampere_per_count = ampere_per_count;
    return meaning;
  }
  why = "neither microamperes nor milliamperes make a phone's current of " + counts;
  return std::nullopt;
}

std::optional<double> quirk_ampere_per_count(std::string_view model) {
  const std::string_view text = embedded_text(battery_quirk_files(), "harness/meter/battery_quirks.json");
  const nlohmann::json document = nlohmann::json::parse(text);
  for (const nlohmann::json& quirk : document.at("quirks")) {
    if (fits(quirk.at("model").get_ref<const std::string&>(), model)) return quirk.at("ampere_per_count").get<double>();
  }
  return std::nullopt;
}

}  // namespace hetscope

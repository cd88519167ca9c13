// What a battery gauge's numbers mean. Kernels disagree about the unit and the sign of `current_now`; both are learned
// from a reading at idle and one under load, or known from a table of quirks.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hetscope {

struct GaugeMeaning {
  double ampere_per_count = 0;
  int sign = 1;  // of a count while the battery is being discharged
};

// From counts read at idle and under load while the battery was being discharged. None, with the reason, when they
// leave a doubt: no current, no step, two signs, or a size that no unit makes a phone's (20 mA to 8 A).
std::optional<GaugeMeaning> learn_gauge(std::span<const double> idle, std::span<const double> busy, std::string& why);

// The unit of battery_quirks.json for this model, when it is listed.
std::optional<double> quirk_ampere_per_count(std::string_view model);

}  // namespace hetscope

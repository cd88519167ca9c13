// Energy of one case: a pass of its own of the same code, long enough for about 100 updates of the meter's counter,
// with the idle power before and after. The pass's own time per run must agree with the latency pass, else EDP is
// refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/meter/energy_meter.hpp"

namespace hetscope {

struct EnergyWindowOptions {
  int updates = 100;  // wanted in the window
  std::int64_t min_window_ns = 200'000'000;
  std::int64_t max_window_ns = 120'000'000'000;
  double idle_share = 0.25;  // of the window, before and again after
  double agreement = 0.05;   // largest relative difference of energy pass and latency pass
};

struct EnergyMeasurement {
  std::optional<double> energy_j;   // per run, total; none with the reason below
  std::optional<double> dynamic_j;  // per run, idle subtracted
  EnergyKind kind = EnergyKind::none;
  std::string meter = "none";
  std::string scope;
  double window_s = 0;
  std::int64_t runs = 0;
  std::int64_t updates = 0;  // counter updates seen in the window
  double idle_before_w = 0;
  double idle_after_w = 0;
  double ns_per_run = 0;             // of this pass
  bool agrees_with_latency = false;  // EDP may be formed
  std::string reason;                // why there is no value or no EDP
};

}  // namespace hetscope

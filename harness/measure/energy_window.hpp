// Energy of one case: a pass of its own of the same code, long enough for about 100 updates of the meter's counter,
// with the idle power before and after. The window is cut into segments, each with its energy, time and runs, so that
// the uncertainty of energy and of the energy-delay product can be computed, by us and by anyone else. The pass's own
// time per run must agree with the latency pass, else EDP is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/meter/energy_meter.hpp"
#include "harness/statistics/statistics.hpp"

namespace hetscope {

struct EnergyWindowOptions {
  int updates = 100;        // wanted in the window
  int fewest_updates = 10;  // with fewer there is no value
  int segments = 10;
  std::int64_t min_window_ns = 200'000'000;
  std::int64_t max_window_ns = 120'000'000'000;
  double idle_share = 0.25;        // of the window, before and again after
  double idle_agreement = 0.10;    // largest difference of the two idle powers, as a share of the busy power
  double agreement = 0.05;         // largest relative difference of energy pass and latency pass
  double background_limit = 0.10;  // largest share of all CPUs that others may use in the window
  std::uint64_t seed = 1;          // of the bootstrap
};

// One stretch of the window, from one update of the counter to the end of the last run before another one.
struct EnergySegment {
  double energy_j = 0;  // without the waiting for the update
  double busy_ns = 0;
  std::int64_t runs = 0;
};

struct EnergyMeasurement {
  std::optional<double> energy_j;   // per run, total; none with the reason below
  std::optional<double> dynamic_j;  // per run, idle subtracted; none when idle changed
  std::optional<Interval> ci95_j;   // of energy_j
  EnergyKind kind = EnergyKind::none;
  std::string meter = "none";
  std::string scope;
  std::string method;
  double window_s = 0;  // of running, without waiting
  std::int64_t runs = 0;
  std::int64_t updates = 0;  // counter updates seen in the window
  double period_s = 0;       // of the counter, as measured; nominal for a power that did not change meanwhile
  bool aligned = false;      // segments begin and end at an update
  double idle_before_w = 0;
  double idle_after_w = 0;
  double waiting_w = 0;                   // power while waiting for an update, subtracted from the segments
  std::optional<double> background_load;  // share of all CPUs that others used; none when nobody looked
  std::vector<EnergySegment> segments;
  double ns_per_run = 0;             // of this pass
  bool agrees_with_latency = false;  // EDP may be formed
  std::string reason;                // why there is no value, no dynamic value or no EDP
};

// 95 % interval of joules per run: bootstrap over segments, widened by what a meter cannot tell (resolution and a tenth
// of the energy that was subtracted for waiting).
Interval energy_interval(const EnergyMeasurement& measured, double resolution_j, double waited_s, std::uint64_t seed);

// 95 % interval of energy times delay for an energy-delay product of `edp_js`: the pairs of energy and time of each
// segment are resampled together, and the relative width is carried over. Two equal ends for fewer than two segments.
Interval edp_interval(std::span<const EnergySegment> segments, double edp_js, std::uint64_t seed);

}  // namespace hetscope

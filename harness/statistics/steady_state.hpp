// Has a series of times reached its steady state? Change-point segmentation after Barrett et al. 2017 (arXiv
// 1602.00602).
#pragma once

#include <span>

namespace hetscope {

struct SteadyState {
  bool steady = false;
  int first_steady = 0;  // index of the first sample of the last segment
};

// `samples` in the order of measurement. Steady: the last segment (binary segmentation of the logarithms, penalty
// proportional to log n times a robust variance) holds at least half of the samples, and no earlier segment that is
// itself large (a quarter of the samples) differs from it by more than `tolerance` (relative). Neighbouring segments
// within `tolerance` of the last one count as part of it, as Barrett et al. merge equivalent segments. NaN and samples
// <= 0 are left out; fewer than kMinSteadySamples others cannot tell: not steady.
inline constexpr int kMinSteadySamples = 8;
SteadyState find_steady_state(std::span<const double> samples, double tolerance = 0.02);

// For the warm-up loop: do the last two halves of the trailing `window` block medians agree within `tolerance`? false
// for fewer than `window` medians, or when one of them is NaN.
bool is_settled(std::span<const double> block_medians, int window = 6, double tolerance = 0.03);

}  // namespace hetscope

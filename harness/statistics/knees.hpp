// Where a rate changes along an axis: the sizes at which a working set leaves a cache, found rather than read off a
// plot.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "harness/statistics/statistics.hpp"

namespace hetscope {

struct RatePoint {
  double x = 0;
  double rate = 0;
  double relative_sigma = 0;  // standard error of the rate over the rate
};

// Neighbouring points that share one rate.
struct Plateau {
  double first_x = 0;
  double last_x = 0;
  double rate = 0;  // geometric, weighted mean
  int points = 0;
};

struct Knee {
  double last_x = 0;  // the last point of the level before
  double next_x = 0;  // the first one of the level behind
  double ratio = 0;   // rate behind over rate before: below 1 it falls
  Interval interval;  // of the ratio, 95 %
};

struct KneeSearch {
  std::vector<Plateau> plateaus;  // in ascending x, at least one
  std::vector<Knee> knees;        // between neighbouring plateaus
};

// Levels are told apart from wobble only when they differ by this factor.
inline constexpr double kLeastKnee = 1.25;
// Rates of one level scatter by this much beyond their own errors: one launch of a program knows no better.
inline constexpr double kLevelScatter = 0.05;

// The logarithm of the rate as piecewise constant levels, the number of which is not given: least weighted squares with
// Schwarz's penalty of 2 ln n a change (Yao, "Estimating the number of change-points via Schwarz' criterion", 1988),
// minimised exactly by dynamic programming (Jackson et al., "An algorithm for optimal partitioning of data on an
// interval", 2005). Neighbouring levels whose ratio lies within kLeastKnee are then one, the smallest change first; so
// are those whose interval holds 1. Points that are not finite or not positive are left out; their order does not
// matter. nullopt for fewer than 4.
std::optional<KneeSearch> find_knees(std::span<const RatePoint> points);

}  // namespace hetscope

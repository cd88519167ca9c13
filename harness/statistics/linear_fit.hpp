// A straight line through points whose uncertainties are known: cost = alpha + beta * size.
#pragma once

#include <optional>
#include <span>

#include "harness/statistics/statistics.hpp"

namespace hetscope {

struct LinePoint {
  double x = 0;
  double y = 0;
  double sigma = 0;  // standard error of y
};

struct LinearFit {
  double intercept = 0;
  double slope = 0;
  Interval intercept_interval;  // 95 %
  Interval slope_interval;
  double reduced_chi_squared = 0;        // about 1 where a line and the sigmas explain the points
  double largest_relative_residual = 0;  // |y - fit| / |y|
  int points = 0;
};

// Weighted least squares (weights 1 / sigma^2; for example Press et al., Numerical Recipes, section 15.2). The
// parameters' standard errors are those of the sigmas, times the square root of the reduced chi squared where that is
// above 1, because points that lie further off than their sigmas say are known less well; the intervals are Student's t
// with points - 2 degrees. Points that are not finite or whose sigma is not positive are left out. nullopt for fewer
// than 3 points or when all lie at one x.
std::optional<LinearFit> fit_line(std::span<const LinePoint> points);

}  // namespace hetscope

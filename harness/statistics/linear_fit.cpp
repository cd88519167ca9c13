// Sums about the weighted mean of x, so that sizes from 4 to 2^26 cost no digits.
#include "harness/statistics/linear_fit.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/statistics/distributions.hpp"

namespace hetscope {

std::optional<LinearFit> fit_line(std::span<const LinePoint> points) {
  std::vector<LinePoint> used;
  std::copy_if(points.begin(), points.end(), std::back_inserter(used), [](const LinePoint& point) {
    return std::isfinite(point.x) && std::isfinite(point.y) && std::isfinite(point.sigma) && point.sigma > 0;
  });
  if (used.size() < 3) return std::nullopt;
  const auto weight = [](const LinePoint& point) { return 1 / (point.sigma * point.sigma); };
  double weights = 0, mean_x = 0, mean_y = 0;
  for (const LinePoint& point : used) {
    weights += weight(point);
    mean_x += weight(point) * point.x;
    mean_y += weight(point) * point.y;
  }
  mean_x /= weights;
  mean_y /= weights;
  double spread = 0, joint = 0;
  for (const LinePoint& point : used) {
    spread += weight(point) * (point.x - mean_x) * (point.x - mean_x);
    joint += weight(point) * (point.x - mean_x) * (point.y - mean_y);
  }
  if (!(spread > 0) || !std::isfinite(spread)) return std::nullopt;

  LinearFit fit;
  fit.points = static_cast<int>(used.size());
  fit.slope = joint / spread;
  fit.intercept = mean_y - fit.slope * mean_x;
  double chi_squared = 0;
  for (const LinePoint& point : used) {
    const double residual = point.y - (fit.intercept + fit.slope * point.x);
    chi_squared += weight(point) * residual * residual;
    if (point.y != 0) {
      fit.largest_relative_residual = std::max(fit.largest_relative_residual, std::abs(residual / point.y));
    }
  }
  const double degrees = fit.points - 2;
  fit.reduced_chi_squared = chi_squared / degrees;
  const double reach = student_t_quantile(0.025, degrees) * std::sqrt(std::max(1.0, fit.reduced_chi_squared));
  const double slope_reach = reach * std::sqrt(1 / spread);
  const double intercept_reach = reach * std::sqrt(1 / weights + mean_x * mean_x / spread);
  fit.slope_interval = {fit.slope - slope_reach, fit.slope + slope_reach};
  fit.intercept_interval = {fit.intercept - intercept_reach, fit.intercept + intercept_reach};
  return fit;
}

}  // namespace hetscope

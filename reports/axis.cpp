// Choice of range, scale and ticks; see axis.hpp.
#include "reports/axis.hpp"

#include <algorithm>
#include <cmath>

namespace hetscope {
namespace {

constexpr double kLogarithmicSpan = 20;
constexpr double kRoom = 0.04;
constexpr int kWantedTicks = 5;

// 1, 2 or 5 times a power of ten, at least `step`.
double round_step(double step) {
  const double power = std::pow(10.0, std::floor(std::log10(step)));
  for (double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= step * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

void add_linear_ticks(Axis& axis) {
  const double step = round_step((axis.high - axis.low) / kWantedTicks);
  const double first = std::ceil(axis.low / step);
  for (int i = 0; i <= 2 * kWantedTicks; ++i) {
    const double tick = (first + i) * step;
    if (tick > axis.high) break;
    axis.ticks.push_back(tick);
  }
}

void add_logarithmic_ticks(Axis& axis) {
  const double decades = std::log10(axis.high / axis.low);
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / 6)));
  const bool has_between = decades < 2.5;
  for (int power = static_cast<int>(std::floor(std::log10(axis.low))); std::pow(10.0, power) <= axis.high;
       power += stride) {
    for (double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * std::pow(10.0, power);
      if ((factor == 1 || has_between) && tick >= axis.low && tick <= axis.high) axis.ticks.push_back(tick);
    }
  }
}

}  // namespace

double Axis::position(double value) const {
  const double share = is_logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  // The negation takes NaN to the left edge too.
  if (!(share > 0)) return 0;
  return std::min(share, 1.0);
}

Axis make_axis(std::span<const double> values) {
  double low = INFINITY;
  double high = -INFINITY;
  for (double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  Axis axis;
  if (low > high) return axis;
  if (low > 0 && high / low > kLogarithmicSpan) {
    const double room = std::pow(high / low, kRoom);
    axis = {true, low / room, high * room, {}};
    if (std::isfinite(axis.high) && axis.low > 0) {
      add_logarithmic_ticks(axis);
      return axis;
    }
  }
  double room = kRoom * (high - low);
  if (!(room > 0)) room = low == 0 ? 1 : 0.05 * std::abs(low);
  axis = {false, low - room, high + room, {}};
  if (!std::isfinite(axis.high - axis.low)) return Axis{};
  add_linear_ticks(axis);
  return axis;
}

}  // namespace hetscope

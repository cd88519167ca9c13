// A plot's axis: linear, or logarithmic where the values span more than a factor of 20.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace hetscope {

// Samples that a chart draws one by one; of more, every second, third, ...
inline constexpr std::size_t kMaxDots = 400;

struct Axis {
  bool is_logarithmic = false;
  double low = 0;
  double high = 1;
  std::vector<double> ticks;  // round numbers within [low, high]

  // Where `value` lies, 0 (left) to 1 (right); values outside are put on the edge, NaN on the left edge.
  double position(double value) const;
};

// An axis that shows all of `values` with a little room on both sides. Values that are not finite are ignored.
Axis make_axis(std::span<const double> values);

}  // namespace hetscope

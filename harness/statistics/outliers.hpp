// Samples that stand apart are counted and shown; none is ever dropped.
#pragma once

#include <cstddef>
#include <span>

namespace hetscope {

struct OutlierCounts {
  std::size_t mild = 0;    // beyond 1.5 interquartile ranges of the quartiles (Tukey 1977), and not severe
  std::size_t severe = 0;  // beyond 3 interquartile ranges
  std::size_t by_mad = 0;  // modified z-score above 3.5 (Iglewicz and Hoaglin 1993)
};

// NaN samples are left out; fewer than 4 samples have no outliers.
OutlierCounts count_outliers(std::span<const double> samples);

}  // namespace hetscope

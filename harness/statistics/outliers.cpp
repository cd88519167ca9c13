// Tukey's fences and the modified z-score; see outliers.hpp.
#include "harness/statistics/outliers.hpp"

#include <algorithm>
#include <cmath>

#include "harness/statistics/statistics.hpp"

namespace hetscope {

OutlierCounts count_outliers(std::span<const double> samples) {
  OutlierCounts counts;
  if (std::count_if(samples.begin(), samples.end(), [](double value) { return !std::isnan(value); }) < 4) return counts;
  const double low = quantile(samples, 0.25);
  const double high = quantile(samples, 0.75);
  const double range = high - low;
  const double centre = median(samples);
  const double mad = median_absolute_deviation(samples);
  for (const double value : samples) {
    const double beyond = std::max(low - value, value - high);
    if (beyond > 3 * range) {
      ++counts.severe;
    } else if (beyond > 1.5 * range) {
      ++counts.mild;
    }
    if (0.6745 * std::abs(value - centre) > 3.5 * mad) ++counts.by_mad;
  }
  return counts;
}

}  // namespace hetscope

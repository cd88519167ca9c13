// The step-up rule; see multiple_tests.hpp.
#include "harness/statistics/multiple_tests.hpp"

#include <algorithm>
#include <cmath>

namespace hetscope {

std::vector<bool> discoveries(std::span<const double> p_values, double rate) {
  std::vector<double> sorted;
  for (const double p : p_values) {
    if (!std::isnan(p)) sorted.push_back(p);
  }
  std::sort(sorted.begin(), sorted.end());
  const auto tests = static_cast<double>(sorted.size());
  double threshold = -1;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] <= rate * static_cast<double>(i + 1) / tests) threshold = sorted[i];
  }
  std::vector<bool> result;
  for (const double p : p_values) result.push_back(p <= threshold);
  return result;
}

}  // namespace hetscope

// Fences on known samples, and the step-up rule on the example of its paper.
#include "harness/statistics/outliers.hpp"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "harness/statistics/multiple_tests.hpp"

namespace hetscope {
namespace {

TEST(CountOutliers, ByFencesAndByDeviation) {
  // Quartiles 3 and 7: fences at -3 and 13, and at -9 and 19.
  const std::vector<double> samples{1, 2, 3, 4, 5, 6, 7, 14, 100};
  const OutlierCounts counts = count_outliers(samples);
  EXPECT_EQ(counts.mild, 1u);
  EXPECT_EQ(counts.severe, 1u);
  EXPECT_EQ(counts.by_mad, 1u);  // median 5, deviation 2: beyond 5 +/- 10.4
  EXPECT_EQ(count_outliers(std::vector<double>{1, 2, 900}).severe, 0u);
}

TEST(Discoveries, AsInThePaper) {
  // Benjamini and Hochberg 1995, section 4.1: 15 p-values, four discoveries at 5 %.
  const std::vector<double> p{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                              0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0};
  const std::vector<bool> found = discoveries(p);
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_EQ(found[i], i < 4) << i;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(discoveries(std::vector<double>{nan, 0.01}), (std::vector<bool>{false, true}));
  EXPECT_TRUE(discoveries({}).empty());
}

}  // namespace
}  // namespace hetscope

// Effective sizes and block lengths of series whose dependence is known, and intervals of such series.
#include "harness/statistics/dependence.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "harness/core/random.hpp"
#include "harness/statistics/statistics.hpp"

namespace hetscope {
namespace {

// x[i] = rho x[i-1] + noise, stationary from the start, around `centre`.
std::vector<double> autoregressive(Random& random, int n, double rho, double centre) {
  std::vector<double> series;
  double value = random.normal() / std::sqrt(1 - rho * rho);
  for (int i = 0; i < n; ++i) {
    series.push_back(centre + value);
    value = rho * value + random.normal();
  }
  return series;
}

TEST(RankAutocorrelation, SeesOrderAndNotSize) {
  std::vector<double> rising(50);
  std::iota(rising.begin(), rising.end(), 0.0);
  EXPECT_GT(rank_autocorrelation(rising), 0.9);
  std::vector<double> outlier = rising;
  outlier[25] = 1e12;
  EXPECT_GT(rank_autocorrelation(outlier), 0.75) << "one interrupt does not hide a drift";
  std::vector<double> alternating;
  for (int i = 0; i < 50; ++i) alternating.push_back(i % 2);
  EXPECT_LT(rank_autocorrelation(alternating), -0.9);
  EXPECT_EQ(rank_autocorrelation(std::vector<double>(20, 3.0)), 0);
  EXPECT_EQ(rank_autocorrelation(std::vector<double>{1, 2}), 0);
}

TEST(EffectiveSampleSize, OfAnAutoregressiveSeries) {
  Random random(5);
  double sum = 0;
  for (int i = 0; i < 50; ++i) sum += effective_sample_size(autoregressive(random, 600, 0.5, 100));
  // n (1 - rho) / (1 + rho) = 200; ranks show a little less dependence than values.
  EXPECT_NEAR(sum / 50, 200, 20);
  EXPECT_EQ(effective_sample_size(std::vector<double>(40, 2.0)), 40);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(effective_sample_size(std::vector<double>{nan, 1, 1}), 2);
  EXPECT_EQ(effective_sample_size({}), 0);
}

TEST(EffectiveSize, IsSureOfLessThanItEstimates) {
  Random random(4);
  const std::vector<double> samples = autoregressive(random, 600, 0.5, 100);
  const EffectiveSize size = effective_size_of(samples);
  EXPECT_EQ(size.estimate, effective_sample_size(samples));
  // rho 2 / sqrt(600) higher: about (1 - 0.58) / (1 + 0.58) of 600.
  EXPECT_NEAR(size.at_least, 160, 40);
  EXPECT_LT(size.at_least, size.estimate);
  const EffectiveSize equal = effective_size_of(std::vector<double>(40, 2.0));
  EXPECT_EQ(equal.at_least, 40);
}

TEST(BlockLength, GrowsWithDependence) {
  EXPECT_EQ(block_length(300, 0), 1);
  EXPECT_EQ(block_length(300, 0.11), 1) << "within 2 / sqrt(n): chance";
  EXPECT_EQ(block_length(300, -0.8), 1);
  // 1.3 sqrt(300) = 22.5; the plug-in 1.1447 (4 rho^2 / ((1 - rho)^2 (1 + rho)^2) n)^(1/3) is 9.3 for rho = 1/2
  // and 25.7 for rho = 0.85.
  EXPECT_EQ(block_length(300, 0.5), 23);
  EXPECT_EQ(block_length(300, 0.85), 26);
  EXPECT_EQ(block_length(20, 0.99), 4) << "several blocks remain";
  EXPECT_EQ(block_length(6, 0.9), 1);
}

// Share of intervals that hold the truth, of rounds of one sample each.
double coverage_by_round(double rho, int n, int trials) {
  Random random(77);
  int covered = 0;
  std::vector<std::int32_t> rounds(static_cast<std::size_t>(n));
  std::iota(rounds.begin(), rounds.end(), 0);
  for (int trial = 0; trial < trials; ++trial) {
    const std::vector<double> series = autoregressive(random, n, rho, 100);
    const Interval interval = median_interval_by_round(series, rounds, static_cast<std::uint64_t>(trial), 0.95, 400);
    if (interval.low <= 100 && 100 <= interval.high) ++covered;
  }
  return static_cast<double>(covered) / trials;
}

TEST(MedianIntervalByRound, CoversAnAutocorrelatedSeries) {
  // An effective size of 100; resampling single rounds would cover about 75 %.
  EXPECT_GE(coverage_by_round(0.5, 300, 400), 0.90);
  EXPECT_GE(coverage_by_round(0, 60, 400), 0.92);
}

}  // namespace
}  // namespace hetscope

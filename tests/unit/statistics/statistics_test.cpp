// Quantiles against known numbers, and bootstrap intervals against synthetic samples whose true median is known.
#include "harness/statistics/statistics.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"

namespace hetscope {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Quantile, AgreesWithNumpyLinear) {
  // numpy.quantile(values, q), default method 'linear'.
  const std::vector<double> values{3.2, 1.5, 9.75, 4.0, 7.1, 2.6, 8.8};
  EXPECT_DOUBLE_EQ(quantile(values, 0.0), 1.5);
  EXPECT_DOUBLE_EQ(quantile(values, 0.05), 1.83);
  EXPECT_DOUBLE_EQ(quantile(values, 0.25), 2.9);
  EXPECT_DOUBLE_EQ(quantile(values, 0.5), 4.0);
  EXPECT_DOUBLE_EQ(quantile(values, 0.75), 7.95);
  EXPECT_DOUBLE_EQ(quantile(values, 0.95), 9.465);
  EXPECT_DOUBLE_EQ(quantile(values, 1.0), 9.75);
  const std::vector<double> even{15, 20, 35, 40};
  EXPECT_DOUBLE_EQ(median(even), 27.5);
}

TEST(Quantile, EmptySingleAndOutOfRange) {
  EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
  EXPECT_TRUE(std::isnan(median({})));
  EXPECT_TRUE(std::isnan(mean({})));
  EXPECT_TRUE(std::isnan(median_absolute_deviation({})));
  const std::vector<double> one{7};
  EXPECT_EQ(quantile(one, 0.3), 7);
  EXPECT_EQ(quantile(one, -1), 7);
  EXPECT_EQ(quantile(one, 2), 7);
}

TEST(Quantile, LeavesOutNaN) {
  const std::vector<double> values{kNaN, 3, kNaN, 1, 2};
  EXPECT_EQ(median(values), 2);
  EXPECT_EQ(mean(values), 2);
  EXPECT_EQ(median_absolute_deviation(values), 1);
  EXPECT_TRUE(std::isnan(median(std::vector<double>{kNaN, kNaN})));
}

TEST(Quantile, InfinityStaysOrdered) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> values{1, 2, infinity};
  EXPECT_EQ(median(values), 2);
  EXPECT_EQ(quantile(values, 1), infinity);
  EXPECT_EQ(median(std::vector<double>{infinity, infinity}), infinity);
}

TEST(MedianAbsoluteDeviation, KnownValue) {
  EXPECT_EQ(median_absolute_deviation(std::vector<double>{1, 1, 2, 2, 4, 6, 9}), 1);
}

TEST(MedianRatio, CoversTheTruthAboutAsOftenAsItSays) {
  Random random(7);
  int covered = 0;
  constexpr int kTrials = 400;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> a, b;
    std::vector<std::int32_t> rounds_a, rounds_b;
    for (std::int32_t i = 0; i < 40; ++i) {
      b.push_back(100 + 5 * random.normal());
      rounds_b.push_back(i);
    }
    for (std::int32_t i = 0; i < 120; ++i) {
      a.push_back(110 + 5 * random.normal());
      rounds_a.push_back(1000 + i);
    }
    const Interval interval = interval_of_median_ratio(a, rounds_a, b, rounds_b, 1 + static_cast<std::uint64_t>(trial));
    covered += interval.low <= 1.1 && 1.1 <= interval.high ? 1 : 0;
  }
  EXPECT_GE(covered, kTrials * 92 / 100);
  EXPECT_LE(covered, kTrials * 99 / 100);
}

TEST(MedianRatio, NeedsPositiveNumbers) {
  const std::vector<double> zeros(10, 0.0);
  const std::vector<std::int32_t> rounds = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_TRUE(std::isnan(interval_of_median_ratio(zeros, rounds, zeros, rounds, 1).low));
}

TEST(GeometricMean, KnownAndRefused) {
  EXPECT_NEAR(geometric_mean(std::vector<double>{1, 4, 16}), 4, 1e-12);
  EXPECT_TRUE(std::isnan(geometric_mean({})));
  EXPECT_TRUE(std::isnan(geometric_mean(std::vector<double>{1, 0})));
  EXPECT_TRUE(std::isnan(geometric_mean(std::vector<double>{1, -2})));
}

TEST(Lag1Autocorrelation, KnownSeries) {
  EXPECT_EQ(lag1_autocorrelation(std::vector<double>{1, 2}), 0);
  EXPECT_EQ(lag1_autocorrelation(std::vector<double>{3, 3, 3, 3}), 0);
  // Deviations -1.5 -0.5 0.5 1.5: products 0.75 - 0.25 + 0.75, squares 5.
  EXPECT_DOUBLE_EQ(lag1_autocorrelation(std::vector<double>{1, 2, 3, 4}), 0.25);
  EXPECT_LT(lag1_autocorrelation(std::vector<double>{1, -1, 1, -1, 1, -1}), -0.8);
}

TEST(Interval, HalfWidth) {
  EXPECT_DOUBLE_EQ((Interval{98, 102}.half_width_relative(100)), 0.02);
  EXPECT_EQ((Interval{1, 2}.half_width_relative(0)), 0);
}

TEST(MedianInterval, DegenerateInput) {
  const Interval none = median_interval({}, 1);
  EXPECT_TRUE(std::isnan(none.low) && std::isnan(none.high));
  const Interval one = median_interval(std::vector<double>{5}, 1);
  EXPECT_EQ(one.low, 5);
  EXPECT_EQ(one.high, 5);
  const Interval constant = median_interval(std::vector<double>(40, 3.0), 1);
  EXPECT_EQ(constant.low, 3);
  EXPECT_EQ(constant.high, 3);
  const Interval with_nan = median_interval(std::vector<double>{kNaN, 1, 2, 3}, 9);
  const Interval without = median_interval(std::vector<double>{1, 2, 3}, 9);
  EXPECT_EQ(with_nan.low, without.low);
  EXPECT_EQ(with_nan.high, without.high);
  EXPECT_THROW(median_interval(std::vector<double>{1, 2}, 1, 1.0), Error);
  EXPECT_THROW(median_interval(std::vector<double>{1, 2}, 1, 0.95, 0), Error);
}

TEST(MedianInterval, SameSeedSameInterval) {
  Random random(4);
  std::vector<double> samples(101);
  for (double& sample : samples) sample = 100 + random.normal();
  const Interval first = median_interval(samples, 77);
  const Interval again = median_interval(samples, 77);
  EXPECT_EQ(first.low, again.low);
  EXPECT_EQ(first.high, again.high);
  EXPECT_LE(first.low, median(samples));
  EXPECT_GE(first.high, median(samples));
  // Order does not matter, only the multiset does.
  std::vector<double> reversed(samples.rbegin(), samples.rend());
  EXPECT_EQ(median_interval(reversed, 77).low, first.low);
}

TEST(MedianInterval, MoreConfidenceIsWider) {
  Random random(5);
  std::vector<double> samples(60);
  for (double& sample : samples) sample = random.normal();
  const Interval narrow = median_interval(samples, 1, 0.5);
  const Interval wide = median_interval(samples, 1, 0.99);
  EXPECT_LT(wide.low, narrow.low);
  EXPECT_GT(wide.high, narrow.high);
}

// The share of trials whose interval holds the true median.
template <class Draw>
double coverage(int trials, int n, double truth, Draw draw) {
  int covered = 0;
  for (int trial = 0; trial < trials; ++trial) {
    Random random(1000 + static_cast<std::uint64_t>(trial));
    std::vector<double> samples(static_cast<std::size_t>(n));
    for (double& sample : samples) sample = draw(random);
    const Interval interval = median_interval(samples, static_cast<std::uint64_t>(trial), 0.95, 1000);
    covered += interval.low <= truth && truth <= interval.high;
  }
  return static_cast<double>(covered) / trials;
}

TEST(MedianInterval, CoversTheTruthOfNormalSamples) {
  const double share = coverage(600, 40, 100, [](Random& random) { return 100 + 5 * random.normal(); });
  EXPECT_GE(share, 0.90);
  EXPECT_LE(share, 0.98);
}

TEST(MedianInterval, CoversTheTruthOfLognormalSamples) {
  const double share =
      coverage(600, 60, std::exp(2.0), [](Random& random) { return std::exp(2.0 + 0.8 * random.normal()); });
  EXPECT_GE(share, 0.90);
  EXPECT_LE(share, 0.98);
}

// Rounds that share a common shift: 20 rounds of 10 samples, the shift three times the noise within a round.
struct RoundSamples {
  std::vector<double> values;
  std::vector<std::int32_t> rounds;
};
RoundSamples shifted_rounds(std::uint64_t seed) {
  Random random(seed);
  RoundSamples result;
  for (std::int32_t round = 0; round < 20; ++round) {
    const double shift = 3 * random.normal();
    for (int i = 0; i < 10; ++i) {
      result.values.push_back(100 + shift + random.normal());
      result.rounds.push_back(round);
    }
  }
  return result;
}

TEST(MedianIntervalByRound, CoversWhereResamplingSamplesDoesNot) {
  const int trials = 400;
  int by_round = 0;
  int by_sample = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const RoundSamples data = shifted_rounds(static_cast<std::uint64_t>(trial));
    const Interval rounds = median_interval_by_round(data.values, data.rounds, 3, 0.95, 600);
    const Interval samples = median_interval(data.values, 3, 0.95, 600);
    by_round += rounds.low <= 100 && 100 <= rounds.high;
    by_sample += samples.low <= 100 && 100 <= samples.high;
  }
  EXPECT_GE(by_round, trials * 88 / 100);
  EXPECT_LE(by_round, trials * 98 / 100);
  EXPECT_LT(by_sample, trials * 70 / 100);
}

TEST(MedianIntervalByRound, FewRoundsFallBackToSamples) {
  const std::vector<double> samples{1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<std::int32_t> rounds{0, 0, 1, 1, 2, 2, 3, 3};
  const Interval by_round = median_interval_by_round(samples, rounds, 6);
  const Interval by_sample = median_interval(samples, 6);
  EXPECT_EQ(by_round.low, by_sample.low);
  EXPECT_EQ(by_round.high, by_sample.high);
  EXPECT_THROW(median_interval_by_round(samples, std::vector<std::int32_t>{0}, 6), Error);
}

TEST(MedianIntervalByRound, LeavesOutNaN) {
  RoundSamples data = shifted_rounds(1);
  const Interval whole = median_interval_by_round(data.values, data.rounds, 6);
  data.values.push_back(kNaN);
  data.rounds.push_back(99);
  const Interval again = median_interval_by_round(data.values, data.rounds, 6);
  EXPECT_EQ(whole.low, again.low);
  EXPECT_EQ(whole.high, again.high);
}

// Two subjects under a drift that moves both by 60 % over the run: the true ratio is 0.8.
TEST(RatioOfRounds, RecoversARatioUnderDrift) {
  const int trials = 300;
  int covered = 0;
  for (int trial = 0; trial < trials; ++trial) {
    Random random(static_cast<std::uint64_t>(trial));
    RoundSamples a;
    RoundSamples b;
    for (std::int32_t round = 0; round < 25; ++round) {
      const double drift = 1 + 0.6 * round / 25;
      for (int i = 0; i < 8; ++i) {
        a.values.push_back(800 * drift * (1 + 0.01 * random.normal()));
        a.rounds.push_back(round);
        b.values.push_back(1000 * drift * (1 + 0.01 * random.normal()));
        b.rounds.push_back(round);
      }
    }
    const RatioEstimate estimate = ratio_of_rounds(a.values, a.rounds, b.values, b.rounds, 5, 0.95, 500);
    EXPECT_NEAR(estimate.ratio, 0.8, 0.01);
    EXPECT_EQ(estimate.rounds, 25);
    covered += estimate.interval.low <= 0.8 && 0.8 <= estimate.interval.high;
  }
  EXPECT_GE(covered, trials * 90 / 100);
  EXPECT_LE(covered, trials * 99 / 100);
}

TEST(RatioOfRounds, OnlySharedUsableRoundsCount) {
  const std::vector<double> a{10, 20, 30, 40, kNaN, 5};
  const std::vector<std::int32_t> rounds_a{0, 1, 2, 3, 4, 5};
  const std::vector<double> b{5, 10, 15, 7, 0, 9};
  const std::vector<std::int32_t> rounds_b{0, 1, 2, 4, 5, 7};
  const RatioEstimate estimate = ratio_of_rounds(a, rounds_a, b, rounds_b, 1);
  EXPECT_EQ(estimate.rounds, 3);
  EXPECT_EQ(estimate.ratio, 2);
  EXPECT_EQ(estimate.interval.low, 2);
  EXPECT_EQ(estimate.interval.high, 2);
}

TEST(RatioOfRounds, RefusesFewerThanTwoSharedRounds) {
  const std::vector<double> a{1, 2};
  const std::vector<std::int32_t> rounds_a{0, 1};
  const std::vector<std::int32_t> rounds_b{1, 2};
  EXPECT_THROW(ratio_of_rounds(a, rounds_a, a, rounds_b, 1), Error);
  EXPECT_THROW(ratio_of_rounds({}, {}, {}, {}, 1), Error);
  EXPECT_THROW(ratio_of_rounds(a, rounds_a, a, std::vector<std::int32_t>{0}, 1), Error);
}

}  // namespace
}  // namespace hetscope

// Lines whose truth is known.
#include "harness/statistics/linear_fit.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "harness/core/random.hpp"

namespace hetscope {
namespace {

constexpr double kAlpha = 5000;
constexpr double kBeta = 0.25;

// Sizes 4 B to 64 MiB, each time with a relative error of `sigma`.
std::vector<LinePoint> line(double sigma, Random* random = nullptr) {
  std::vector<LinePoint> points;
  for (double x = 4; x <= 1 << 26; x *= 4) {
    const double truth = kAlpha + kBeta * x;
    points.push_back({x, truth * (1 + (random == nullptr ? 0 : sigma * random->normal())), truth * sigma});
  }
  return points;
}

TEST(LinearFit, FindsAnExactLineOverSevenDecades) {
  const auto fit = fit_line(line(0.01));
  ASSERT_TRUE(fit.has_value());
  EXPECT_NEAR(fit->intercept, kAlpha, 1e-6 * kAlpha);
  EXPECT_NEAR(fit->slope, kBeta, 1e-9 * kBeta);
  EXPECT_NEAR(fit->reduced_chi_squared, 0, 1e-9);
  EXPECT_LT(fit->largest_relative_residual, 1e-9);
  EXPECT_EQ(fit->points, 13);
}

TEST(LinearFit, WeightsDecideBetweenPointsThatDisagree) {
  const std::vector<LinePoint> points = {{0, 1, 1e-6}, {1, 2, 1e-6}, {2, 30, 1e3}};
  const auto fit = fit_line(points);
  ASSERT_TRUE(fit.has_value());
  EXPECT_NEAR(fit->intercept, 1, 1e-6);
  EXPECT_NEAR(fit->slope, 1, 1e-6);
}

TEST(LinearFit, AgreesWithAWorkedExample) {
  // Equal sigmas of 1: y = 2.2 + 0.6 x, sum of squares 2.4; by hand.
  const std::vector<LinePoint> points = {{1, 2, 1}, {2, 4, 1}, {3, 5, 1}, {4, 4, 1}, {5, 5, 1}};
  const auto fit = fit_line(points);
  ASSERT_TRUE(fit.has_value());
  EXPECT_NEAR(fit->slope, 0.6, 1e-12);
  EXPECT_NEAR(fit->intercept, 2.2, 1e-12);
  EXPECT_NEAR(fit->reduced_chi_squared, 2.4 / 3, 1e-12);
  // t(0.975, 3) = 3.182446, standard error of the slope sqrt(1 / 10).
  EXPECT_NEAR(fit->slope_interval.high - fit->slope, 3.182446 * std::sqrt(0.1), 1e-5);
  EXPECT_NEAR(fit->intercept_interval.high - fit->intercept, 3.182446 * std::sqrt(0.2 + 0.9), 1e-5);
}

TEST(LinearFit, IntervalsHoldTheTruthAboutAsOftenAsTheySay) {
  Random random(7);
  int slope_held = 0, intercept_held = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto fit = fit_line(line(0.03, &random));
    ASSERT_TRUE(fit.has_value());
    slope_held += fit->slope_interval.low <= kBeta && kBeta <= fit->slope_interval.high ? 1 : 0;
    intercept_held += fit->intercept_interval.low <= kAlpha && kAlpha <= fit->intercept_interval.high ? 1 : 0;
  }
  // Never below 95 % beyond chance; above, because an uncertainty is widened and never narrowed.
  for (const int held : {slope_held, intercept_held}) {
    EXPECT_GE(held, 0.94 * kTrials);
    EXPECT_LE(held, 0.999 * kTrials);
  }
}

TEST(LinearFit, PointsFurtherOffThanTheySayWidenTheIntervals) {
  std::vector<LinePoint> bent = line(0.01);
  bent[6].y *= 1.5;
  const auto straight = fit_line(line(0.01));
  const auto fit = fit_line(bent);
  ASSERT_TRUE(straight && fit);
  EXPECT_GT(fit->reduced_chi_squared, 10);
  EXPECT_GT(fit->slope_interval.high - fit->slope_interval.low,
            3 * (straight->slope_interval.high - straight->slope_interval.low));
  EXPECT_GT(fit->largest_relative_residual, 0.2);
}

TEST(LinearFit, WhatCannotBeFittedIsNot) {
  EXPECT_FALSE(fit_line({}));
  const std::vector<LinePoint> two = {{0, 1, 1}, {1, 2, 1}};
  EXPECT_FALSE(fit_line(two));
  const std::vector<LinePoint> one_x = {{3, 1, 1}, {3, 2, 1}, {3, 4, 1}};
  EXPECT_FALSE(fit_line(one_x));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<LinePoint> unusable = {{0, 1, 1}, {1, 2, 1}, {2, nan, 1}, {3, 4, 0}, {nan, 1, 1}, {4, 1, nan}};
  EXPECT_FALSE(fit_line(unusable));
}

}  // namespace
}  // namespace hetscope

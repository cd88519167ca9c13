// Staircases whose steps are known, and curves that have none.
#include "harness/statistics/knees.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "harness/core/random.hpp"

namespace hetscope {
namespace {

constexpr double kFirst = 16 * 1024;
constexpr double kLast = 64 * 1024 * 1024;

// 200 up to 64 KiB, 90 up to 2 MiB, 20 beyond; each rate off by a relative error of `sigma`.
std::vector<RatePoint> staircase(double sigma, Random* random = nullptr) {
  std::vector<RatePoint> points;
  for (double x = kFirst; x <= kLast; x *= 2) {
    const double level = x <= 65536 ? 200 : x <= 2097152 ? 90 : 20;
    points.push_back({x, level * std::exp(random == nullptr ? 0 : sigma * random->normal()), sigma});
  }
  return points;
}

TEST(Knees, FindsTheStepsOfAStaircase) {
  const auto found = find_knees(staircase(0.01));
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->plateaus.size(), 3U);
  ASSERT_EQ(found->knees.size(), 2U);
  EXPECT_DOUBLE_EQ(found->knees[0].last_x, 65536);
  EXPECT_DOUBLE_EQ(found->knees[0].next_x, 131072);
  EXPECT_NEAR(found->knees[0].ratio, 0.45, 1e-9);
  EXPECT_DOUBLE_EQ(found->knees[1].last_x, 2097152);
  EXPECT_NEAR(found->knees[1].ratio, 20.0 / 90, 1e-9);
  EXPECT_LT(found->knees[1].interval.high, 0.3);
  EXPECT_GT(found->knees[1].interval.low, 0.15);
  EXPECT_DOUBLE_EQ(found->plateaus[0].first_x, kFirst);
  EXPECT_DOUBLE_EQ(found->plateaus[2].last_x, kLast);
  EXPECT_NEAR(found->plateaus[1].rate, 90, 1e-9);
  EXPECT_EQ(found->plateaus[1].points, 5);
}

TEST(Knees, FindsThemUnderNoiseNearlyAlways) {
  Random random(11);
  int right = 0;
  for (int i = 0; i < 200; ++i) {
    const auto found = find_knees(staircase(0.05, &random));
    ASSERT_TRUE(found.has_value());
    right += found->knees.size() == 2 && found->knees[0].last_x == 65536 && found->knees[1].last_x == 2097152 ? 1 : 0;
  }
  EXPECT_GE(right, 190);
}

TEST(Knees, ALevelHasNone) {
  Random random(5);
  int with_knees = 0;
  for (int i = 0; i < 500; ++i) {
    std::vector<RatePoint> level;
    for (double x = kFirst; x <= kLast; x *= 2) level.push_back({x, 50 * std::exp(0.08 * random.normal()), 0.08});
    const auto found = find_knees(level);
    ASSERT_TRUE(found.has_value());
    with_knees += found->knees.empty() ? 0 : 1;
  }
  EXPECT_LE(with_knees, 15);
}

TEST(Knees, AChangeBelowTheLeastOneIsWobble) {
  std::vector<RatePoint> points;
  for (double x = kFirst; x <= kLast; x *= 2) points.push_back({x, x <= 1 << 20 ? 100.0 : 85.0, 0.001});
  const auto found = find_knees(points);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->knees.empty());
  EXPECT_EQ(found->plateaus.size(), 1U);
}

TEST(Knees, ARiseIsAKneeAboveOne) {
  std::vector<RatePoint> points;
  for (double x = kFirst; x <= kLast; x *= 2) points.push_back({x, x < 1 << 20 ? 5.0 : 40.0, 0.02});
  const auto found = find_knees(points);
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->knees.size(), 1U);
  EXPECT_NEAR(found->knees[0].ratio, 8, 1e-9);
}

TEST(Knees, WhatIsHardlyKnownMakesNone) {
  std::vector<RatePoint> points;
  for (double x = kFirst; x <= kLast; x *= 2) points.push_back({x, x <= 1 << 20 ? 100.0 : 60.0, 2.0});
  const auto found = find_knees(points);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->knees.empty());
}

TEST(Knees, OrderDoesNotMatterAndBadPointsAreLeftOut) {
  std::vector<RatePoint> points = staircase(0.01);
  std::vector<RatePoint> shuffled = points;
  Random(3).shuffle(std::span(shuffled));
  shuffled.push_back({1000, 0, 0.01});
  shuffled.push_back({2000, std::numeric_limits<double>::quiet_NaN(), 0.01});
  shuffled.push_back({std::numeric_limits<double>::infinity(), 10, 0.01});
  const auto found = find_knees(shuffled);
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->knees.size(), 2U);
  EXPECT_DOUBLE_EQ(found->knees[0].last_x, 65536);
}

TEST(Knees, FewerThanFourPointsSayNothing) {
  const std::vector<RatePoint> points = {{1, 100, 0.01}, {2, 100, 0.01}, {4, 10, 0.01}};
  EXPECT_FALSE(find_knees(points).has_value());
  EXPECT_FALSE(find_knees({}).has_value());
}

}  // namespace
}  // namespace hetscope

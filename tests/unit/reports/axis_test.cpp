// The axis shows all values, turns logarithmic for wide spans, and survives values that cannot be drawn.
#include "reports/axis.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace hetscope {
namespace {

void expect_shows(const Axis& axis, const std::vector<double>& values) {
  for (double value : values) {
    EXPECT_GE(value, axis.low);
    EXPECT_LE(value, axis.high);
    EXPECT_GE(axis.position(value), 0);
    EXPECT_LE(axis.position(value), 1);
  }
  EXPECT_GE(axis.ticks.size(), 2U);
  EXPECT_LE(axis.ticks.size(), 12U);
  for (double tick : axis.ticks) {
    EXPECT_GE(tick, axis.low);
    EXPECT_LE(tick, axis.high);
  }
}

TEST(Axis, LinearForNarrowSpans) {
  const std::vector<double> values{0.8, 1.02, 1.3};
  const Axis axis = make_axis(values);
  EXPECT_FALSE(axis.is_logarithmic);
  expect_shows(axis, values);
  EXPECT_LT(axis.position(0.8), axis.position(1.3));
}

TEST(Axis, LogarithmicBeyondAFactorOfTwenty) {
  const std::vector<double> values{1e3, 5e4, 2e9};
  const Axis axis = make_axis(values);
  EXPECT_TRUE(axis.is_logarithmic);
  expect_shows(axis, values);
  EXPECT_FALSE(make_axis(std::vector<double>{1, 20}).is_logarithmic);
  EXPECT_TRUE(make_axis(std::vector<double>{1, 21}).is_logarithmic);
  expect_shows(make_axis(std::vector<double>{1, 21}), {1, 21});
  EXPECT_FALSE(make_axis(std::vector<double>{-1, 1000}).is_logarithmic);
}

TEST(Axis, OneValueAndNone) {
  expect_shows(make_axis(std::vector<double>{42}), {42});
  expect_shows(make_axis(std::vector<double>{0}), {0});
  EXPECT_TRUE(make_axis({}).ticks.empty());
  EXPECT_TRUE(make_axis(std::vector<double>{NAN, INFINITY}).ticks.empty());
}

TEST(Axis, ExtremeValuesEnd) {
  for (const std::vector<double>& values :
       {std::vector<double>{1e-300, 1e300}, std::vector<double>{-1.7e308, 1.7e308}, std::vector<double>{5e-324, 1}}) {
    const Axis axis = make_axis(values);
    for (double value : values) {
      EXPECT_GE(axis.position(value), 0);
      EXPECT_LE(axis.position(value), 1);
    }
    EXPECT_LE(axis.ticks.size(), 20U);
  }
  EXPECT_EQ(make_axis(std::vector<double>{1, 2}).position(NAN), 0);
}

}  // namespace
}  // namespace hetscope

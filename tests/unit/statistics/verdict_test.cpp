// The edges between the four verdicts.
#include "harness/statistics/verdict.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

TEST(Verdict, NeedsTheWholeIntervalOnOneSide) {
  EXPECT_EQ(judge(Interval{0.80, 0.97}, 0.02), Verdict::faster);
  EXPECT_EQ(judge(Interval{1.03, 1.20}, 0.02), Verdict::slower);
  EXPECT_EQ(judge(Interval{0.99, 1.01}, 0.02), Verdict::same);
  EXPECT_EQ(judge(Interval{0.90, 1.00}, 0.02), Verdict::unclear);
  EXPECT_EQ(judge(Interval{0.97, 1.03}, 0.02), Verdict::unclear);
  EXPECT_EQ(judge(Interval{0.50, 2.00}, 0.02), Verdict::unclear);
}

TEST(Verdict, MarginItselfBelongsToSame) {
  // 0.25 is exact in binary, so the edges are too.
  EXPECT_EQ(judge(Interval{0.75, 1.25}, 0.25), Verdict::same);
  EXPECT_EQ(judge(Interval{0.5, 0.75}, 0.25), Verdict::unclear);
  EXPECT_EQ(judge(Interval{1.25, 1.5}, 0.25), Verdict::unclear);
}

TEST(Verdict, UnknownIntervalIsUnclear) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(judge(Interval{nan, nan}, 0.02), Verdict::unclear);
  EXPECT_EQ(judge(Interval{nan, 0.5}, 0.02), Verdict::unclear);
  EXPECT_EQ(judge(Interval{2, nan}, 0.02), Verdict::unclear);
  EXPECT_EQ(judge(Interval{0, infinity}, 0.02), Verdict::unclear);
}

TEST(Verdict, MarginMustLieBetweenZeroAndOne) {
  EXPECT_THROW(judge(Interval{1, 1}, 0), Error);
  EXPECT_THROW(judge(Interval{1, 1}, 1), Error);
  EXPECT_THROW(judge(Interval{1, 1}, std::numeric_limits<double>::quiet_NaN()), Error);
}

TEST(Verdict, TooFewRoundsAreUnclear) {
  RatioEstimate estimate{0.5, {0.49, 0.51}, kMinRounds};
  EXPECT_EQ(judge(estimate, 0.02), Verdict::faster);
  estimate.rounds = kMinRounds - 1;
  EXPECT_EQ(judge(estimate, 0.02), Verdict::unclear);
}

TEST(Verdict, Names) {
  EXPECT_EQ(to_string(Verdict::faster), "FASTER");
  EXPECT_EQ(to_string(Verdict::slower), "SLOWER");
  EXPECT_EQ(to_string(Verdict::same), "SAME");
  EXPECT_EQ(to_string(Verdict::unclear), "UNCLEAR");
}

}  // namespace
}  // namespace hetscope

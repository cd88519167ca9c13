// Sessions of known truth: the interval must hold it as often as it says, and must not shrink with more rounds alone.
#include "harness/statistics/hierarchy.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"

namespace hetscope {
namespace {

std::vector<SessionValues> sessions(Random& random, int count, double centre, double between, double within,
                                    int rounds = 15, const std::string& unit = "u") {
  std::vector<SessionValues> result;
  for (int s = 0; s < count; ++s) {
    SessionValues session{unit, {}};
    const double level = centre * std::exp(between * random.normal());
    for (int r = 0; r < rounds; ++r) session.rounds.push_back(level * std::exp(within * random.normal()));
    result.push_back(std::move(session));
  }
  return result;
}

TEST(RatioOfSessions, CoversTheTruth) {
  for (const int count : {3, 5, 12}) {
    Random random(9);
    int covered = 0;
    const int trials = 300;
    for (int trial = 0; trial < trials; ++trial) {
      const auto base = sessions(random, count, 100, 0.03, 0.01);
      const auto candidate = sessions(random, count, 110, 0.03, 0.01);
      const SessionsRatio ratio = ratio_of_sessions(base, candidate, static_cast<std::uint64_t>(trial), 0.95, 300);
      if (ratio.interval.low <= 1.1 && 1.1 <= ratio.interval.high) ++covered;
    }
    EXPECT_GE(covered, trials * 93 / 100) << count << " sessions";
  }
}

TEST(RatioOfSessions, CountsAndSpreads) {
  Random random(1);
  auto base = sessions(random, 3, 100, 0, 0);
  auto candidate = sessions(random, 3, 50, 0, 0);
  const SessionsRatio exact = ratio_of_sessions(base, candidate, 1);
  EXPECT_NEAR(exact.ratio, 0.5, 1e-12);
  EXPECT_NEAR(exact.interval.low, 0.5, 1e-9);
  EXPECT_EQ(exact.sessions_base, 3);
  EXPECT_EQ(exact.unit_spread, 0);

  // Two phones of one model differ by 10 %; their spread is a result.
  for (SessionValues session : sessions(random, 3, 110, 0, 0, 15, "other")) base.push_back(session);
  EXPECT_NEAR(ratio_of_sessions(base, candidate, 1).unit_spread, 0.1, 1e-9);
}

TEST(RatioOfSessions, OneSessionKnowsNothing) {
  Random random(1);
  const auto one = sessions(random, 1, 100, 0, 0.001, 1000);
  const auto many = sessions(random, 9, 100, 0, 0.001);
  const SessionsRatio ratio = ratio_of_sessions(one, many, 1);
  EXPECT_EQ(ratio.interval.low, 0);
  EXPECT_TRUE(std::isinf(ratio.interval.high));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(ratio_of_sessions(std::vector<SessionValues>{{"u", {nan, -1}}}, many, 1), Error);
}

}  // namespace
}  // namespace hetscope

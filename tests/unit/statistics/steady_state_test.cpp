// Steady-state detection on series whose shape is known.
#include "harness/statistics/steady_state.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "harness/core/random.hpp"

namespace hetscope {
namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

// `level(i)` with 1 % noise.
template <class Level>
std::vector<double> series(int n, std::uint64_t seed, Level level) {
  Random random(seed);
  std::vector<double> result;
  for (int i = 0; i < n; ++i) result.push_back(level(i) * (1 + 0.01 * random.normal()));
  return result;
}

TEST(SteadyState, FlatSeriesIsSteadyFromTheStart) {
  int from_the_start = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const SteadyState state = find_steady_state(series(200, seed, [](int) { return 1000.0; }));
    EXPECT_TRUE(state.steady) << seed;
    from_the_start += state.first_steady == 0;
  }
  EXPECT_GE(from_the_start, 48);
}

TEST(SteadyState, ShortWarmUpIsCutOff) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const SteadyState state = find_steady_state(series(200, seed, [](int i) { return i < 30 ? 1500.0 : 1000.0; }));
    EXPECT_TRUE(state.steady) << seed;
    EXPECT_NEAR(state.first_steady, 30, 2) << seed;
  }
}

TEST(SteadyState, LateStepIsNotSteady) {
  const SteadyState state = find_steady_state(series(200, 3, [](int i) { return i < 150 ? 1000.0 : 1100.0; }));
  EXPECT_FALSE(state.steady);
  EXPECT_NEAR(state.first_steady, 150, 2);
}

TEST(SteadyState, TwoLargeLevelsAreNotSteady) {
  const SteadyState state = find_steady_state(series(200, 3, [](int i) { return i < 80 ? 1000.0 : 1100.0; }));
  EXPECT_FALSE(state.steady);
  EXPECT_NEAR(state.first_steady, 80, 2);
}

TEST(SteadyState, DriftIsNotSteady) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_FALSE(find_steady_state(series(300, seed, [](int i) { return 1000.0 + i; })).steady) << seed;
  }
}

TEST(SteadyState, StepsWithinTheToleranceAreOneLevel) {
  const SteadyState state = find_steady_state(series(400, 1, [](int i) { return i < 300 ? 1000.0 : 1010.0; }));
  EXPECT_TRUE(state.steady);
  EXPECT_EQ(state.first_steady, 0);
}

TEST(SteadyState, IsolatedSpikesAreNotLevels) {
  std::vector<double> samples = series(200, 8, [](int) { return 1000.0; });
  for (std::size_t i = 7; i < samples.size(); i += 31) samples[i] *= 20;
  samples.back() *= 50;
  const SteadyState state = find_steady_state(samples);
  EXPECT_TRUE(state.steady);
  EXPECT_EQ(state.first_steady, 0);
}

TEST(SteadyState, ExactSeriesWithoutNoise) {
  EXPECT_TRUE(find_steady_state(std::vector<double>(50, 41.0)).steady);
  std::vector<double> step(50, 41.0);
  for (std::size_t i = 40; i < step.size(); ++i) step[i] = 50;
  EXPECT_FALSE(find_steady_state(step).steady);
}

TEST(SteadyState, MissingSamplesKeepTheirIndex) {
  std::vector<double> samples = series(200, 2, [](int i) { return i < 30 ? 1500.0 : 1000.0; });
  for (std::size_t i = 0; i < 10; ++i) samples[i] = i % 2 == 0 ? kNotANumber : -1;
  const SteadyState state = find_steady_state(samples);
  EXPECT_TRUE(state.steady);
  EXPECT_NEAR(state.first_steady, 30, 2);
}

TEST(SteadyState, TooFewSamplesCannotTell) {
  EXPECT_FALSE(find_steady_state({}).steady);
  EXPECT_FALSE(find_steady_state(std::vector<double>(kMinSteadySamples - 1, 1.0)).steady);
  EXPECT_TRUE(find_steady_state(std::vector<double>(kMinSteadySamples, 1.0)).steady);
  EXPECT_FALSE(find_steady_state(std::vector<double>(50, kNotANumber)).steady);
}

TEST(IsSettled, ComparesTheHalvesOfTheWindow) {
  EXPECT_TRUE(is_settled(std::vector<double>{500, 300, 100, 101, 99, 100, 102, 98}));
  EXPECT_FALSE(is_settled(std::vector<double>{140, 130, 120, 110, 105, 100}));
  EXPECT_FALSE(is_settled(std::vector<double>{100, 100, 100, 100, 100}));
  EXPECT_TRUE(is_settled(std::vector<double>{100, 100, 100, 100}, 4));
  EXPECT_FALSE(is_settled(std::vector<double>{100, 100, 100, kNotANumber}, 4));
  EXPECT_FALSE(is_settled({}));
  EXPECT_FALSE(is_settled(std::vector<double>{1, 1, 1}, 0));
}

}  // namespace
}  // namespace hetscope

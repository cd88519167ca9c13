// The generator's sequence is a contract: these numbers are in old records.
#include "harness/core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace hetscope {
namespace {

TEST(Random, FollowsSplitMix64) {
  // The reference implementation's first outputs for the seed 1234567.
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317ULL);
  EXPECT_EQ(random.next(), 3203168211198807973ULL);
  EXPECT_EQ(random.next(), 9817491932198370423ULL);
}

TEST(Random, SeedFollowsFnv1a) {
  EXPECT_EQ(seed_from(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(seed_from("a"), 0xaf63dc4c8601ec8cULL);
  EXPECT_EQ(seed_from("foobar"), 0x85944171f73967e8ULL);
}

TEST(Random, BelowStaysBelowAndReachesEverything) {
  Random random(7);
  std::vector<int> seen(10);
  for (int i = 0; i < 10000; ++i) {
    const std::uint64_t value = random.below(10);
    ASSERT_LT(value, 10u);
    ++seen[value];
  }
  for (const int count : seen) EXPECT_GT(count, 800);
  for (int i = 0; i < 1000; ++i) ASSERT_LT(random.below(1ULL << 40), 1ULL << 40);
}

TEST(Random, UniformAndNormalHaveTheirMoments) {
  Random random(11);
  constexpr int kCount = 100000;
  double uniform_sum = 0;
  double sum = 0;
  double sum_of_squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double u = random.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
    uniform_sum += u;
    const double z = random.normal();
    sum += z;
    sum_of_squares += z * z;
  }
  EXPECT_NEAR(uniform_sum / kCount, 0.5, 0.01);
  EXPECT_NEAR(sum / kCount, 0.0, 0.02);
  EXPECT_NEAR(sum_of_squares / kCount, 1.0, 0.03);
}

TEST(Random, ShufflePermutes) {
  Random random(3);
  std::vector<int> items(50);
  std::iota(items.begin(), items.end(), 0);
  std::vector<int> shuffled = items;
  random.shuffle(std::span<int>(shuffled));
  EXPECT_NE(shuffled, items);
  std::ranges::sort(shuffled);
  EXPECT_EQ(shuffled, items);
}

}  // namespace
}  // namespace hetscope

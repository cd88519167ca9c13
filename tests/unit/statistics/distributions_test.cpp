// Against published tables, which were computed by others.
#include "harness/statistics/distributions.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

TEST(IncompleteBeta, KnownValues) {
  EXPECT_NEAR(incomplete_beta(1, 1, 0.3), 0.3, 1e-14);
  EXPECT_NEAR(incomplete_beta(2, 3, 0.4), 0.5248, 1e-12);  // 12 (x^2/2 - 2x^3/3 + x^4/4)
  EXPECT_NEAR(incomplete_beta(0.5, 0.5, 0.5), 0.5, 1e-14);
  EXPECT_NEAR(incomplete_beta(500, 500, 0.5), 0.5, 1e-10);
  EXPECT_EQ(incomplete_beta(2, 3, 0), 0);
  EXPECT_EQ(incomplete_beta(2, 3, 1), 1);
}

TEST(StudentTQuantile, OfTheTable) {
  EXPECT_NEAR(student_t_quantile(0.025, 1), 12.7062, 1e-4);
  EXPECT_NEAR(student_t_quantile(0.025, 2), 4.30265, 1e-5);
  EXPECT_NEAR(student_t_quantile(0.025, 10), 2.22814, 1e-5);
  EXPECT_NEAR(student_t_quantile(0.05, 30), 1.69726, 1e-5);
  EXPECT_NEAR(student_t_quantile(0.025, 1e6), 1.95997, 1e-5);
  EXPECT_THROW(student_t_quantile(0, 5), Error);
  EXPECT_THROW(student_t_quantile(0.025, 0), Error);
}

TEST(ClopperPearson, KnownIntervals) {
  // Nothing of n: the upper end is 1 - (alpha / 2)^(1 / n).
  const Interval none = clopper_pearson(0, 300);
  EXPECT_EQ(none.low, 0);
  EXPECT_NEAR(none.high, 1 - std::pow(0.025, 1.0 / 300), 1e-10);
  const Interval all = clopper_pearson(10, 10);
  EXPECT_NEAR(all.low, std::pow(0.025, 0.1), 1e-10);
  EXPECT_EQ(all.high, 1);
  // R: binom.test(5, 20)$conf.int
  const Interval some = clopper_pearson(5, 20);
  EXPECT_NEAR(some.low, 0.08657147, 1e-7);
  EXPECT_NEAR(some.high, 0.49104587, 1e-7);
  EXPECT_EQ(clopper_pearson(0, 0).high, 1);
  EXPECT_THROW(clopper_pearson(3, 2), Error);
}

}  // namespace
}  // namespace hetscope

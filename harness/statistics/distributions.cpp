// The incomplete beta function and what follows from it by bisection; see distributions.hpp.
#include "harness/statistics/distributions.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

// DLMF 8.17.22; converges quickly for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  constexpr int kMostTerms = 10'000;
  double c = 1;
  double d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < kTiny ? kTiny : d);
  double value = d;
  const auto step = [&](double coefficient) {
    d = 1 + coefficient * d;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = 1 + coefficient / c;
    if (std::abs(c) < kTiny) c = kTiny;
    value *= c * d;
    return std::abs(c * d - 1) > std::numeric_limits<double>::epsilon();
  };
  for (int m = 1; m <= kMostTerms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    step(even);
    if (!step(odd)) break;
  }
  return value;
}

// The x in [0, 1] at which the rising `function` reaches `target`.
template <class Function>
double bisect(const Function& function, double target) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < 200 && high - low > 1e-15 * high; ++i) {
    const double middle = (low + high) / 2;
    (function(middle) < target ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_t_quantile(double upper_tail, double degrees) {
  if (!(upper_tail > 0 && upper_tail <= 0.5 && degrees > 0)) {
    throw Error("no t quantile for a tail of " + std::to_string(upper_tail) + " and " + std::to_string(degrees) +
                " degrees of freedom");
  }
  // P(|T| > t) = I_x(degrees / 2, 1 / 2) with x = degrees / (degrees + t^2).
  const double x = bisect([&](double value) { return incomplete_beta(degrees / 2, 0.5, value); }, 2 * upper_tail);
  return std::sqrt(degrees * (1 - x) / x);
}

Interval clopper_pearson(std::int64_t successes, std::int64_t trials, double confidence) {
  if (successes < 0 || successes > trials) {
    throw Error(std::to_string(successes) + " successes of " + std::to_string(trials) + " trials");
  }
  if (trials == 0) return {0, 1};
  const double tail = (1 - confidence) / 2;
  const auto k = static_cast<double>(successes);
  const auto n = static_cast<double>(trials);
  Interval interval{0, 1};
  if (successes > 0) {
    interval.low = bisect([&](double p) { return incomplete_beta(k, n - k + 1, p); }, tail);
  }
  if (successes < trials) {
    interval.high = bisect([&](double p) { return incomplete_beta(k + 1, n - k, p); }, 1 - tail);
  }
  return interval;
}

}  // namespace hetscope

// Autocorrelation of ranks; see dependence.hpp.
#include "harness/statistics/dependence.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "harness/statistics/statistics.hpp"

namespace hetscope {
namespace {

// Rank of each value, equal values sharing the mean of theirs.
std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double rank = static_cast<double>(begin + end - 1) / 2;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
    begin = end;
  }
  return ranks;
}

}  // namespace

double rank_autocorrelation(std::span<const double> samples) {
  std::vector<double> values;
  for (const double sample : samples) {
    if (!std::isnan(sample)) values.push_back(sample);
  }
  return lag1_autocorrelation(ranks_of(values));
}

namespace {

// More than independent samples show by chance, once in 40 times.
bool is_dependent(double n, double rho) { return rho * std::sqrt(n) > 2; }

double effective_size(double n, double rho) { return n * (1 - rho) / (1 + rho); }

}  // namespace

EffectiveSize effective_size_of(std::span<const double> samples) {
  const auto n = static_cast<double>(
      std::count_if(samples.begin(), samples.end(), [](double sample) { return !std::isnan(sample); }));
  const double rho = rank_autocorrelation(samples);
  const double error = 1 / std::sqrt(n);
  return {is_dependent(n, rho) ? effective_size(n, rho) : n,
          rho > error ? effective_size(n, std::min(1.0, rho + 2 * error)) : n};
}

double effective_sample_size(std::span<const double> samples) { return effective_size_of(samples).estimate; }

int block_length(int n, double rho) {
  if (n < 10 || !is_dependent(n, rho)) return 1;
  const double limited = std::min(rho, 0.99);
  const double alpha = 4 * limited * limited / std::pow((1 - limited) * (1 + limited), 2);
  const double narrowest_error = 1.1447 * std::cbrt(alpha * n);
  const double truest_coverage = 1.3 * std::sqrt(n);
  return std::clamp(static_cast<int>(std::ceil(std::max(narrowest_error, truest_coverage))), 1, n / 5);
}

}  // namespace hetscope

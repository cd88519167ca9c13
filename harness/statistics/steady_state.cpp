// Change-point segmentation of a series of times; see steady_state.hpp.
#include "harness/statistics/steady_state.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "harness/statistics/statistics.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMinSegment = 4;
// A segment that holds this share of the samples is a level of its own, not a warm-up.
constexpr double kLargeShare = 0.25;
// Gain that a split must bring, in units of sigma^2 * log n. 2 is the usual choice for independent noise; times of
// neighbouring samples are correlated, which makes chance splits likelier.
constexpr double kPenalty = 4.0;

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Standard deviation of the noise around any slow level, from the differences of neighbours.
double noise_of(std::span<const double> series) {
  std::vector<double> differences;
  for (std::size_t i = 1; i < series.size(); ++i) differences.push_back(series[i] - series[i - 1]);
  return 1.4826 * median_absolute_deviation(differences) / std::sqrt(2.0);
}

// Isolated outliers (an interrupt) must not look like levels: each value is pulled to within 3 sigma of the median of
// its seven neighbours, which leaves steps where they are.
std::vector<double> without_spikes(std::span<const double> series, double sigma) {
  std::vector<double> result(series.begin(), series.end());
  const std::size_t reach = 3;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const std::size_t begin = i < reach ? 0 : i - reach;
    const std::size_t end = std::min(series.size(), i + reach + 1);
    const double level = median(series.subspan(begin, end - begin));
    result[i] = std::clamp(series[i], level - 3 * sigma, level + 3 * sigma);
  }
  return result;
}

// Binary segmentation with the squared-error cost, from prefix sums.
std::vector<Range> segments_of(std::span<const double> series, double sigma) {
  std::vector<double> prefix(series.size() + 1, 0.0);
  for (std::size_t i = 0; i < series.size(); ++i) prefix[i + 1] = prefix[i] + series[i];
  const double penalty = kPenalty * sigma * sigma * std::log(static_cast<double>(series.size()));
  std::vector<Range> open{{0, series.size()}};
  std::vector<Range> closed;
  while (!open.empty()) {
    const Range range = open.back();
    open.pop_back();
    const auto n = static_cast<double>(range.end - range.begin);
    const double mean_all = (prefix[range.end] - prefix[range.begin]) / n;
    double best_gain = penalty;
    std::size_t best_split = 0;
    for (std::size_t split = range.begin + kMinSegment; split + kMinSegment <= range.end; ++split) {
      const auto left = static_cast<double>(split - range.begin);
      const double difference = (prefix[split] - prefix[range.begin]) / left - mean_all;
      const double gain = difference * difference * left * n / (n - left);
      if (gain > best_gain) {
        best_gain = gain;
        best_split = split;
      }
    }
    if (best_split == 0) {
      closed.push_back(range);
    } else {
      open.push_back({range.begin, best_split});
      open.push_back({best_split, range.end});
    }
  }
  std::sort(closed.begin(), closed.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  return closed;
}

}  // namespace

SteadyState find_steady_state(std::span<const double> samples, double tolerance) {
  std::vector<double> logs;
  std::vector<int> index;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (!(samples[i] > 0) || !std::isfinite(samples[i])) continue;
    logs.push_back(std::log(samples[i]));
    index.push_back(static_cast<int>(i));
  }
  if (logs.size() < static_cast<std::size_t>(kMinSteadySamples)) return {};

  // Below a tenth of the tolerance a level is the same level; without this floor a series as exact as the timer's
  // resolution would split at every tick.
  const double sigma = std::max(noise_of(logs), tolerance / 10);
  const std::vector<double> series = without_spikes(logs, sigma);
  const std::vector<Range> segments = segments_of(series, sigma);
  const auto level = [&](const Range& range) {
    return median(std::span<const double>(series).subspan(range.begin, range.end - range.begin));
  };
  const double last_level = level(segments.back());
  const auto differs = [&](const Range& range) { return std::abs(std::expm1(level(range) - last_level)) > tolerance; };

  std::size_t first = segments.size() - 1;
  while (first > 0 && !differs(segments[first - 1])) --first;
  const auto n = static_cast<double>(series.size());
  SteadyState result;
  result.first_steady = index[segments[first].begin];
  result.steady = static_cast<double>(series.size() - segments[first].begin) >= n / 2;
  for (std::size_t i = 0; i < first; ++i) {
    const bool large = static_cast<double>(segments[i].end - segments[i].begin) >= kLargeShare * n;
    if (large && differs(segments[i])) result.steady = false;
  }
  return result;
}

bool is_settled(std::span<const double> block_medians, int window, double tolerance) {
  if (window < 2 || block_medians.size() < static_cast<std::size_t>(window)) return false;
  const std::span<const double> trailing = block_medians.last(static_cast<std::size_t>(window));
  for (double value : trailing) {
    if (std::isnan(value)) return false;
  }
  const std::size_t half = trailing.size() / 2;
  const double before = median(trailing.first(half));
  const double after = median(trailing.last(half));
  return std::abs(after - before) <= tolerance * std::abs(before);
}

}  // namespace hetscope

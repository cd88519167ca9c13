// Order statistics and percentile bootstraps; see statistics.hpp.
#include "harness/statistics/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <string>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/statistics/dependence.hpp"
#include "harness/statistics/distributions.hpp"

namespace hetscope {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> known(std::span<const double> samples) {
  std::vector<double> result;
  result.reserve(samples.size());
  for (double sample : samples) {
    if (!std::isnan(sample)) result.push_back(sample);
  }
  return result;
}

std::vector<double> sorted(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return samples;
}

double quantile_of_sorted(std::span<const double> samples, double q) {
  if (samples.empty()) return kNaN;
  const double position = std::clamp(q, 0.0, 1.0) * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const double fraction = position - static_cast<double>(below);
  // Without this the neighbour would be read past the end, and an infinite neighbour would turn 0 * inf into NaN.
  if (fraction == 0 || samples[below] == samples[below + 1]) return samples[below];
  return samples[below] + fraction * (samples[below + 1] - samples[below]);
}

// The quantile without sorting all of `values`, whose order changes.
double quantile_by_selection(std::vector<double>& values, double q) {
  const double position = q * static_cast<double>(values.size() - 1);
  const auto below = values.begin() + static_cast<std::ptrdiff_t>(position);
  std::nth_element(values.begin(), below, values.end());
  const double fraction = position - std::floor(position);
  if (fraction == 0) return *below;
  const double above = *std::min_element(below + 1, values.end());
  return above == *below ? above : *below + fraction * (above - *below);
}

// Draws n indices below n with replacement, in runs of neighbours of the given length (1: one by one). The series wraps
// around, so that its ends are drawn as often as its middle (circular blocks, Politis and Romano 1992).
template <class Take>
void draw_blocks(std::size_t n, std::size_t length, Random& random, Take&& take) {
  if (length <= 1) {
    for (std::size_t draw = 0; draw < n; ++draw) take(random.below(n));
    return;
  }
  for (std::size_t drawn = 0; drawn < n;) {
    const std::size_t begin = random.below(n);
    for (std::size_t i = 0; i < length && drawn < n; ++i, ++drawn) take((begin + i) % n);
  }
}

std::size_t block_length_of(std::span<const double> series) {
  return static_cast<std::size_t>(block_length(static_cast<int>(series.size()), rank_autocorrelation(series)));
}

// A percentile interval of few replicates is too narrow: its resamples spread like sqrt((k - 1) / k) of the truth, and
// normal quantiles stand where Student's belong (Hesterberg 2015, section 4.3). Both ends move away from the centre by
// the product of these two factors; 1.06 for 30 replicates, 1.006 for 300.
Interval expanded(const Interval& interval, double centre, double replicates, double confidence) {
  if (replicates < 2 || !std::isfinite(interval.low) || !std::isfinite(interval.high)) return interval;
  const double tail = (1 - confidence) / 2;
  constexpr double kAsGoodAsNormal = 1e6;
  const double factor = std::sqrt(replicates / (replicates - 1)) * student_t_quantile(tail, replicates - 1) /
                        student_t_quantile(tail, kAsGoodAsNormal);
  return {centre - factor * (centre - interval.low), centre + factor * (interval.high - centre)};
}

Interval percentiles(std::vector<double> estimates, double confidence) {
  const double low = quantile_by_selection(estimates, (1 - confidence) / 2);
  return {low, quantile_by_selection(estimates, (1 + confidence) / 2)};
}

// The median of a multiset given as ascending values with multiplicities; `total` is their sum, > 0.
template <class WeightOf>
double weighted_median(std::span<const double> ascending, std::int64_t total, WeightOf weight_of) {
  const std::int64_t lower_rank = (total - 1) / 2;
  const std::int64_t upper_rank = total / 2;
  std::int64_t seen = 0;
  double lower = kNaN;
  bool has_lower = false;
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    seen += weight_of(i);
    if (!has_lower && seen > lower_rank) {
      lower = ascending[i];
      has_lower = true;
    }
    if (seen > upper_rank) return lower == ascending[i] ? lower : lower + (ascending[i] - lower) / 2;
  }
  return lower;
}

void check_bootstrap(double confidence, int resamples) {
  if (!(confidence > 0 && confidence < 1)) {
    throw Error("confidence " + std::to_string(confidence) + " is not between 0 and 1");
  }
  if (resamples < 1) throw Error("a bootstrap needs at least 1 resample, not " + std::to_string(resamples));
}

void check_lengths(std::size_t samples, std::size_t rounds) {
  if (samples != rounds) {
    throw Error(std::to_string(samples) + " samples have " + std::to_string(rounds) + " round numbers");
  }
}

// Samples in ascending order, each with the index (0, 1, ...) of its round.
struct SortedRounds {
  std::vector<double> values;
  std::vector<std::int32_t> round_index;
  std::vector<std::int64_t> round_sizes;
  std::vector<double> round_medians;  // in the order in which the rounds first appear: that of time
};

SortedRounds sort_with_rounds(std::span<const double> samples, std::span<const std::int32_t> round_of) {
  std::vector<std::pair<double, std::int32_t>> pairs;
  std::map<std::int32_t, std::int32_t> index_of_round;
  std::vector<std::vector<double>> by_round;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (std::isnan(samples[i])) continue;
    const auto next = static_cast<std::int32_t>(index_of_round.size());
    const std::int32_t index = index_of_round.try_emplace(round_of[i], next).first->second;
    if (index == next) by_round.emplace_back();
    by_round[static_cast<std::size_t>(index)].push_back(samples[i]);
    pairs.emplace_back(samples[i], index);
  }
  std::sort(pairs.begin(), pairs.end());
  SortedRounds result;
  for (const std::vector<double>& round : by_round) {
    result.round_sizes.push_back(static_cast<std::int64_t>(round.size()));
    result.round_medians.push_back(median(round));
  }
  for (const auto& [value, round] : pairs) {
    result.values.push_back(value);
    result.round_index.push_back(round);
  }
  return result;
}

std::map<std::int32_t, double> block_medians(std::span<const double> samples, std::span<const std::int32_t> round_of) {
  std::map<std::int32_t, std::vector<double>> blocks;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (!std::isnan(samples[i])) blocks[round_of[i]].push_back(samples[i]);
  }
  std::map<std::int32_t, double> result;
  for (const auto& [round, block] : blocks) result[round] = median(block);
  return result;
}

// Medians of `resamples` resamples of a series in time order, in blocks of `length`. The values are sorted once;
// a resample is then only a count per value, and its median a walk over the counts.
std::vector<double> resampled_medians(std::span<const double> series, std::size_t length, std::uint64_t seed,
                                      int resamples) {
  const std::size_t n = series.size();
  std::vector<std::size_t> by_value(n);
  std::iota(by_value.begin(), by_value.end(), std::size_t{0});
  std::sort(by_value.begin(), by_value.end(), [&](std::size_t a, std::size_t b) { return series[a] < series[b]; });
  std::vector<double> ascending;
  std::vector<std::size_t> rank_of(n);
  for (std::size_t rank = 0; rank < n; ++rank) {
    ascending.push_back(series[by_value[rank]]);
    rank_of[by_value[rank]] = rank;
  }
  Random random(seed);
  std::vector<std::uint32_t> counts(n);
  std::vector<double> medians;
  medians.reserve(static_cast<std::size_t>(resamples));
  for (int resample = 0; resample < resamples; ++resample) {
    std::fill(counts.begin(), counts.end(), 0U);
    draw_blocks(n, length, random, [&](std::size_t i) { ++counts[rank_of[i]]; });
    medians.push_back(weighted_median(ascending, static_cast<std::int64_t>(n),
                                      [&](std::size_t i) { return static_cast<std::int64_t>(counts[i]); }));
  }
  return medians;
}

// Two-sided p-value of "the ratio is 1": Student's t of the log ratio over the spread of its resamples. Unlike a count
// of resamples it has no floor, so that a large family of comparisons can be told apart.
double p_value_of(double ratio, std::span<const double> estimates, double replicates) {
  double sum = 0;
  double squares = 0;
  for (const double estimate : estimates) {
    const double deviation = std::log(estimate / ratio);
    sum += deviation;
    squares += deviation * deviation;
  }
  const auto n = static_cast<double>(estimates.size());
  const double deviation = std::sqrt(std::max(0.0, squares / n - sum / n * (sum / n)));
  if (ratio == 1 || replicates < 2) return 1;
  if (deviation == 0) return 0;
  const double t = std::log(ratio) / deviation;
  const double degrees = replicates - 1;
  return incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t));
}

}  // namespace

double quantile(std::span<const double> samples, double q) { return quantile_of_sorted(sorted(known(samples)), q); }

double median(std::span<const double> samples) { return quantile(samples, 0.5); }

double mean(std::span<const double> samples) {
  double sum = 0;
  std::size_t count = 0;
  for (double sample : samples) {
    if (std::isnan(sample)) continue;
    sum += sample;
    ++count;
  }
  return count == 0 ? kNaN : sum / static_cast<double>(count);
}

double median_absolute_deviation(std::span<const double> samples) {
  std::vector<double> deviations = known(samples);
  const double centre = median(deviations);
  for (double& value : deviations) value = value == centre ? 0 : std::abs(value - centre);
  return median(deviations);
}

Interval median_interval(std::span<const double> samples, std::uint64_t seed, double confidence, int resamples) {
  check_bootstrap(confidence, resamples);
  const std::vector<double> values = known(samples);
  if (values.empty()) return {kNaN, kNaN};
  if (values.size() == 1) return {values[0], values[0]};
  return expanded(percentiles(resampled_medians(values, 1, seed, resamples), confidence), median(values),
                  static_cast<double>(values.size()), confidence);
}

Interval median_interval_by_round(std::span<const double> samples, std::span<const std::int32_t> round_of,
                                  std::uint64_t seed, double confidence, int resamples) {
  check_bootstrap(confidence, resamples);
  check_lengths(samples.size(), round_of.size());
  const SortedRounds data = sort_with_rounds(samples, round_of);
  const std::size_t rounds = data.round_sizes.size();
  if (rounds < static_cast<std::size_t>(kMinRounds)) return median_interval(samples, seed, confidence, resamples);
  const std::size_t length = block_length_of(data.round_medians);
  Random random(seed);
  std::vector<std::int64_t> weights(rounds);
  std::vector<double> medians;
  medians.reserve(static_cast<std::size_t>(resamples));
  for (int resample = 0; resample < resamples; ++resample) {
    std::fill(weights.begin(), weights.end(), 0);
    std::int64_t total = 0;
    draw_blocks(rounds, length, random, [&](std::size_t round) {
      ++weights[round];
      total += data.round_sizes[round];
    });
    medians.push_back(weighted_median(
        data.values, total, [&](std::size_t i) { return weights[static_cast<std::size_t>(data.round_index[i])]; }));
  }
  return expanded(percentiles(std::move(medians), confidence), median(samples),
                  static_cast<double>(rounds) / static_cast<double>(length), confidence);
}

double lag1_autocorrelation(std::span<const double> samples) {
  const std::vector<double> values = known(samples);
  if (values.size() < 3) return 0;
  const double centre = mean(values);
  double products = 0;
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double deviation = values[i] - centre;
    squares += deviation * deviation;
    if (i > 0) products += deviation * (values[i - 1] - centre);
  }
  return squares > 0 && std::isfinite(squares) ? products / squares : 0;
}

RatioEstimate ratio_of_rounds(std::span<const double> a, std::span<const std::int32_t> round_of_a,
                              std::span<const double> b, std::span<const std::int32_t> round_of_b, std::uint64_t seed,
                              double confidence, int resamples) {
  check_lengths(a.size(), round_of_a.size());
  check_lengths(b.size(), round_of_b.size());
  const auto medians_a = block_medians(a, round_of_a);
  const auto medians_b = block_medians(b, round_of_b);
  std::vector<double> ratios;
  for (const auto& [round, median_a] : medians_a) {
    const auto other = medians_b.find(round);
    if (other == medians_b.end()) continue;
    const double ratio = median_a / other->second;
    if (std::isfinite(ratio) && ratio > 0 && median_a > 0) ratios.push_back(ratio);
  }
  if (ratios.size() < 2) {
    throw Error("only " + std::to_string(ratios.size()) + " shared rounds", {}, "a ratio needs at least 2");
  }
  RatioEstimate estimate;
  estimate.rounds = static_cast<int>(ratios.size());
  estimate.ratio = median(ratios);
  check_bootstrap(confidence, resamples);
  const std::size_t length = block_length_of(ratios);
  const std::vector<double> estimates = resampled_medians(ratios, length, seed, resamples);
  const double replicates = static_cast<double>(ratios.size()) / static_cast<double>(length);
  estimate.p_value = p_value_of(estimate.ratio, estimates, replicates);
  estimate.interval = expanded(percentiles(estimates, confidence), estimate.ratio, replicates, confidence);
  return estimate;
}

Interval interval_of_median_ratio(std::span<const double> a, std::span<const std::int32_t> round_of_a,
                                  std::span<const double> b, std::span<const std::int32_t> round_of_b,
                                  std::uint64_t seed) {
  const double median_a = median(a);
  const double median_b = median(b);
  const Interval of_a = median_interval_by_round(a, round_of_a, seed);
  const Interval of_b = median_interval_by_round(b, round_of_b, seed);
  if (!(of_a.low > 0) || !(of_b.low > 0) || !(median_a > 0) || !(median_b > 0)) return {kNaN, kNaN};
  const double below = std::hypot(std::log(median_a / of_a.low), std::log(of_b.high / median_b));
  const double above = std::hypot(std::log(of_a.high / median_a), std::log(median_b / of_b.low));
  const double ratio = median_a / median_b;
  return {ratio * std::exp(-below), ratio * std::exp(above)};
}

double geometric_mean(std::span<const double> values) {
  double sum = 0;
  std::size_t count = 0;
  for (double value : values) {
    if (std::isnan(value)) continue;
    if (!(value > 0)) return kNaN;
    sum += std::log(value);
    ++count;
  }
  return count == 0 ? kNaN : std::exp(sum / static_cast<double>(count));
}

}  // namespace hetscope

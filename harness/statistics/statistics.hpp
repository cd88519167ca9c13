// Order statistics and percentile-bootstrap intervals. Pure functions of numbers; nothing here knows what was measured.
// Method of each is documented in docs/methodology.md. Resampling is seeded: the same samples give the same interval.
// A NaN is a sample that could not be read: it is left out everywhere, as if it had not been taken.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hetscope {

struct Interval {
  double low = 0;
  double high = 0;
  double half_width_relative(double centre) const { return centre != 0 ? (high - low) / 2 / centre : 0; }
};

inline constexpr int kBootstrapResamples = 2000;
// Below this many rounds no resampling of rounds reaches 95 %: even [min, max] of 4 covers the median 87.5 % of the
// time.
inline constexpr int kMinRounds = 5;

// Quantile q in [0,1] of `samples` (any order) by linear interpolation between order statistics (Hyndman & Fan type 7).
// NaN for no samples.
double quantile(std::span<const double> samples, double q);
double median(std::span<const double> samples);
double mean(std::span<const double> samples);
// Median absolute deviation from the median, unscaled.
double median_absolute_deviation(std::span<const double> samples);

// 95 % (or `confidence`) percentile-bootstrap interval of the median, expanded for few samples as Student's t is. For n
// < 2 the interval is the sample itself (NaN for none).
Interval median_interval(std::span<const double> samples, std::uint64_t seed, double confidence = 0.95,
                         int resamples = kBootstrapResamples);

// The same when samples come in rounds: whole rounds are resampled, because samples of one round share their
// conditions, and neighbouring rounds together (blocks of block_length()) where their medians repeat each other.
// `round_of[i]` numbers the round of sample i; rounds are in time order. With fewer than 5 rounds it falls back to
// median_interval. Throws Error when the two lists differ in length.
Interval median_interval_by_round(std::span<const double> samples, std::span<const std::int32_t> round_of,
                                  std::uint64_t seed, double confidence = 0.95, int resamples = kBootstrapResamples);

// Lag-1 autocorrelation, 0 for fewer than 3 samples or no variance.
double lag1_autocorrelation(std::span<const double> samples);

// Ratio A/B from paired rounds: for each round the ratio of the block medians; centre is the median of these ratios,
// the interval resamples rounds, in blocks where neighbouring ratios repeat each other. Rounds present on one
// side only, and rounds whose ratio is no positive finite number, are ignored. Throws Error for fewer than 2 shared
// rounds, or for lists that differ in length.
struct RatioEstimate {
  double ratio = 0;
  Interval interval;
  int rounds = 0;
  // Two-sided p-value of "the ratio is 1", by Student's t from the spread of the same resamples.
  double p_value = 1;
};
RatioEstimate ratio_of_rounds(std::span<const double> a, std::span<const std::int32_t> round_of_a,
                              std::span<const double> b, std::span<const std::int32_t> round_of_b, std::uint64_t seed,
                              double confidence = 0.95, int resamples = kBootstrapResamples);

// 95 % interval of median(a) / median(b) of two stretches of time that share no round, from the interval of each median
// (median_interval_by_round) by recovering its variance on the logarithmic scale (MOVER: Zou and Donner, Statistics in
// Medicine 27, 2008). NaN unless both medians and their intervals are positive.
Interval interval_of_median_ratio(std::span<const double> a, std::span<const std::int32_t> round_of_a,
                                  std::span<const double> b, std::span<const std::int32_t> round_of_b,
                                  std::uint64_t seed);

// NaN for no values, or when one is not positive.
double geometric_mean(std::span<const double> values);

}  // namespace hetscope

// How much neighbouring samples repeat each other: the effective sample size, and the block length with which a
// bootstrap keeps that dependence.
#pragma once

#include <span>

namespace hetscope {

// Below this effective size no interval is claimed: a row is `unstable`.
inline constexpr double kMinEffectiveSize = 30;

// Lag-1 autocorrelation of the ranks, in [-1, 1]: an outlier (an interrupt) moves a rank by n at most, and cannot hide
// or feign dependence. 0 for fewer than 3 samples or when all are equal. NaN samples are left out.
double rank_autocorrelation(std::span<const double> samples);

// n (1 - rho) / (1 + rho), with rho the rank_autocorrelation where it is above 2 / sqrt(n) (what independent samples
// show by chance, once in 40 times) and else 0: how many independent samples tell as much about the centre of an AR(1)
// series. Samples that are all equal are taken as independent.
double effective_sample_size(std::span<const double> samples);

// The same with what is sure of it: `at_least` counts rho from one standard error (1 / sqrt(n)) on, and two higher than
// it shows. A rule that stops when a series is long enough meets those first that show less dependence than they have.
struct EffectiveSize {
  double estimate = 0;
  double at_least = 0;
};
EffectiveSize effective_size_of(std::span<const double> samples);

// Length of the blocks of a block bootstrap (Kuensch 1989) over `n` values with lag-1 autocorrelation `rho`. 1 (no
// blocks) where rho is not above 2 / sqrt(n). Else the longer of 1.3 sqrt(n), with which intervals cover best (Lazarus,
// Lewis, Stock and Watson 2018, Journal of Business and Economic Statistics 36), and the AR(1) plug-in that estimates
// the spread best (Andrews 1991, Econometrica 59, eq. 6.2 and 6.4, Bartlett kernel); at most n / 5, so that several
// blocks remain.
int block_length(int n, double rho);

}  // namespace hetscope

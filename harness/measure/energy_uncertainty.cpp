// Intervals of energy and energy-delay product from the segments of a window.
#include <cmath>
#include <vector>

#include "harness/core/random.hpp"
#include "harness/measure/energy_window.hpp"

namespace hetscope {
namespace {

constexpr double kLow = 0.025;
constexpr double kHigh = 0.975;

struct PerRun {
  double energy_j = 0;
  double time_ns = 0;
};

PerRun per_run(const EnergySegment& sum) {
  const auto runs = static_cast<double>(sum.runs);
  return {sum.energy_j / runs, sum.busy_ns / runs};
}

EnergySegment sum_of(std::span<const EnergySegment> segments) {
  EnergySegment sum;
  for (const EnergySegment& one : segments) {
    sum.energy_j += one.energy_j;
    sum.busy_ns += one.busy_ns;
    sum.runs += one.runs;
  }
  return sum;
}

// 2.5th and 97.5th percentile of `figure` over resampled windows.
template <class Figure>
Interval resample(std::span<const EnergySegment> segments, std::uint64_t seed, Figure&& figure) {
  Random random(seed);
  std::vector<double> figures;
  for (int i = 0; i < kBootstrapResamples; ++i) {
    EnergySegment sum;
    for (std::size_t drawn = 0; drawn < segments.size(); ++drawn) {
      const EnergySegment& one = segments[random.below(segments.size())];
      sum.energy_j += one.energy_j;
      sum.busy_ns += one.busy_ns;
      sum.runs += one.runs;
    }
    figures.push_back(figure(per_run(sum)));
  }
  return {quantile(figures, kLow), quantile(figures, kHigh)};
}

}  // namespace

Interval energy_interval(const EnergyMeasurement& measured, double resolution_j, double waited_s, std::uint64_t seed) {
  constexpr double kWaitingShare = 0.1;
  const double energy_j = measured.energy_j.value_or(0);
  const double unknown_j =
      (2 * resolution_j + kWaitingShare * measured.waiting_w * waited_s) / static_cast<double>(measured.runs);
  const Interval drawn = measured.segments.size() < 2
                             ? Interval{energy_j, energy_j}
                             : resample(measured.segments, seed, [](const PerRun& one) { return one.energy_j; });
  // Half-widths of independent sources add as their squares do.
  return {energy_j - std::hypot(energy_j - drawn.low, unknown_j),
          energy_j + std::hypot(drawn.high - energy_j, unknown_j)};
}

Interval edp_interval(std::span<const EnergySegment> segments, double edp_js, std::uint64_t seed) {
  if (segments.size() < 2) return {edp_js, edp_js};
  const PerRun all = per_run(sum_of(segments));
  const double centre = all.energy_j * all.time_ns;
  const Interval drawn = resample(segments, seed, [](const PerRun& one) { return one.energy_j * one.time_ns; });
  return {edp_js * drawn.low / centre, edp_js * drawn.high / centre};
}

}  // namespace hetscope

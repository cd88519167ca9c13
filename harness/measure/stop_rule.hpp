// When is enough measured? At least `min_samples` and `min_time`, and an effective size that is surely
// `min_effective_size` where neighbouring samples may repeat each other, until the 95 % bootstrap interval of the
// median is within +/- `half_width`, looked at on a geometric schedule (30, 60, 120, ...: looking rarely keeps the
// interval honest), capped by samples and by the budget. Not reached is recorded as converged=false, never hidden.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hetscope {

struct StopRule {
  static constexpr std::string_view kId = "median-ci/3";
  int min_samples = 30;
  std::int64_t min_time_ns = 500'000'000;
  double half_width = 0.01;
  // An interval of a short dependent series is too narrow about as often as it is stopped for being narrow.
  double min_effective_size = 100;
  int max_samples = 2000;

  // The first look at or after `samples`.
  int next_look(int samples) const;
  // Is the interval of the median of `per_iteration_ns`, resampled by round, narrow enough?
  bool is_converged(std::span<const double> per_iteration_ns, std::span<const std::int32_t> rounds,
                    std::uint64_t seed) const;
};

}  // namespace hetscope

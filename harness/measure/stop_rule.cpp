// The geometric schedule of looks and the test for a narrow interval.
#include "harness/measure/stop_rule.hpp"

#include "harness/statistics/dependence.hpp"
#include "harness/statistics/statistics.hpp"

namespace hetscope {

int StopRule::next_look(int samples) const {
  int look = min_samples;
  while (look < samples) look *= 2;
  return look;
}

bool StopRule::is_converged(std::span<const double> per_iteration_ns, std::span<const std::int32_t> rounds,
                            std::uint64_t seed) const {
  if (static_cast<int>(per_iteration_ns.size()) < min_samples) return false;
  const double effective = effective_size_of(per_iteration_ns).at_least;
  const bool may_depend = effective < static_cast<double>(per_iteration_ns.size());
  if (may_depend && effective < min_effective_size) return false;
  const double centre = median(per_iteration_ns);
  if (!(centre > 0)) return false;
  return median_interval_by_round(per_iteration_ns, rounds, seed).half_width_relative(centre) <= half_width;
}

}  // namespace hetscope

// The arithmetic of counters and powers, and their lies.
#include "harness/meter/accumulate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/core/units.hpp"

namespace hetscope {
namespace {

constexpr double kLeastSlackS = 0.1;

std::string watts(double power_w) { return format_si(power_w, "W"); }

}  // namespace

CountedEnergy::CountedEnergy(const MeterInfo& info, double joules_per_count, std::optional<std::uint64_t> wrap_counts,
                             std::string where)
    : meter_(info.name),
      joules_per_count_(joules_per_count),
      wrap_counts_(wrap_counts),
      most_w_(info.most_w),
      slack_s_(std::max(kLeastSlackS, 2 * info.update_period_s)),
      where_(std::move(where)) {}

EnergyReading CountedEnergy::step(std::int64_t t_ns, std::uint64_t count) {
  if (wrap_counts_ && count > *wrap_counts_) {
    throw MeterFault("mistrusted: " + meter_ + " shows " + std::to_string(count) + ", above its own range of " +
                         std::to_string(*wrap_counts_),
                     where_);
  }
  if (!std::exchange(has_last_, true)) {
    last_ = count;
    last_ns_ = t_ns;
    return {t_ns, 0, 0};
  }
  const bool is_lower = count < last_;
  if (is_lower && !wrap_counts_) {
    throw MeterFault("mistrusted: " + meter_ + " went back from " + std::to_string(last_) + " to " +
                         std::to_string(count) + ", and it has no range to wrap at",
                     where_);
  }
  const std::uint64_t step = is_lower ? count + (*wrap_counts_ - last_) : count - last_;
  const double step_s = static_cast<double>(t_ns - last_ns_) * 1e-9;
  const double power_w = static_cast<double>(step) * joules_per_count_ / (step_s + slack_s_);
  if (power_w > most_w_) {
    throw MeterFault("mistrusted: " + meter_ + " went from " + std::to_string(last_) + " to " + std::to_string(count) +
                         " in " + format_ns(step_s * 1e9) + ", which is at least " + watts(power_w) +
                         (is_lower ? " as a wrap" : "") + "; more than " + watts(most_w_) + " is not believed",
                     where_);
  }
  total_ += step;
  if (count != last_) ++updates_;
  last_ = count;
  last_ns_ = t_ns;
  return {t_ns, static_cast<double>(total_) * joules_per_count_, updates_};
}

IntegratedPower::IntegratedPower(const MeterInfo& info, std::string where)
    : meter_(info.name), most_w_(info.most_w), where_(std::move(where)) {}

EnergyReading IntegratedPower::step(std::int64_t t_ns, double power_w) {
  if (!std::isfinite(power_w) || power_w < 0 || power_w > most_w_) {
    throw MeterFault(
        "mistrusted: " + meter_ + " shows " + watts(power_w) + "; only 0 to " + watts(most_w_) + " is believed",
        where_);
  }
  if (has_last_ && t_ns < last_ns_) {
    throw MeterFault("mistrusted: the time of " + meter_ + " went back", where_);
  }
  if (has_last_) {
    total_j_ += (last_w_ + power_w) / 2 * static_cast<double>(t_ns - last_ns_) * 1e-9;
    if (power_w != last_w_) ++updates_;
  }
  has_last_ = true;
  last_w_ = power_w;
  last_ns_ = t_ns;
  return {t_ns, total_j_, updates_};
}

void UnitCheck::compare(const EnergyReading& counted, double power_w) {
  constexpr double kLeastS = 1;
  constexpr double kFactor = 3;
  constexpr double kLeastW = 0.1;  // below this, resolutions decide
  const std::optional<EnergyReading> before = std::exchange(last_, counted);
  const double mean_w = (std::exchange(last_w_, power_w) + power_w) / 2;
  if (!before) return;
  const double step_s = static_cast<double>(counted.t_ns - before->t_ns) * 1e-9;
  if (step_s > kLeastS) return;  // nobody knows what the power was in between
  seconds_ += step_s;
  by_counter_j_ += counted.energy_j - before->energy_j;
  by_power_j_ += mean_w * step_s;
  if (seconds_ < kLeastS || std::max(by_counter_j_, by_power_j_) < kLeastW * seconds_) return;
  if (by_counter_j_ < by_power_j_ / kFactor || by_counter_j_ > by_power_j_ * kFactor) {
    throw MeterFault("mistrusted: " + meter_ + " counts " + watts(by_counter_j_ / seconds_) +
                     " where the power of the same part is " + watts(by_power_j_ / seconds_) +
                     "; one of the two has a wrong unit");
  }
}

}  // namespace hetscope

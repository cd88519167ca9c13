// From raw values to joules: a counter that may wrap, and a power that is integrated. Both refuse what no meter can
// show, so that every meter distrusts its source in the same way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/meter/energy_meter.hpp"

namespace hetscope {

// Counts times `joules_per_count`. A value below the last one is a wrap when the counter has a range and the step over
// its end is a believable energy for the time that passed; everything else that goes backwards, and a step above
// `info.most_w`, is a MeterFault.
class CountedEnergy {
 public:
  // `wrap_counts`: the value after which it begins again at 0. `where` is for messages.
  CountedEnergy(const MeterInfo& info, double joules_per_count, std::optional<std::uint64_t> wrap_counts,
                std::string where);
  EnergyReading step(std::int64_t t_ns, std::uint64_t count);

 private:
  std::string meter_;
  double joules_per_count_;
  std::optional<std::uint64_t> wrap_counts_;
  double most_w_;
  double slack_s_;  // energy of this long may arrive in one step: counters move in jumps
  std::string where_;
  bool has_last_ = false;
  std::uint64_t last_ = 0;
  std::int64_t last_ns_ = 0;
  std::uint64_t total_ = 0;
  std::int64_t updates_ = 0;
};

// Trapezoids between samples of a power. Negative, not finite or above `info.most_w` is a MeterFault, and so is a time
// that runs backwards.
class IntegratedPower {
 public:
  IntegratedPower(const MeterInfo& info, std::string where);
  EnergyReading step(std::int64_t t_ns, double power_w);

 private:
  std::string meter_;
  double most_w_;
  std::string where_;
  bool has_last_ = false;
  double last_w_ = 0;
  std::int64_t last_ns_ = 0;
  double total_j_ = 0;
  std::int64_t updates_ = 0;
};

// A second opinion on a counter by a power of the same part: over a second of readings that follow one another closely
// they must agree within a factor of three, or the driver's unit is wrong (a driver's energy has been off by a constant
// factor before).
class UnitCheck {
 public:
  explicit UnitCheck(const MeterInfo& info) : meter_(info.name) {}
  // Throws MeterFault when they disagree.
  void compare(const EnergyReading& counted, double power_w);

 private:
  std::string meter_;
  std::optional<EnergyReading> last_;
  double last_w_ = 0;
  double seconds_ = 0;
  double by_counter_j_ = 0;
  double by_power_j_ = 0;
};

}  // namespace hetscope

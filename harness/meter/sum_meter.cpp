// Adds up readings.
#include "harness/meter/sum_meter.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace hetscope {

SumMeter::SumMeter(std::string name, std::string scope, std::vector<std::unique_ptr<EnergyMeter>> parts)
    : parts_(std::move(parts)) {
  assert(!parts_.empty());
  info_ = parts_.front()->info();
  info_.method = "sum of";
  info_.most_w = 0;
  for (const auto& part : parts_) {
    const MeterInfo& one = part->info();
    assert(one.kind == info_.kind && one.part_of.empty());
    info_.method += " " + one.name;
    info_.most_w += one.most_w;
    info_.resolution_j = std::max(info_.resolution_j, one.resolution_j);
    info_.update_period_s = std::max(info_.update_period_s, one.update_period_s);
    info_.read_every_s = std::min(info_.read_every_s, one.read_every_s);
    info_.always_draws = info_.always_draws && one.always_draws;
  }
  info_.wrap_j.reset();  // the parts undo their own
  info_.name = std::move(name);
  info_.scope = std::move(scope);
}

EnergyReading SumMeter::read() {
  EnergyReading sum;
  for (const auto& part : parts_) {
    const EnergyReading one = part->read();
    sum.t_ns = one.t_ns;
    sum.energy_j += one.energy_j;
    sum.updates += one.updates;
  }
  return sum;
}

}  // namespace hetscope

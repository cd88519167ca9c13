// Waiting for a meter: its next update, its period, the power while nothing runs, and its energy at an instant.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/meter/energy_meter.hpp"

namespace hetscope {

class EnergyTicks {
 public:
  EnergyTicks(EnergyMeter& meter, const Clock& clock);

  // Median time between updates, looked for at most `limit_ns` each; 0 when the meter does not change. Everything
  // below goes by it.
  std::int64_t measure_period_ns(std::int64_t limit_ns);
  void set_period_ns(std::int64_t period_ns) { period_ns_ = period_ns; }

  // The reading at the next update; MeterFault when none comes within twenty periods.
  EnergyReading wait_for_update();
  // Reads and remembers, for at().
  void read();
  // Forgets what was read before the last reading.
  void forget();
  // The energy at `t_ns`, interpolated between remembered readings; a meter may lag, so it reads on until one is not
  // before `t_ns`. MeterFault when that takes more than twenty periods.
  EnergyReading at(std::int64_t t_ns);
  // Mean power over `duration_ns` of sleeping, from update to update when `aligned`.
  double idle_power_w(std::int64_t duration_ns, bool aligned);
  // Mean power of wait_for_update() itself over `updates` updates.
  double waiting_power_w(int updates);

 private:
  void pause() const;

  EnergyMeter& meter_;
  const Clock& clock_;
  std::int64_t period_ns_;
  std::vector<EnergyReading> remembered_;
};

// Joules over seconds, 0 without time.
double mean_power_w(const EnergyReading& from, const EnergyReading& to);

}  // namespace hetscope

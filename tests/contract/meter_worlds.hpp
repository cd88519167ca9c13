// A fake world for each meter: what the meter reads, following a known power, and the ways in which it can lie, be
// refused or go away.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "harness/meter/energy_meter.hpp"
#include "tests/fakes/stepping_clock.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {

class MeterWorld {
 public:
  virtual ~MeterWorld() = default;

  // The enumerator of meters.inc that it is a world for, and the name of the meter in it.
  virtual std::string line() const = 0;
  virtual std::string meter() const = 0;
  virtual MeterRoots roots() = 0;

  // Shows the energy since the start and the power of now.
  virtual void show(double energy_j, double power_w) = 0;
  // Time or energy runs backwards, or power is negative.
  virtual void run_backwards() = 0;
  // The source is there and this user may not read it; false: only the file's permission can say so.
  virtual bool refuse() { return false; }
  virtual void vanish() = 0;

  SteppingClock clock;
  TemporaryDirectory tree;
};

struct NamedWorld {
  const char* name;
  std::function<std::unique_ptr<MeterWorld>()> make;
};
inline void PrintTo(const NamedWorld& world, std::ostream* out) { *out << world.name; }
const std::vector<NamedWorld>& meter_worlds();

}  // namespace hetscope

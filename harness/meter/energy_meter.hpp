// A source of energy readings: joules between two instants, of a stated part of the device. A meter never invents: what
// it cannot tell is missing, with a reason, and what no meter can show (energy that runs backwards, a million watts) is
// a MeterFault.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/error.hpp"
#include "harness/core/support.hpp"

namespace hetscope {

class CommandText;
class PerfCounterSource;

// Never mixed in one ratio.
enum class EnergyKind { measured_counter, measured_power, measured_external, modelled, none };
std::string_view to_string(EnergyKind kind);
EnergyKind parse_energy_kind(std::string_view name);

struct MeterInfo {
  std::string name;  // "rapl:package-0"
  EnergyKind kind = EnergyKind::none;
  std::string scope;             // "package", "rail:VDD_GPU", "board", "battery", "wall"
  std::string method;            // how a joule comes about, in a phrase: "NVML power, an average over 1 s, integrated"
  double resolution_j = 0;       // of one count; of a power: one step of it for one update period
  double update_period_s = 0;    // nominal; the energy window measures the real one
  std::optional<double> wrap_j;  // counter range, when it wraps
  double most_w = 1000;          // more than this the part cannot draw: such a reading is not believed
  double read_every_s = 0;       // needed while a window runs (a wrap must not be missed, a power is sampled); 0: never
  std::string part_of;           // the meter whose energy already holds this one's; "" when none does
  bool always_draws = false;     // the part is never without power: a counter that stands still is broken
};

struct EnergyReading {
  std::int64_t t_ns = 0;     // host monotonic; when the energy was true, as well as the meter can tell
  double energy_j = 0;       // since the first reading; wraps are undone as long as they are read often enough
  std::int64_t updates = 0;  // how often the source was seen to change
};

// The meter cannot be believed or has gone; nothing is wrong with what was running meanwhile.
class MeterFault : public Error {
 public:
  using Error::Error;
};

class EnergyMeter {
 public:
  virtual ~EnergyMeter() = default;
  virtual const MeterInfo& info() const noexcept = 0;
  // Throws MeterFault when the source vanished or answers nonsense.
  virtual EnergyReading read() = 0;
};

struct MeterDiscovery {
  std::vector<std::unique_ptr<EnergyMeter>> found;
  std::vector<std::string> missing;  // "rapl: /sys/class/powercap is not there (...)"
};

// What a meter reads from; the device's own, or fakes in tests. Null stands for the real thing.
struct MeterRoots {
  std::string sysfs = "/sys";
  const Clock* clock = nullptr;
  PerfCounterSource* perf = nullptr;
  CommandText* commands = nullptr;
  // Tried in this order.
  std::vector<std::string> nvml_libraries = {"libnvidia-ml.so.1", "libnvidia-ml.so"};
  // Where a logger writes `t_ns,watts` (external_stream.hpp); "" asks $HETSCOPE_EXTERNAL_METER.
  std::string external;
  std::string external_marker;  // "" asks $HETSCOPE_EXTERNAL_MARKER
  // Keeps every CPU busy for so many nanoseconds: by what changes, a battery gauge shows its sign and unit.
  std::function<void(std::int64_t)> busy;
};

// A user's name for meters: "rapl" means every "rapl:...", "rapl:package-0" that one.
bool is_meter_called(std::string_view name, std::string_view wanted);

// Tries every line of meters.inc. A meter whose first reading faults, or whose counter stands still although its part
// always draws power, is missing with that reason.
MeterDiscovery discover_meters(const MeterRoots& roots = {});

}  // namespace hetscope

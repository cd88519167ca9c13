// A source of energy readings: joules between two instants, of a stated part of the device. A meter never invents: what
// it cannot tell is missing, with a reason.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/support.hpp"

namespace hetscope {

// Never mixed in one ratio.
enum class EnergyKind { measured_counter, measured_power, measured_external, modelled, none };
std::string_view to_string(EnergyKind kind);
EnergyKind parse_energy_kind(std::string_view name);

struct MeterInfo {
  std::string name;  // "rapl:package-0"
  EnergyKind kind = EnergyKind::none;
  std::string scope;  // "package", "rail:VDD_GPU", "board", "battery", "wall"
  double resolution_j = 0;
  double update_period_s = 0;    // nominal; the energy window measures the real one
  std::optional<double> wrap_j;  // counter range, when it wraps
};

struct EnergyReading {
  std::int64_t t_ns = 0;  // host monotonic
  double energy_j = 0;    // since the meter was opened; wraps are undone as long as two reads lie within half a range
};

class EnergyMeter {
 public:
  virtual ~EnergyMeter() = default;
  virtual const MeterInfo& info() const noexcept = 0;
  // Throws Error when the source vanished or answers nonsense.
  virtual EnergyReading read() = 0;
};

struct MeterDiscovery {
  std::vector<std::unique_ptr<EnergyMeter>> found;
  std::vector<std::string> missing;  // "rapl: /sys/class/powercap is not there (...)"
};

// What a meter reads from; the device's own trees, or fakes in tests.
struct MeterRoots {
  std::string sysfs = "/sys";
};

// A user's name for meters: "rapl" means every "rapl:...", "rapl:package-0" that one.
bool is_meter_called(std::string_view name, std::string_view wanted);

// Tries every line of meters.inc.
MeterDiscovery discover_meters(const MeterRoots& roots = {});

}  // namespace hetscope

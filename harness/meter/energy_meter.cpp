// Names of energy kinds, and the discovery of every meter that meters.inc lists.
#include "harness/meter/energy_meter.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "harness/core/units.hpp"
#include "harness/meter/discovery.hpp"

namespace hetscope {
namespace {

constexpr std::array<std::pair<EnergyKind, std::string_view>, 5> kKinds = {{
    {EnergyKind::measured_counter, "measured_counter"},
    {EnergyKind::measured_power, "measured_power"},
    {EnergyKind::measured_external, "measured_external"},
    {EnergyKind::modelled, "modelled"},
    {EnergyKind::none, "none"},
}};

// Long enough for dozens of updates of a counter that is worth asking; meters slower than that are not waited for.
constexpr std::int64_t kLifeNs = 100'000'000;
constexpr std::int64_t kLookNs = 1'000'000;
constexpr double kSlowestWaitedForS = 0.02;

// Why this meter cannot be used; "" when it can.
std::string first_fault(EnergyMeter& meter, const Clock& clock) {
  const MeterInfo& info = meter.info();
  if (!info.always_draws || info.update_period_s > kSlowestWaitedForS) return "";
  try {
    const EnergyReading first = meter.read();
    const std::int64_t end_ns = clock.now_ns() + kLifeNs;
    while (clock.now_ns() < end_ns) {
      clock.sleep_ns(kLookNs);
      if (meter.read().updates > first.updates) return "";
    }
  } catch (const MeterFault& fault) {
    return fault.what();
  }
  return "stuck: its counter did not move in " + format_ns(static_cast<double>(kLifeNs)) +
         ", and nothing runs on no energy (a virtual machine may show a counter that its host does not fill)";
}

}  // namespace

std::string_view to_string(EnergyKind kind) {
  for (const auto& [value, name] : kKinds) {
    if (value == kind) return name;
  }
  return "none";
}

EnergyKind parse_energy_kind(std::string_view name) {
  for (const auto& [value, text] : kKinds) {
    if (text == name) return value;
  }
  throw Error("unknown kind of energy '" + std::string(name) + "'");
}

bool is_meter_called(std::string_view name, std::string_view wanted) {
  return name.starts_with(wanted) && (name.size() == wanted.size() || name[wanted.size()] == ':');
}

const Clock& clock_of(const MeterRoots& roots) {
  static const MonotonicClock host_clock;
  return roots.clock != nullptr ? *roots.clock : host_clock;
}

MeterDiscovery discover_meters(const MeterRoots& roots) {
  MeterDiscovery discovery;
#define HETSCOPE_METER(name) discover_##name##_meter(roots, discovery);
#include "harness/meter/meters.inc"
#undef HETSCOPE_METER
  MeterDiscovery alive;
  alive.missing = std::move(discovery.missing);
  for (auto& meter : discovery.found) {
    const std::string fault = first_fault(*meter, clock_of(roots));
    if (fault.empty()) {
      alive.found.push_back(std::move(meter));
    } else {
      alive.missing.push_back(one_line(meter->info().name + ": " + fault));
    }
  }
  return alive;
}

}  // namespace hetscope

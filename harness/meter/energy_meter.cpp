// Names of energy kinds, and the discovery of every meter that meters.inc lists.
#include "harness/meter/energy_meter.hpp"

#include <array>
#include <utility>

#include "harness/core/error.hpp"
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

MeterDiscovery discover_meters(const MeterRoots& roots) {
  MeterDiscovery discovery;
#define HETSCOPE_METER(name) discover_##name##_meter(roots, discovery);
#include "harness/meter/meters.inc"
#undef HETSCOPE_METER
  return discovery;
}

}  // namespace hetscope

// The functions behind the lines of meters.inc; a meter's file includes this and defines its own.
#pragma once

#include "harness/meter/energy_meter.hpp"

namespace hetscope {

#define HETSCOPE_METER(name) void discover_##name##_meter(const MeterRoots& roots, MeterDiscovery& discovery);
#include "harness/meter/meters.inc"
#undef HETSCOPE_METER

// The injected clock, or the host's.
const Clock& clock_of(const MeterRoots& roots);

// Far above what any such part draws, and far below what a counter that jumps shows.
inline constexpr double kMostRailW = 200;
inline constexpr double kMostPackageW = 3000;
// Files and interfaces count in thousandths and millionths of volts, amperes, watts and joules.
inline constexpr double kMilli = 1e-3;
inline constexpr double kMicro = 1e-6;

}  // namespace hetscope

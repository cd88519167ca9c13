// The functions behind the lines of meters.inc; a meter's file includes this and defines its own.
#pragma once

#include "harness/meter/energy_meter.hpp"

namespace hetscope {

#define HETSCOPE_METER(name) void discover_##name##_meter(const MeterRoots& roots, MeterDiscovery& discovery);
#include "harness/meter/meters.inc"
#undef HETSCOPE_METER

// The injected clock, or the host's.
const Clock& clock_of(const MeterRoots& roots);

}  // namespace hetscope

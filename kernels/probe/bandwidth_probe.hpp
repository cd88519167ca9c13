// What the probes of one direction of memory traffic share: a working set in bytes, counted in 32-bit words.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "harness/kernel/operation.hpp"

namespace hetscope {

inline constexpr std::int64_t kProbeWordBytes = 4;

// The axis `bytes` of stream_read and stream_write.
std::span<const AxisSpec> bandwidth_probe_axes();
// Throws Error unless `bytes` is a multiple of 4 from 4 to 2^40.
void validate_bandwidth_probe(const Case& item);

}  // namespace hetscope

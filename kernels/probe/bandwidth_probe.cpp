// One definition of the axis and its limits.
#include "kernels/probe/bandwidth_probe.hpp"

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kMaxBytes = std::int64_t{1} << 40;

}  // namespace

std::span<const AxisSpec> bandwidth_probe_axes() {
  static const std::array<AxisSpec, 1> kAxes = {
      AxisSpec{"bytes", AxisType::integer, "working set in bytes", std::nullopt, {}},
  };
  return kAxes;
}

void validate_bandwidth_probe(const Case& item) {
  const std::int64_t bytes = item.integer("bytes");
  if (bytes < kProbeWordBytes || bytes > kMaxBytes || bytes % kProbeWordBytes != 0) {
    throw Error("bytes=" + std::to_string(bytes) + " is not a multiple of 4 from 4 to 2^40", item.line(),
                "give the size of what is read or written");
  }
}

}  // namespace hetscope

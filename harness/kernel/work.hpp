// How much work something is: bytes read and written, and floating-point (or integer) operations.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace hetscope {

struct Work {
  std::int64_t bytes = 0;
  std::int64_t flops = 0;
  friend bool operator==(const Work&, const Work&) = default;
};

// A named result beside the times: {"slots", {0.5, "1", ""}}.
struct Metric {
  double value = 0;
  std::string unit;  // "1" for a pure number
  std::string roof;  // the roof it is a share of, when it is one: "copy_bandwidth@cpu"
};
using Metrics = std::map<std::string, Metric>;

}  // namespace hetscope

// The roofs of this device, collected from the records of roof operations as they come in, and what they say about a
// kernel's executed work.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/kernel/catalog.hpp"
#include "harness/measure/session.hpp"
#include "harness/record/record.hpp"

namespace hetscope {

struct Roof {
  std::string name;  // "copy_bandwidth@cpu threads=1"
  double value = 0;  // bytes/s or flop/s
  double high = 0;   // upper end of its 95 % interval, or its best twentieth when that is higher
  // Other processes used more than kDisturbedLoad of all CPUs while it was probed: it is a share's denominator, but
  // judges nobody.
  bool disturbed = false;
};

// A rate is above its roof only when its whole interval is above this many times the roof's own upper end.
inline constexpr double kRoofMargin = 1.05;
inline constexpr double kDisturbedLoad = 0.10;

// Roofs are kept apart by processor, number of threads and clock: a device's own clock leaves out what the host waits
// for.
class Roofs {
 public:
  // Takes a record of a bandwidth or compute roof whose axes are those of one of the operation's probes; others, rows
  // that are not ok and cold caches are ignored.
  void add(const Record& record, const Catalog& catalog);
  // The copy bandwidth at a working set: the larger of the two probed sizes around it, the best kernel counting, for
  // the same processor and number of threads.
  std::optional<Roof> bandwidth(const Case& item, std::int64_t working_set_bytes,
                                std::string_view clock = kHostClock) const;
  // The multiply-add peak for the type that the case computes in: f32 for f16 storage, unless the axis `accumulator`
  // says otherwise.
  std::optional<Roof> compute(const Case& item, std::string_view clock = kHostClock) const;

  // Adds bandwidth (GB/s), flop_rate (GFLOP/s) and their shares of the roofs (of_bandwidth_roof, of_compute_roof) to an
  // ok record, by its executed work and principal clock, and turns it into `mistrusted` when the whole interval lies
  // above kRoofMargin times a roof. Records of roof operations get no shares: they are the roofs; an operation that
  // copies do not bound gets none of bandwidth, and a kernel that uses textures one that makes nothing `mistrusted`.
  void judge(Record& record, const Catalog& catalog) const;

 private:
  struct Point {
    std::int64_t working_set_bytes;
    Roof roof;
  };
  std::map<std::string, std::vector<Point>> bandwidth_;  // by place and clock; ascending working sets
  std::map<std::string, Roof> compute_;                  // by place, clock and type
};

}  // namespace hetscope

// Two finished runs, or two sets of runs, that share no rounds: compared case by case through their sessions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/record/record.hpp"
#include "harness/statistics/hierarchy.hpp"
#include "reports/launch_comparison.hpp"

namespace hetscope {

// What must agree before two sides may be compared, and does not, one line each: device models, launch contexts, kinds
// of energy. Empty: nothing stands in the way.
std::vector<std::string> differences_between(std::span<const Record> base, std::span<const Record> candidate);

struct SessionComparison {
  std::string line;             // of the case
  LaunchComparison comparison;  // its launches are sessions; UNCLEAR below kMinSessions a side, with the reason
  double unit_spread = 0;       // largest relative difference between the device units of one side
  int units_base = 0, units_candidate = 0;
};

// Every case line that both sides have, in the order of the base. A run is one session however often it was gone on
// with, and counts once however often it is given: of its case the last record. Latency on the principal clock; energy
// and EDP where both sides have them by one meter.
std::vector<SessionComparison> compare_sessions(std::span<const Record> base, std::span<const Record> candidate,
                                                double margin, std::uint64_t seed = 1);

}  // namespace hetscope

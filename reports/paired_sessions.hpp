// Candidate over baseline where each session measured both: the pair of one session becomes a value per shared round,
// and the sessions of all units are resampled as harness/statistics/hierarchy.hpp does for two sides.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/statistics/hierarchy.hpp"
#include "reports/launch_comparison.hpp"

namespace hetscope {

// What is compared: "latency" (on `clock`, or the principal one), "energy", "EDP", or a name in the records' metrics.
struct Measure {
  std::string name;
  std::string clock;
  bool higher_is_better = false;
};

// One session's pair. `ratio.rounds` are ratios below 1 where the candidate is better: candidate / baseline, or its
// inverse where more is better. Empty with a reason when there is nothing to compare.
struct SessionRatio {
  SessionValues ratio;
  std::string session;
  std::string run;     // by run_of()
  std::string source;  // clock, meter with kind and scope, or the metric's unit
  bool is_modelled = false;
  double baseline = 0;  // in ns, J, J s or the metric's unit
  double candidate = 0;
  std::string reason;
};

SessionRatio ratio_in_session(const Launch& launch, const Measure& measure);

// Resamples units, sessions and rounds of these ratios; `spread` as in SessionsRatio. Throws Error for none.
SessionsRatio ratio_of_paired_sessions(std::span<const SessionValues> ratios, std::uint64_t seed,
                                       double confidence = 0.95);

}  // namespace hetscope

// A division that was chosen on another device, among the divisions of this one: what keeping it costs here. An optimum
// of one device is often none of another (Liu et al. 2024; docs/split.md).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "harness/core/case.hpp"
#include "reports/summary.hpp"

namespace hetscope {

enum class PlanTransfer { carries_over, does_not_carry_over, unclear };
std::string_view to_string(PlanTransfer transfer);  // "CARRIES OVER", "DOES NOT CARRY OVER", "UNCLEAR"

struct ReplayedPlan {
  PlanTransfer transfer = PlanTransfer::unclear;
  std::string reason;            // of `unclear`; "" else
  const Row* kept = nullptr;     // the plan here; nullptr without a time
  const Row* best = nullptr;     // the fastest of its group; the fastest of many flatters itself
  std::size_t alternatives = 0;  // rows of the group with a time on the plan's clock, the plan among them
  Comparison regret;             // `kept` over `best`; without a ratio when they are one row
};

// `plan` is a case that `here` has measured with its alternatives in one group. It carries over where it is the fastest
// or its whole interval over the fastest is at most what detector D10 allows a plan, and does not where all of it is
// above.
ReplayedPlan judge_replay(const Summary& here, const Case& plan);

}  // namespace hetscope

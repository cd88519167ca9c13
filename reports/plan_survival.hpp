// Whether the way of working that is best on an otherwise idle device is still a good one while something else runs
// beside it: a plan is chosen once and lives on in other conditions.
#pragma once

#include <string>
#include <vector>

#include "reports/case_words.hpp"
#include "reports/summary.hpp"

namespace hetscope {

struct PlanUnderLoad {
  CaseWords work;                // the words that all alternatives share
  std::string load;              // what runs beside, as a case line
  std::size_t alternatives = 0;  // ways of working with a time beside this load
  const Row* chosen = nullptr;   // the fastest alternative without a load
  const Row* kept = nullptr;     // the same beside the load
  const Row* best = nullptr;     // the fastest beside the load; the fastest of many flatters itself
  Comparison regret;             // `kept` over `best`; without a ratio when they are one row
  bool survives() const { return kept == best; }
};

// For each group of a section whose rows have a load or none: one entry for each load beside which the chosen plan and
// at least one alternative have a time, all on the clock of the chosen plan.
std::vector<PlanUnderLoad> plans_under_load(const RowSection& section);

}  // namespace hetscope

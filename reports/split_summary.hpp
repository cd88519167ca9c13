// What dividing work over processors came to, group by group: each processor alone at its best, the best division, and
// how much of the ideal it reaches (Jia et al., CoDL, MobiSys 2022, and docs/split.md).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/case_words.hpp"
#include "reports/summary.hpp"

namespace hetscope {

using StageTimes = std::vector<std::pair<std::string, double>>;  // name, nanoseconds

// stages_ns of a record: those that make up one execution, and by processor those of its part alone, whose sum is more
// than they cost beside each other ("alone.PROCESSOR.STAGE").
struct StagesOfRun {
  StageTimes whole;
  std::map<std::string, StageTimes> alone;
};
StagesOfRun stages_of(const Record& record);
double sum_of(const StageTimes& stages);
bool is_computing(std::string_view stage);
double computing_ns(const StageTimes& stages);  // of the stages that compute

// The shares of a divided row's processors, in their order. The ratios are axes of every kernel that divides; where
// cuts are at multiples of a unit the first share is what the row says it came to (docs/split.md). NaN for what is no
// number.
std::vector<double> shares_of(const Record& record);

struct SplitGroup {
  CaseWords work;                  // the words that all rows of the group share
  const Row* best = nullptr;       // the fastest of the rows in which every processor has a part
  std::vector<const Row*> splits;  // all of these: the fastest of many flatters itself
  std::vector<const Row*> rows;    // all of the group, with a time or not
  std::vector<const Row*> solos;   // all of one processor with a time, whichever
  std::vector<const Row*> alone;   // the fastest row of each processor of `best` alone, in its order
  double ideal_ns = 0;             // 1 / sum of 1 / alone
  double share_of_ideal = 0;       // ideal / best
  // `best` over the fastest row of the group on one processor, whichever (the CPU on all its cores, when it is there).
  Comparison against_best_alone;
};

// In ns; the row has a time on this clock.
double time_on(const Row& row, const std::string& clock);

// Groups of a section that have a divided row and each of its processors alone, all with a time on one clock.
std::vector<SplitGroup> split_groups(const RowSection& section);

}  // namespace hetscope

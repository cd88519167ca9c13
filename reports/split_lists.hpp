// What dividing came to for a whole list of operations (the layers of a model, or all cases of one operation): whether
// it pays over the sessions, by the rule of docs/decide.md, from which size on, and which pitfalls its rows show.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/statistics/crossover.hpp"
#include "reports/decision.hpp"
#include "reports/detectors/detectors.hpp"
#include "reports/split_summary.hpp"

namespace hetscope {

// One piece of work of a list, as every session has it.
struct SplitWork {
  std::string group;                 // the records' group
  std::vector<SplitGroup> sessions;  // one a session, in the order of the runs
  // The fastest division, and the fastest row of one processor, over all sessions, so that none may pick its own.
  const Row* division = nullptr;
  const Row* solo = nullptr;
};

// From which size on the best division is faster than the best processor alone.
struct BreakEven {
  bool is_by_flops = false;  // x: useful operations; else the time of the best processor alone, in ns
  std::size_t sizes = 0;     // different ones; of one alone nothing is looked for
  Crossover crossover;
};

// Sums over the works, each the median of its sessions, in ns.
struct SplitTimes {
  double solo_ns = 0;
  std::optional<double> whole_cpu_ns;  // none: not every work has it
  double divided_ns = 0;
  double ideal_ns = 0;
};

struct SplitList {
  std::string name;  // "VGG-16 products" of layer="VGG-16 products/conv3_2"; the operation where no layer is named
  std::string operation;
  std::string dtype;
  std::string scenario;
  std::vector<SplitWork> works;
  SplitTimes times;
  // The best divisions over the best processors alone as one alternative of docs/decide.md: a row a work, in their
  // order, and the geometric mean over them.
  GenerationDecision decision;
  BreakEven break_even;
  std::vector<std::string> fired;  // ids of the detectors that fire on rows of the list
};

// The fastest row of a group on all cores of the native CPU; nullptr when there is none.
const Row* whole_cpu_row(const Summary& summary, const SplitGroup& group);

// By device model, scenario, operation, type and name. `instruments` as decide() takes them; `findings`: of detect().
std::vector<SplitList> split_lists(const Summary& summary, const std::vector<InstrumentNote>& instruments,
                                   const std::vector<Finding>& findings);

}  // namespace hetscope

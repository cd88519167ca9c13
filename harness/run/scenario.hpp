// A scenario is a JSON file that expands axes x kernels x processors into cases, says which cases form a group, which
// carry energy, and its budget. docs/scenario.md describes the format; unknown keys, wrong types and empty axes are
// errors.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/case.hpp"
#include "harness/kernel/catalog.hpp"
#include "harness/processor/processor.hpp"

namespace hetscope {

// One line of an experiment's plan. Tens of thousands are planned at once, and a line is much smaller than its Case.
struct PlannedCase {
  std::string line;

  Case item() const { return Case::parse(line); }
};

// Cases of one operation that are measured together, in interleaved rounds.
struct PlannedGroup {
  std::string key;       // what its members share, as printed in the record
  std::string scenario;  // name of the scenario
  std::vector<PlannedCase> cases;
  std::string baseline;         // line of the member that the others are compared with, "" when there is none
  bool lacks_baseline = false;  // the experiment names one, and no member is it (before any filter)
  double budget_s = 5;          // measuring time for the group
  double timeout_s = 120;       // after which the worker is killed
  bool energy = false;
  bool soak = false;  // to the end of the budget; see MeasureOptions

  // What `line` is compared with: "" for the baseline itself.
  std::string baseline_of(std::string_view line) const { return line == baseline ? std::string() : baseline; }
};

struct Experiment {
  std::string operation;
  std::vector<std::string> kernels;                // names; {"*"}: all of the operation
  std::vector<std::string> processors;             // names, or patterns with '*': "*", "opencl:*", "gpu:*"
  std::vector<std::vector<std::string>> together;  // processors that share one case: for kernels of parts
  std::vector<std::pair<std::string, std::vector<AxisValue>>> axes;
  std::vector<std::vector<std::pair<std::string, AxisValue>>> rows;  // axes that vary together (shape and its layer)
  std::vector<std::string> compare_by;        // axes that differ within a group; {}: groups of one
  std::map<std::string, AxisValue> baseline;  // the member whose axes have these values
  bool energy = false;
  bool soak = false;
  double budget_s = 0;  // per case; 0: the scenario's
};

struct Scenario {
  std::string name;
  std::string title;
  std::string question;
  std::string path;
  std::string sha256;
  double budget_s = 2;        // per case
  double total_budget_s = 0;  // 0: none
  bool roofs = true;          // measure the roofs of every processor first
  std::vector<Experiment> experiments;
};

// Throws Error (path and JSON pointer of the fault).
Scenario load_scenario(const std::string& path);
Scenario parse_scenario(std::string_view text, const std::string& path);

// The groups of a scenario on the processors that exist. Kernels meet only processors of their program model. Cases
// that are equal after dropping axes their kernel does not know appear once, in the first experiment that plans them.
// Throws Error for unknown names and bad axes.
std::vector<PlannedGroup> expand(const Scenario& scenario, const Catalog& catalog,
                                 const std::vector<ProcessorInfo>& processors);
// Of several scenarios, one behind the other; each case once a scenario.
std::vector<PlannedGroup> expand(std::span<const Scenario> scenarios, const Catalog& catalog,
                                 const std::vector<ProcessorInfo>& processors);

// The groups that measure the roofs for every processor and thread count used by `groups`, to be run in front of them:
// one group for each probed size, with all kernels of the roof's operation. Cases that `groups` holds already are left
// out. `budget_s` is per case.
std::vector<PlannedGroup> roof_groups(const std::vector<PlannedGroup>& groups, const Catalog& catalog,
                                      const std::vector<ProcessorInfo>& processors, double budget_s);

// Seconds that measuring `groups` will take at most: everything (budgets, warm-up and verification included), and the
// energy windows alone.
struct Estimate {
  double total_s = 0;
  double energy_s = 0;
};
Estimate estimate(const std::vector<PlannedGroup>& groups);

}  // namespace hetscope

// From the values in a scenario to groups of cases.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "harness/core/parallel.hpp"
#include "harness/run/case_form.hpp"
#include "harness/run/experiment_scope.hpp"
#include "harness/run/scenario.hpp"

namespace hetscope {
namespace {

using Names = std::unordered_set<std::string>;

// By CaseForm::key_number(): a form's own memory of index_, so that keys are written once for each group.
using GroupsByKey = std::vector<std::size_t>;
using AxisValues = std::vector<std::pair<std::string, AxisValue>>;

constexpr std::int64_t kMaxCases = 200'000;
constexpr std::size_t kNoGroup = std::numeric_limits<std::size_t>::max();
// Preparing and verifying, which the measuring budget does not cover, on top of what a hang must exceed.
constexpr double kLeastTimeoutSeconds = 120;
constexpr double kEnergyTimeoutSeconds = 600;
constexpr double kSetupSecondsPerCase = 0.5;
constexpr double kEnergySecondsPerCase = 15;

double timeout_for(double budget_s, bool energy) {
  return std::max(kLeastTimeoutSeconds, 60 + 3 * budget_s) + (energy ? kEnergyTimeoutSeconds : 0);
}

// One experiment on its way to groups.
class Expansion {
 public:
  Expansion(const Scenario& scenario, std::size_t index, const Catalog& catalog,
            const std::vector<ProcessorInfo>& processors)
      : scenario_(scenario),
        experiment_(scenario.experiments[index]),
        catalog_(catalog),
        scope_(experiment_, catalog, processors, fmt::format("{}#/experiments/{}", scenario.path, index)) {}

  // Cases before the equal ones are dropped; saturates above the limit.
  std::int64_t count() const {
    std::int64_t pairs = 0;
    for (const Kernel* kernel : scope_.kernels()) {
      for (const Place& place : scope_.places()) pairs += can_meet(*kernel, place) ? 1 : 0;
    }
    std::int64_t total = pairs;
    const auto multiply = [&](std::size_t factor) {
      total = std::min(total, kMaxCases + 1) * std::min(static_cast<std::int64_t>(factor), kMaxCases + 1);
    };
    if (!experiment_.rows.empty()) multiply(experiment_.rows.size());
    for (const auto& [name, values] : experiment_.axes) multiply(values.size());
    return total;
  }

  const Scenario& scenario() const noexcept { return scenario_; }

  // Its groups, without their budgets and as if there were no other experiment.
  std::vector<PlannedGroup> groups() {
    std::vector<PlannedGroup> groups;
    if (count() == 0) return groups;
    forms_ = forms();
    std::vector<GroupsByKey> groups_of;
    for (const CaseForm& form : forms_) groups_of.emplace_back(form.key_count(), kNoGroup);
    std::vector<std::size_t> rows;
    if (!experiment_.rows.empty()) rows.push_back(experiment_.rows.size());
    for (const auto& [name, values] : experiment_.axes) rows.push_back(values.size());
    std::vector<std::size_t> choice(rows.size(), 0);
    do {
      for (std::size_t i = 0; i < forms_.size(); ++i) plan(forms_[i], choice, groups, groups_of[i]);
    } while (step(choice, rows));
    return groups;
  }

  // Whether groups() of both may hold the same line.
  bool may_share_with(const Expansion& other) const {
    return std::ranges::any_of(forms_, [&](const CaseForm& form) {
      return std::ranges::any_of(other.forms_, [&](const CaseForm& theirs) { return form.may_share_with(theirs); });
    });
  }

  // Leaves out what `is_planned` says of a line, and gives the group its budget.
  template <class IsPlanned>
  void finish(PlannedGroup& group, const IsPlanned& is_planned) const {
    const bool is_baseline_planned = is_planned(group.baseline);
    std::erase_if(group.cases, [&](const PlannedCase& planned) { return is_planned(planned.line); });
    if (is_baseline_planned) {
      const auto next =
          std::ranges::find_if(group.cases, [&](const PlannedCase& planned) { return is_baseline(planned.item()); });
      group.baseline = next == group.cases.end() ? std::string() : next->line;
    }
    group.lacks_baseline = !experiment_.baseline.empty() && group.baseline.empty();
    const double budget_s = experiment_.budget_s > 0 ? experiment_.budget_s : scenario_.budget_s;
    group.budget_s = budget_s * static_cast<double>(group.cases.size());
    group.timeout_s = timeout_for(group.budget_s, group.energy);
  }

 private:
  static bool can_meet(const Kernel& kernel, const Place& place) {
    if (place.size() > 1) return kernel.program_model() == ProgramModel::parts;
    return kernel.program_model() == place.front().program_model;
  }

  // What varies, with the words that mean another number of threads in each place put right for `place`.
  std::vector<JointAxes> axes_in(const Place& place) const {
    std::vector<JointAxes> result;
    const auto value_here = [&](std::string_view name, const AxisValue& value) {
      return ExperimentScope::is_all_threads(name, value) ? AxisValue(all_threads_of(place)) : value;
    };
    if (!experiment_.rows.empty()) {
      JointAxes& axes = result.emplace_back();
      for (const auto& [name, value] : experiment_.rows.front()) axes.names.push_back(name);
      for (const AxisValues& row : experiment_.rows) {
        std::vector<AxisValue>& values = axes.rows.emplace_back();
        for (const auto& [name, value] : row) values.push_back(value_here(name, value));
      }
    }
    for (const auto& [name, values] : experiment_.axes) {
      JointAxes& axes = result.emplace_back(JointAxes{{name}, {}});
      for (const AxisValue& value : values) axes.rows.push_back({value_here(name, value)});
    }
    return result;
  }

  std::vector<CaseForm> forms() const {
    std::vector<CaseForm> result;
    for (const Kernel* kernel : scope_.kernels()) {
      for (const Place& place : scope_.places()) {
        if (!can_meet(*kernel, place)) continue;
        result.emplace_back(catalog_, *kernel, names_of(place), axes_in(place), experiment_.compare_by, scope_.where());
      }
    }
    return result;
  }

  // The rows that the next case takes, the last axes the fastest; false after the last case.
  static bool step(std::vector<std::size_t>& choice, std::span<const std::size_t> rows) {
    for (std::size_t i = choice.size(); i-- > 0;) {
      if (++choice[i] < rows[i]) return true;
      choice[i] = 0;
    }
    return false;
  }

  void plan(const CaseForm& form, std::span<const std::size_t> choice, std::vector<PlannedGroup>& groups,
            GroupsByKey& groups_of_form) {
    if (!form.is_first(choice)) return;
    std::string line = form.line(choice);
    const Case item = form.make(choice);
    scope_.operation().validate(item);
    std::size_t& number = groups_of_form[form.key_number(choice)];
    if (number == kNoGroup) number = group_of(form.key(choice), groups);
    PlannedGroup& group = groups[number];
    // Several may match when the baseline leaves some compared axes open; the first planned is the one.
    if (group.baseline.empty() && is_baseline(item)) group.baseline = line;
    group.cases.push_back({std::move(line)});
  }

  std::size_t group_of(std::string key, std::vector<PlannedGroup>& groups) {
    const auto [found, is_new] = index_.try_emplace(std::move(key), groups.size());
    if (is_new) {
      PlannedGroup& group = groups.emplace_back();
      group.key = found->first;
      group.scenario = scenario_.name;
      group.energy = experiment_.energy;
      group.soak = experiment_.soak;
    }
    return found->second;
  }

  bool is_baseline(const Case& item) const {
    if (experiment_.baseline.empty()) return false;
    return std::all_of(experiment_.baseline.begin(), experiment_.baseline.end(), [&](const auto& wanted) {
      const auto& [name, value] = wanted;
      if (name == "kernel") return item.kernel() == std::get<std::string>(value);
      if (name == "processor") return item.processors() == std::vector{std::get<std::string>(value)};
      const AxisValue* own = item.find(name);
      if (own == nullptr) return false;
      if (ExperimentScope::is_all_threads(name, value)) return *own == AxisValue(all_threads_of(item));
      return to_string(*own) == to_string(canonical_value(*scope_.find_axis(name), value));
    });
  }

  // As many as every part on the host has CPUs.
  static std::int64_t all_threads_of(const Place& place) {
    std::optional<std::int64_t> least;
    for (const ProcessorInfo& processor : place) {
      if (place.size() > 1 && processor.program_model != ProgramModel::host_function) continue;
      least = std::min<std::int64_t>(least.value_or(processor.compute_units), processor.compute_units);
    }
    return least.value_or(1);
  }

  std::int64_t all_threads_of(const Case& item) const {
    const auto found = std::find_if(scope_.places().begin(), scope_.places().end(),
                                    [&](const Place& place) { return names_of(place) == item.processors(); });
    return all_threads_of(*found);
  }

  const Scenario& scenario_;
  const Experiment& experiment_;
  const Catalog& catalog_;
  ExperimentScope scope_;
  std::vector<CaseForm> forms_;
  std::unordered_map<std::string, std::size_t> index_;
};

// Appends the groups of one scenario's experiments: a case is of the first experiment that plans it.
void join(std::span<const Expansion> expansions, std::span<std::vector<PlannedGroup>> groups_of,
          std::vector<PlannedGroup>& result) {
  Names planned, keys;
  for (std::size_t i = 0; i < expansions.size(); ++i) {
    const auto shares = [&](const Expansion& other) { return expansions[i].may_share_with(other); };
    const bool may_repeat = std::ranges::any_of(expansions.first(i), shares);
    const bool may_be_repeated = std::ranges::any_of(expansions.subspan(i + 1), shares);
    for (PlannedGroup& group : groups_of[i]) {
      expansions[i].finish(group, [&](const std::string& line) { return may_repeat && planned.contains(line); });
      if (group.cases.empty()) continue;
      // Two experiments may hold the same problems; rounds of one must not be paired with rounds of the other.
      const std::string key = group.key;
      for (int n = 2; !keys.insert(group.key).second; ++n) group.key = fmt::format("{} #{}", key, n);
      if (may_be_repeated) {
        for (const PlannedCase& item : group.cases) planned.insert(item.line);
      }
      result.push_back(std::move(group));
    }
  }
}

}  // namespace

std::vector<PlannedGroup> expand(std::span<const Scenario> scenarios, const Catalog& catalog,
                                 const std::vector<ProcessorInfo>& processors) {
  std::vector<Expansion> expansions;
  for (const Scenario& scenario : scenarios) {
    std::int64_t total = 0;
    for (std::size_t i = 0; i < scenario.experiments.size(); ++i) {
      expansions.emplace_back(scenario, i, catalog, processors);
      total += expansions.back().count();
      if (total > kMaxCases) {
        throw Error(fmt::format("the scenario has more than {} cases", kMaxCases),
                    fmt::format("{}#/experiments/{}", scenario.path, i), "list fewer axis values, or split it");
      }
    }
  }
  std::vector<std::vector<PlannedGroup>> groups_of(expansions.size());
  for_each_index(expansions.size(), [&](std::size_t i) { groups_of[i] = expansions[i].groups(); });

  std::vector<PlannedGroup> result;
  std::size_t most = 0;
  for (const std::vector<PlannedGroup>& groups : groups_of) most += groups.size();
  result.reserve(most);
  for (std::size_t first = 0, last = 0; first < expansions.size(); first = last) {
    while (last < expansions.size() && &expansions[last].scenario() == &expansions[first].scenario()) ++last;
    join(std::span(expansions).subspan(first, last - first), std::span(groups_of).subspan(first, last - first), result);
  }
  return result;
}

std::vector<PlannedGroup> expand(const Scenario& scenario, const Catalog& catalog,
                                 const std::vector<ProcessorInfo>& processors) {
  return expand(std::span(&scenario, 1), catalog, processors);
}

Estimate estimate(const std::vector<PlannedGroup>& groups) {
  Estimate result;
  for (const PlannedGroup& group : groups) {
    const auto cases = static_cast<double>(group.cases.size());
    const double energy_s = group.energy ? cases * kEnergySecondsPerCase : 0;
    result.energy_s += energy_s;
    result.total_s += group.budget_s + cases * kSetupSecondsPerCase + energy_s;
  }
  return result;
}

}  // namespace hetscope

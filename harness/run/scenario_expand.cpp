// From the values in a scenario to groups of cases.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "harness/run/case_form.hpp"
#include "harness/run/experiment_scope.hpp"
#include "harness/run/scenario.hpp"

namespace hetscope {
namespace {

using Names = std::unordered_set<std::string>;

// The lines of all groups, for finding one again without a second copy of it.
class PlannedLines {
 public:
  // `groups` outlives this.
  explicit PlannedLines(const std::vector<PlannedGroup>& groups) : places_(0, Hash{&groups}, Equal{&groups}) {}

  void reserve_more(std::size_t lines) { places_.reserve(places_.size() + lines); }
  bool contains(std::string_view line) const { return places_.contains(line); }
  // The line is new, and stands there already.
  void add(std::size_t group, std::size_t member) { places_.insert({group, member}); }

 private:
  struct Place {
    std::size_t group = 0;
    std::size_t member = 0;
  };
  struct Text {
    const std::vector<PlannedGroup>* groups;
    std::string_view operator()(std::string_view line) const { return line; }
    std::string_view operator()(const Place& place) const { return (*groups)[place.group].cases[place.member].line; }
  };
  struct Hash : Text {
    using is_transparent = void;
    std::size_t operator()(const auto& line) const { return std::hash<std::string_view>()(Text::operator()(line)); }
  };
  struct Equal : Text {
    using is_transparent = void;
    bool operator()(const auto& one, const auto& other) const {
      return Text::operator()(one) == Text::operator()(other);
    }
  };

  std::unordered_set<Place, Hash, Equal> places_;
};

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

  // Appends this experiment's groups; `planned` are the lines of `groups`.
  void expand_into(std::vector<PlannedGroup>& groups, PlannedLines& planned, Names& keys) {
    if (count() == 0) return;
    const std::size_t first = groups.size();
    const std::vector<CaseForm> all_forms = forms();
    std::vector<GroupsByKey> groups_of;
    for (const CaseForm& form : all_forms) groups_of.emplace_back(form.key_count(), kNoGroup);
    planned.reserve_more(static_cast<std::size_t>(count()));
    std::vector<std::size_t> rows;
    if (!experiment_.rows.empty()) rows.push_back(experiment_.rows.size());
    for (const auto& [name, values] : experiment_.axes) rows.push_back(values.size());
    std::vector<std::size_t> choice(rows.size(), 0);
    do {
      for (std::size_t i = 0; i < all_forms.size(); ++i) plan(all_forms[i], choice, groups, planned, groups_of[i]);
    } while (step(choice, rows));
    for (PlannedGroup& group : std::span(groups).subspan(first)) {
      add_budget(group);
      // Two experiments may hold the same problems; rounds of one must not be paired with rounds of the other.
      const std::string key = group.key;
      for (int n = 2; !keys.insert(group.key).second; ++n) group.key = fmt::format("{} #{}", key, n);
    }
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
            PlannedLines& planned, GroupsByKey& groups_of_form) {
    std::string line = form.line(choice);
    if (planned.contains(line)) return;
    const Case item = form.make(choice);
    scope_.operation().validate(item);
    std::size_t& number = groups_of_form[form.key_number(choice)];
    if (number == kNoGroup) number = group_of(form.key(choice), groups);
    PlannedGroup& group = groups[number];
    // Several may match when the baseline leaves some compared axes open; the first planned is the one.
    if (group.baseline.empty() && is_baseline(item)) group.baseline = line;
    group.cases.push_back({std::move(line)});
    planned.add(number, group.cases.size() - 1);
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

  void add_budget(PlannedGroup& group) const {
    const double budget_s = experiment_.budget_s > 0 ? experiment_.budget_s : scenario_.budget_s;
    group.budget_s = budget_s * static_cast<double>(group.cases.size());
    group.timeout_s = timeout_for(group.budget_s, group.energy);
  }

  const Scenario& scenario_;
  const Experiment& experiment_;
  const Catalog& catalog_;
  ExperimentScope scope_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace

std::vector<PlannedGroup> expand(const Scenario& scenario, const Catalog& catalog,
                                 const std::vector<ProcessorInfo>& processors) {
  std::vector<Expansion> expansions;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < scenario.experiments.size(); ++i) {
    expansions.emplace_back(scenario, i, catalog, processors);
    total += expansions.back().count();
    if (total > kMaxCases) {
      throw Error(fmt::format("the scenario has more than {} cases", kMaxCases),
                  fmt::format("{}#/experiments/{}", scenario.path, i), "list fewer axis values, or split it");
    }
  }
  std::vector<PlannedGroup> result;
  PlannedLines planned(result);
  Names keys;
  for (Expansion& expansion : expansions) expansion.expand_into(result, planned, keys);
  return result;
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

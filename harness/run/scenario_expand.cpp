// From the names in a scenario to groups of cases on the processors that exist.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "harness/core/cpu_list.hpp"
#include "harness/core/registry.hpp"
#include "harness/core/wildcard.hpp"
#include "harness/run/scenario.hpp"

namespace hetscope {
namespace {

using Names = std::unordered_set<std::string>;
using AxisValues = std::vector<std::pair<std::string, AxisValue>>;

constexpr std::int64_t kMaxCases = 200'000;
// Preparing and verifying, which the measuring budget does not cover, on top of what a hang must exceed.
constexpr double kLeastTimeoutSeconds = 120;
constexpr double kEnergyTimeoutSeconds = 600;
constexpr double kSetupSecondsPerCase = 0.5;
constexpr double kEnergySecondsPerCase = 15;

bool is_pattern(const std::string& name) { return name.find('*') != std::string::npos; }

std::string list_of(const std::vector<std::string>& processors) {
  if (processors.empty()) return "none was found here: see hetscope devices";
  return fmt::format("there are: {}", fmt::join(processors, ", "));
}

std::vector<std::string> names_of(const std::vector<ProcessorInfo>& processors) {
  std::vector<std::string> names;
  for (const ProcessorInfo& processor : processors) names.push_back(processor.name);
  return names;
}

bool is_listed(const ProcessorInfo& info, const std::vector<ProcessorInfo>& all) {
  return std::any_of(all.begin(), all.end(), [&](const ProcessorInfo& one) { return one.name == info.name; });
}

// The processor called `name`, or what can be told of one that is made when it is asked for: an explicit set of CPUs
// ("cpu@0-1") or a part of a device ("opencl:0/1of2"). Whether it can be made is seen when it is opened.
ProcessorInfo named_processor(const std::string& name, const std::vector<ProcessorInfo>& all,
                              const std::string& where) {
  // A provider of an NPU's runtime has a '/' in a name that is listed as it is.
  for (const ProcessorInfo& info : all) {
    if (info.name == name) return info;
  }
  const std::size_t mark = name.find_first_of("@/");
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const ProcessorInfo& info) { return info.name == name.substr(0, mark); });
  if (found == all.end()) {
    // All of them, not only the nearest: which processors a device has is what its user may not know.
    throw Error("there is no processor '" + name + "' here", where, list_of(names_of(all)));
  }
  ProcessorInfo info = *found;
  info.name = name;
  if (mark == std::string::npos) return info;
  if (name[mark] == '@') {
    info.compute_units = static_cast<int>(parse_cpu_list(name.substr(mark + 1)).size());
  } else if (const std::size_t parts = name.find("of", mark); parts != std::string::npos) {
    int count = 0;
    std::from_chars(name.data() + parts + 2, name.data() + name.size(), count);
    info.compute_units = std::max(1, info.compute_units / std::max(1, count));
  }
  return info;
}

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
        where_(fmt::format("{}#/experiments/{}", scenario.path, index)) {
    if (catalog.operations().find(experiment_.operation) == nullptr) {
      throw unknown_name("operation", experiment_.operation, catalog.operations().names(), where_ + "/operation");
    }
    choose_kernels();
    choose_processors(processors);
    check_names();
    check_loads(processors);
  }

  // Cases before the equal ones are dropped; saturates above the limit.
  std::int64_t count() const {
    std::int64_t pairs = 0;
    for (const Kernel* kernel : kernels_) {
      for (const Place& place : places_) pairs += can_meet(*kernel, place) ? 1 : 0;
    }
    std::int64_t total = pairs;
    const auto multiply = [&](std::size_t factor) {
      total = std::min(total, kMaxCases + 1) * std::min(static_cast<std::int64_t>(factor), kMaxCases + 1);
    };
    if (!experiment_.rows.empty()) multiply(experiment_.rows.size());
    for (const auto& [name, values] : experiment_.axes) multiply(values.size());
    return total;
  }

  std::vector<PlannedGroup> groups(Names& planned, Names& keys) {
    std::vector<AxisValues> rows = experiment_.rows;
    if (rows.empty()) rows.emplace_back();
    for (AxisValues& row : rows) vary(0, row, planned);
    for (PlannedGroup& group : groups_) {
      finish(group);
      // Two experiments may hold the same problems; rounds of one must not be paired with rounds of the other.
      const std::string key = group.key;
      for (int n = 2; !keys.insert(group.key).second; ++n) group.key = fmt::format("{} #{}", key, n);
    }
    return std::move(groups_);
  }

 private:
  // One processor, or several that share one case.
  using Place = std::vector<ProcessorInfo>;

  static bool can_meet(const Kernel& kernel, const Place& place) {
    if (place.size() > 1) return kernel.program_model() == ProgramModel::parts;
    return kernel.program_model() == place.front().program_model;
  }

  void choose_kernels() {
    const std::vector<const Kernel*> all = catalog_.kernels_of(experiment_.operation);
    std::vector<std::string> names;
    for (const Kernel* kernel : all) names.emplace_back(kernel->name());
    for (const std::string& wanted : experiment_.kernels) {
      if (std::none_of(names.begin(), names.end(), [&](const auto& name) { return matches_wildcard(wanted, name); })) {
        throw unknown_name("kernel of " + experiment_.operation, wanted, names, where_ + "/kernels");
      }
    }
    for (const Kernel* kernel : all) {
      const auto is_wanted = [&](const std::string& wanted) { return matches_wildcard(wanted, kernel->name()); };
      if (std::any_of(experiment_.kernels.begin(), experiment_.kernels.end(), is_wanted)) kernels_.push_back(kernel);
    }
  }

  void choose_processors(const std::vector<ProcessorInfo>& all) {
    for (const std::string& wanted : experiment_.processors) {
      if (!is_pattern(wanted)) {
        // Checked for every name before any is used; an explicit set of CPUs or a sub-device is no match of a pattern.
        const ProcessorInfo info = named_processor(wanted, all, where_ + "/processors");
        if (!is_listed(info, all)) places_.push_back({info});
      }
    }
    for (auto processor = all.rbegin(); processor != all.rend(); ++processor) {
      const auto is_wanted = [&](const std::string& wanted) { return matches_wildcard(wanted, processor->name); };
      if (std::any_of(experiment_.processors.begin(), experiment_.processors.end(), is_wanted)) {
        places_.insert(places_.begin(), {*processor});
      }
    }
    for (const std::vector<std::string>& names : experiment_.together) add_together(names, all);
    if (places_.empty()) {
      throw Error("no processor matches", where_ + "/processors", list_of(names_of(all)));
    }
  }

  // A pattern stands for each processor that matches it; for none, there is no such place here.
  void add_together(const std::vector<std::string>& names, const std::vector<ProcessorInfo>& all) {
    std::vector<Place> places(1);
    for (const std::string& name : names) {
      std::vector<ProcessorInfo> matching;
      if (is_pattern(name)) {
        const auto matches = [&](const ProcessorInfo& info) { return matches_wildcard(name, info.name); };
        std::copy_if(all.begin(), all.end(), std::back_inserter(matching), matches);
      } else {
        matching.push_back(named_processor(name, all, where_ + "/together"));
      }
      std::vector<Place> longer;
      for (const Place& place : places) {
        for (const ProcessorInfo& processor : matching) {
          if (std::ranges::any_of(place, [&](const ProcessorInfo& other) { return other.name == processor.name; }))
            continue;
          longer.push_back(place);
          longer.back().push_back(processor);
        }
      }
      places = std::move(longer);
    }
    places_.insert(places_.end(), places.begin(), places.end());
  }

  const AxisSpec* find_axis(std::string_view name) const {
    for (const Kernel* kernel : kernels_) {
      for (const AxisSpec* spec : catalog_.axes_of(*kernel)) {
        if (spec->name == name) return spec;
      }
    }
    return nullptr;
  }

  std::vector<std::string> axis_names() const {
    std::vector<std::string> names;
    for (const Kernel* kernel : kernels_) {
      for (const AxisSpec* spec : catalog_.axes_of(*kernel)) {
        if (std::find(names.begin(), names.end(), spec->name) == names.end()) names.push_back(spec->name);
      }
    }
    return names;
  }

  void check_names() const {
    for (const auto& [name, values] : experiment_.axes) {
      const std::string where = where_ + "/axes/" + name;
      const AxisSpec* spec = find_axis(name);
      if (spec == nullptr) throw unknown_name("axis", name, axis_names(), where);
      for (const AxisValue& value : values) {
        if (is_all_threads(name, value)) continue;
        if (spec->type == AxisType::dims && std::holds_alternative<std::int64_t>(value)) {
          throw Error(
              "a shape is a list of its own", where,
              fmt::format("write [[{0}]] for a shape of rank 1; [{0}, ...] lists several values", to_string(value)));
        }
        check_axis(*spec, value, where);
      }
    }
    if (!experiment_.rows.empty()) {
      std::set<std::string> seen;
      for (const auto& [name, values] : experiment_.axes) seen.insert(name);
      for (const auto& [name, value] : experiment_.rows.front()) {
        if (find_axis(name) == nullptr) throw unknown_name("axis", name, axis_names(), where_ + "/axes");
        if (!seen.insert(name).second)
          throw Error("axis '" + name + "' appears twice", where_ + "/axes", "give it once");
      }
    }
    for (const std::string& name : experiment_.compare_by) {
      if (name == "kernel" || name == "processor" || find_axis(name) != nullptr) continue;
      std::vector<std::string> names = axis_names();
      names.insert(names.end(), {"kernel", "processor"});
      throw unknown_name("axis", name, names, where_ + "/compare_by");
    }
    check_baseline();
  }

  // Every load's own words, before cases are made of them: the fault is then told with its place in the file.
  void check_loads(const std::vector<ProcessorInfo>& all) const {
    for (const auto& [name, values] : experiment_.axes) {
      if (name != kLoadAxis) continue;
      const std::string where = where_ + "/axes/" + name;
      for (const AxisValue& value : values) {
        Case carrier;
        carrier.set(kLoadAxis, value);
        try {
          const std::optional<Case> load = catalog_.load_of(carrier);
          if (!load) continue;
          for (const std::string& processor : load->processors()) named_processor(processor, all, "");
          catalog_.check_load(*load, {}, "");
        } catch (const Error& error) {
          throw Error(error.what(), where);
        }
      }
    }
  }

  void check_baseline() const {
    for (const auto& [name, value] : experiment_.baseline) {
      const std::string where = where_ + "/baseline/" + name;
      if (name == "kernel") {
        std::vector<std::string> names;
        for (const Kernel* kernel : catalog_.kernels_of(experiment_.operation)) names.emplace_back(kernel->name());
        const auto& kernel = std::get<std::string>(value);
        if (std::find(names.begin(), names.end(), kernel) == names.end()) {
          throw unknown_name("kernel of " + experiment_.operation, kernel, names, where);
        }
      } else if (const AxisSpec* spec = find_axis(name); spec != nullptr && !is_all_threads(name, value)) {
        check_axis(*spec, value, where);
      }
    }
  }

  static bool is_all_threads(std::string_view name, const AxisValue& value) {
    const auto* text = std::get_if<std::string>(&value);
    return name == "threads" && text != nullptr && *text == "all";
  }

  void vary(std::size_t axis, AxisValues& chosen, Names& planned) {
    if (axis == experiment_.axes.size()) {
      place(chosen, planned);
      return;
    }
    const auto& [name, values] = experiment_.axes[axis];
    for (const AxisValue& value : values) {
      chosen.emplace_back(name, value);
      vary(axis + 1, chosen, planned);
      chosen.pop_back();
    }
  }

  void place(const AxisValues& chosen, Names& planned) {
    for (const Kernel* kernel : kernels_) {
      for (const Place& place : places_) {
        if (!can_meet(*kernel, place)) continue;
        Case item(experiment_.operation, std::string(kernel->name()), names_of(place));
        item.reserve(chosen.size());
        for (const auto& [name, value] : chosen) {
          item.set(name, is_all_threads(name, value) ? AxisValue(all_threads_of(place)) : value);
        }
        item = catalog_.complete(item);
        const auto [line, is_new] = planned.insert(item.line());
        if (!is_new) continue;
        catalog_.validate(item, where_);
        PlannedGroup& group = group_of(item, *line);
        group.cases.push_back({std::move(item), ""});
      }
    }
  }

  PlannedGroup& group_of(const Case& item, const std::string& line) {
    std::string key = experiment_.compare_by.empty() ? line : item.key_without(experiment_.compare_by);
    const auto [found, is_new] = index_.try_emplace(key, groups_.size());
    if (is_new) {
      PlannedGroup group;
      group.key = std::move(key);
      group.scenario = scenario_.name;
      group.energy = experiment_.energy;
      group.soak = experiment_.soak;
      groups_.push_back(std::move(group));
    }
    return groups_[found->second];
  }

  bool is_baseline(const Case& item) const {
    if (experiment_.baseline.empty()) return false;
    return std::all_of(experiment_.baseline.begin(), experiment_.baseline.end(), [&](const auto& wanted) {
      const auto& [name, value] = wanted;
      if (name == "kernel") return item.kernel() == std::get<std::string>(value);
      if (name == "processor") return item.processors() == std::vector{std::get<std::string>(value)};
      const AxisValue* own = item.find(name);
      if (own == nullptr) return false;
      if (is_all_threads(name, value)) return *own == AxisValue(all_threads_of(item));
      return to_string(*own) == to_string(canonical_value(*find_axis(name), value));
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
    const auto found = std::find_if(places_.begin(), places_.end(),
                                    [&](const Place& place) { return names_of(place) == item.processors(); });
    return all_threads_of(*found);
  }

  void finish(PlannedGroup& group) const {
    const double budget_s = experiment_.budget_s > 0 ? experiment_.budget_s : scenario_.budget_s;
    group.budget_s = budget_s * static_cast<double>(group.cases.size());
    group.timeout_s = timeout_for(group.budget_s, group.energy);
    // Several may match when the baseline leaves some compared axes open; the first planned is the one.
    const auto baseline = std::find_if(group.cases.begin(), group.cases.end(),
                                       [&](const PlannedCase& planned) { return is_baseline(planned.item); });
    if (baseline == group.cases.end()) return;
    const std::string line = baseline->item.line();
    for (PlannedCase& planned : group.cases) {
      if (&planned != &*baseline) planned.baseline = line;  // no two cases are equal
    }
  }

  const Scenario& scenario_;
  const Experiment& experiment_;
  const Catalog& catalog_;
  std::string where_;
  std::vector<const Kernel*> kernels_;
  std::vector<Place> places_;
  std::vector<PlannedGroup> groups_;
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
  Names planned, keys;
  for (Expansion& expansion : expansions) {
    for (PlannedGroup& group : expansion.groups(planned, keys)) result.push_back(std::move(group));
  }
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

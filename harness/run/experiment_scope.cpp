// Kernels and processors by wildcard; every name of a scenario is looked up before any case is made of it.
#include "harness/run/experiment_scope.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "harness/core/cpu_list.hpp"
#include "harness/core/registry.hpp"
#include "harness/core/wildcard.hpp"

namespace hetscope {
namespace {

// Every OpenCL device that is not the host's CPU, which a name does not tell.
constexpr std::string_view kGpus = "gpu:*";

bool is_pattern(const std::string& name) { return name.find('*') != std::string::npos; }

bool matches_pattern(const std::string& pattern, const ProcessorInfo& info) {
  if (pattern == kGpus) return info.program_model == ProgramModel::opencl_c && !info.runs_on_host_cpu;
  return matches_wildcard(pattern, info.name);
}

std::string list_of(const std::vector<std::string>& processors) {
  if (processors.empty()) return "none was found here: see hetscope devices";
  return fmt::format("there are: {}", fmt::join(processors, ", "));
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

}  // namespace

ExperimentScope::ExperimentScope(const Experiment& experiment, const Catalog& catalog,
                                 const std::vector<ProcessorInfo>& processors, std::string where)
    : experiment_(experiment),
      catalog_(catalog),
      where_(std::move(where)),
      operation_(catalog.operations().find(experiment.operation)) {
  if (operation_ == nullptr) {
    throw unknown_name("operation", experiment_.operation, catalog.operations().names(), where_ + "/operation");
  }
  choose_kernels();
  choose_processors(processors);
  check_names();
  check_loads(processors);
}

void ExperimentScope::choose_kernels() {
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

void ExperimentScope::choose_processors(const std::vector<ProcessorInfo>& all) {
  for (const std::string& wanted : experiment_.processors) {
    if (!is_pattern(wanted)) {
      // Checked for every name before any is used; an explicit set of CPUs or a sub-device is no match of a pattern.
      const ProcessorInfo info = named_processor(wanted, all, where_ + "/processors");
      if (!is_listed(info, all)) add_place({info});
    }
  }
  for (auto processor = all.rbegin(); processor != all.rend(); ++processor) {
    const auto is_wanted = [&](const std::string& wanted) { return matches_pattern(wanted, *processor); };
    if (std::any_of(experiment_.processors.begin(), experiment_.processors.end(), is_wanted)) {
      places_.insert(places_.begin(), {*processor});
    }
  }
  for (const std::vector<std::string>& names : experiment_.together) add_together(names, all);
  if (places_.empty()) {
    throw Error("no processor matches", where_ + "/processors", list_of(names_of(all)));
  }
}

// Once, however often it is named: "opencl:*" in one entry meets "opencl:0" in another.
void ExperimentScope::add_place(Place place) {
  const auto is_same = [&](const Place& other) { return names_of(other) == names_of(place); };
  if (std::ranges::none_of(places_, is_same)) places_.push_back(std::move(place));
}

// A pattern stands for each processor that matches it; for none, there is no such place here.
void ExperimentScope::add_together(const std::vector<std::string>& names, const std::vector<ProcessorInfo>& all) {
  std::vector<Place> places(1);
  for (const std::string& name : names) {
    std::vector<ProcessorInfo> matching;
    if (is_pattern(name)) {
      const auto matches = [&](const ProcessorInfo& info) { return matches_pattern(name, info); };
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
  for (Place& place : places) add_place(std::move(place));
}

const AxisSpec* ExperimentScope::find_axis(std::string_view name) const {
  for (const Kernel* kernel : kernels_) {
    for (const AxisSpec* spec : catalog_.axes_of(*kernel)) {
      if (spec->name == name) return spec;
    }
  }
  return nullptr;
}

std::vector<std::string> ExperimentScope::axis_names() const {
  std::vector<std::string> names;
  for (const Kernel* kernel : kernels_) {
    for (const AxisSpec* spec : catalog_.axes_of(*kernel)) {
      if (std::find(names.begin(), names.end(), spec->name) == names.end()) names.push_back(spec->name);
    }
  }
  return names;
}

void ExperimentScope::check_names() const {
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
      if (!seen.insert(name).second) throw Error("axis '" + name + "' appears twice", where_ + "/axes", "give it once");
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
void ExperimentScope::check_loads(const std::vector<ProcessorInfo>& all) const {
  for (const auto& [name, values] : experiment_.axes) {
    if (name != kLoadAxis) continue;
    const std::string where = where_ + "/axes/" + name;
    for (const AxisValue& value : values) {
      const auto* line = std::get_if<std::string>(&value);
      if (line == nullptr) continue;  // refused with the other axes
      try {
        const std::optional<Case> load = catalog_.read_load(*line);
        if (!load) continue;
        for (const std::string& processor : load->processors()) named_processor(processor, all, "");
        catalog_.check_load(*load, {}, "");
      } catch (const Error& error) {
        throw Error(error.what(), where);
      }
    }
  }
}

void ExperimentScope::check_baseline() const {
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

bool ExperimentScope::is_all_threads(std::string_view name, const AxisValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return name == "threads" && text != nullptr && *text == "all";
}

}  // namespace hetscope

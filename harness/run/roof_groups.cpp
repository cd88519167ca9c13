// Which roofs a set of groups needs: for every processor and number of threads whose kernels are to be judged.
#include <algorithm>
#include <optional>
#include <set>

#include "harness/run/scenario.hpp"

namespace hetscope {
namespace {

// A way of using a processor that has roofs of its own.
struct RoofPlace {
  const ProcessorInfo* processor = nullptr;
  std::optional<std::int64_t> threads;
};

// The cases of a group are of one operation.
bool is_of_roof(const PlannedGroup& group, const Catalog& catalog) {
  return !group.cases.empty() && catalog.operations().at(group.cases.front().item().operation()).roof();
}

std::vector<RoofPlace> places_of(const std::vector<PlannedGroup>& groups, const Catalog& catalog,
                                 const std::vector<ProcessorInfo>& processors) {
  // Several processors of one case are written as a list, which equals none of these.
  std::vector<std::optional<std::string>> written_names;
  for (const ProcessorInfo& info : processors) {
    written_names.emplace_back(written_value(Case("any", "any", {info.name}).line(), "processor"));
  }
  std::vector<RoofPlace> places;
  for (const PlannedGroup& group : groups) {
    if (is_of_roof(group, catalog)) continue;
    for (const PlannedCase& planned : group.cases) {
      const auto name = written_value(planned.line, "processor");
      const auto found = std::find(written_names.begin(), written_names.end(), name);
      if (found == written_names.end()) continue;
      RoofPlace place{&processors[static_cast<std::size_t>(found - written_names.begin())], std::nullopt};
      if (const auto threads = written_value(planned.line, "threads")) {
        place.threads = std::get<std::int64_t>(parse_axis_value(*threads));
      }
      const auto is_same = [&](const RoofPlace& other) {
        return other.processor == place.processor && other.threads == place.threads;
      };
      if (std::none_of(places.begin(), places.end(), is_same)) places.push_back(place);
    }
  }
  return places;
}

// One probe: every kernel of `operation` that the place can run, with `axes`. Empty when all were planned before.
PlannedGroup probe(const Operation& operation, const std::vector<std::pair<std::string, AxisValue>>& axes,
                   const RoofPlace& place, const Catalog& catalog, std::set<std::string>& planned) {
  PlannedGroup group;
  group.scenario = "roofs";
  for (const Kernel* kernel : catalog.kernels_of(operation.name())) {
    if (kernel->program_model() != place.processor->program_model) continue;
    Case item(std::string(operation.name()), std::string(kernel->name()), {place.processor->name});
    for (const auto& [name, value] : axes) item.set(name, value);
    // complete() drops it again for a kernel that does not know threads.
    if (place.threads) item.set("threads", *place.threads);
    item = catalog.complete(item);
    if (!planned.insert(item.line()).second) continue;
    catalog.validate(item, "roofs");
    group.key = item.key_without({"kernel"});
    group.cases.push_back({item.line()});
  }
  return group;
}

}  // namespace

std::vector<PlannedGroup> roof_groups(const std::vector<PlannedGroup>& groups, const Catalog& catalog,
                                      const std::vector<ProcessorInfo>& processors, double budget_s) {
  std::set<std::string> planned;
  for (const PlannedGroup& group : groups) {
    if (!is_of_roof(group, catalog)) continue;
    for (const PlannedCase& member : group.cases) planned.insert(member.line);
  }
  std::vector<PlannedGroup> result;
  for (const RoofPlace& place : places_of(groups, catalog, processors)) {
    for (const auto& operation : catalog.operations().entries()) {
      if (!operation->roof()) continue;
      for (const auto& axes : operation->roof_axes()) {
        PlannedGroup group = probe(*operation, axes, place, catalog, planned);
        if (group.cases.empty()) continue;
        group.budget_s = budget_s * static_cast<double>(group.cases.size());
        group.timeout_s = std::max(group.timeout_s, 60 + 3 * group.budget_s);
        result.push_back(std::move(group));
      }
    }
  }
  return result;
}

}  // namespace hetscope

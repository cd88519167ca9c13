// From scenario files, case lines and filters to the groups to run.
#include <algorithm>
#include <span>
#include <utility>

#include <re2/re2.h>

#include "bench/commands/command.hpp"
#include "harness/core/error.hpp"
#include "harness/core/parallel.hpp"
#include "harness/core/registry.hpp"

namespace hetscope {
namespace {

// A pasted case line is a group of one, with the budget of a careful look.
PlannedGroup group_of_line(const std::string& line, const Catalog& catalog, const std::vector<std::string>& known) {
  const Case item = catalog.complete(Case::parse(line));
  catalog.validate(item, "--case");
  if (item.processors().empty()) throw Error("no processor", "--case", "add processor=NAME, as in processor=cpu");
  std::vector<std::string> names = item.processors();
  if (const std::optional<Case> load = catalog.load_of(item)) {
    names.insert(names.end(), load->processors().begin(), load->processors().end());
  }
  for (const std::string& name : names) {
    // Explicit CPU sets and sub-devices are made when they are asked for.
    const bool is_made_to_order = name.find_first_of("@/") != std::string::npos;
    if (!is_made_to_order && std::find(known.begin(), known.end(), name) == known.end()) {
      throw unknown_name("processor", name, known, "--case");
    }
  }
  PlannedGroup group;
  group.key = item.line();
  group.scenario = "--case";
  group.budget_s = 5;
  group.cases.push_back({group.key});
  return group;
}

// Keeps the cases that match; a baseline that is filtered away is nobody's baseline any more.
void keep_matching(std::vector<PlannedGroup>& groups, const std::string& filter) {
  re2::RE2::Options quiet;
  quiet.set_log_errors(false);
  const re2::RE2 expression(filter, quiet);
  if (!expression.ok()) {
    throw Error("not a regular expression: '" + filter + "' (" + expression.error() + ")", "--filter");
  }
  for (PlannedGroup& group : groups) {
    const auto matches = [&](const std::string& line) { return re2::RE2::PartialMatch(line, expression); };
    std::erase_if(group.cases, [&](const PlannedCase& planned) { return !matches(planned.line); });
    if (!matches(group.baseline)) group.baseline.clear();
  }
  std::erase_if(groups, [](const PlannedGroup& group) { return group.cases.empty(); });
}

}  // namespace

void Selection::add_options(CLI::App& command) {
  command.add_option("SCENARIO", scenario_paths, "scenario files (JSON)");
  command.add_option("--case", case_lines, "a case line, as a report prints it; may be repeated")
      ->allow_extra_args(false);
  command.add_option("--filter", filter, "keep the cases whose line matches this regular expression (RE2)");
  command.add_option("--processor", processors, "use only this processor; may be repeated")->allow_extra_args(false);
  command.add_flag("--no-roofs", no_roofs, "do not measure the roofs first; shares of a roof are then missing");
}

Plan make_plan(const Selection& selection, const Catalog& catalog, bool with_meters) {
  if (selection.scenario_paths.empty() && selection.case_lines.empty()) {
    throw Error("nothing to do", "", "name a scenario file or a --case line");
  }
  Plan plan;
  plan.scenarios.resize(selection.scenario_paths.size());
  // While the devices are looked for, which a driver can make a matter of minutes: a slip in a file is told at once.
  const auto load = [&] {
    for_each_index(plan.scenarios.size(),
                   [&](std::size_t i) { plan.scenarios[i] = load_scenario(selection.scenario_paths[i]); });
  };
  plan.discovery = discover_in_worker(worker_command(), with_meters ? &plan.meters : nullptr, load);

  std::vector<ProcessorInfo> usable = plan.discovery.found;
  if (!selection.processors.empty()) {
    const std::vector<std::string> known = names_of(usable);
    for (const std::string& name : selection.processors) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        throw unknown_name("processor", name, known, "--processor");
      }
    }
    std::erase_if(usable, [&](const ProcessorInfo& processor) {
      return std::find(selection.processors.begin(), selection.processors.end(), processor.name) ==
             selection.processors.end();
    });
  }

  double roof_budget_s = 0;
  bool roofs = !selection.no_roofs;
  for (const Scenario& scenario : plan.scenarios) {
    roofs = roofs && scenario.roofs;
    roof_budget_s = std::max(roof_budget_s, scenario.budget_s);
  }
  std::vector<PlannedGroup> groups = expand(std::span(std::as_const(plan.scenarios)), catalog, usable);
  for (const std::string& line : selection.case_lines)
    groups.push_back(group_of_line(line, catalog, names_of(plan.discovery.found)));
  if (!selection.filter.empty()) keep_matching(groups, selection.filter);
  if (groups.empty()) {
    std::string remedy = "loosen --filter, --processor or the scenario";
    for (const std::string& missing : plan.discovery.missing) remedy += "; missing here: " + missing;
    throw Error("no case is left", "", remedy);
  }
  if (roofs) {
    std::vector<PlannedGroup> probes =
        roof_groups(groups, catalog, usable, roof_budget_s > 0 ? std::min(roof_budget_s, 1.0) : 1.0);
    std::move(probes.begin(), probes.end(), std::back_inserter(plan.groups));
  }
  std::move(groups.begin(), groups.end(), std::back_inserter(plan.groups));
  return plan;
}

}  // namespace hetscope

// hetscope replay: the best divisions of another device's run, measured here beside this device's own, and what keeping
// them costs.
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/commands/command.hpp"
#include "bench/commands/run_files.hpp"
#include "harness/core/error.hpp"
#include "harness/core/split_text.hpp"
#include "harness/core/units.hpp"
#include "harness/record/fingerprint.hpp"
#include "reports/replayed_plan.hpp"
#include "reports/split_summary.hpp"

namespace hetscope {
namespace {

struct ReplayOptions {
  std::vector<std::string> runs;
  std::string case_line;
  std::string processors;         // of this device, in the order of the plan's
  std::vector<std::string> vary;  // AXIS=VALUE,VALUE...
  double budget_s = 1;
  std::string out;
};

// A division of another device.
struct ForeignPlan {
  Case item;
  std::string device;
};

using Values = std::vector<AxisValue>;
using Axes = std::vector<std::pair<std::string, Values>>;

Axes axes_to_vary(const ReplayOptions& options) {
  Axes axes;
  for (const std::string& text : options.vary) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error("'" + text + "' names no axis", "--vary", "write AXIS=VALUE,VALUE, as in sharing=copy,use_host_ptr");
    }
    Values values;
    for (const std::string_view word : split_text(std::string_view(text).substr(equals + 1), ',')) {
      values.push_back(parse_axis_value(word));
    }
    axes.emplace_back(text.substr(0, equals), std::move(values));
  }
  if (axes.empty()) {
    Values ratios;
    for (int tenth = 0; tenth <= 10; ++tenth) ratios.emplace_back(tenth / 10.0);
    axes.emplace_back("ratio", std::move(ratios));
  }
  return axes;
}

std::vector<std::string> processors_here(const ReplayOptions& options, const Case& plan) {
  if (options.processors.empty()) return plan.processors();
  std::vector<std::string> names;
  for (const std::string_view name : split_text(options.processors, ',')) names.emplace_back(name);
  if (names.size() != plan.processors().size()) {
    throw Error(fmt::format("{} processors for a division of {}", names.size(), plan.processors().size()), "--on",
                "name as many, in the order of " + plan.line());
  }
  return names;
}

// The fastest division of each group, or the one that was asked for.
std::vector<ForeignPlan> choose_plans(const ReplayOptions& options) {
  const ReportInput input = load_runs(options.runs);
  const Summary summary = summarise(input);
  std::vector<ForeignPlan> plans;
  const auto take = [&](const Row& row) {
    Case item = row.record->item;
    item.set_processors(processors_here(options, item));
    plans.push_back({std::move(item), row.record->device_model});
  };
  if (!options.case_line.empty()) {
    const std::string wanted = Case::parse(options.case_line).line();
    for (const Row& row : summary.rows) {
      if (row.line == wanted && plans.empty()) take(row);
    }
    if (plans.empty()) throw Error("no row of this case is there", "--case", "see `hetscope report` for its lines");
    if (plans[0].item.find("ratio") == nullptr) throw Error("divides nothing", "--case", "name a divided row");
    return plans;
  }
  for (const RowSection& section : summary.results) {
    for (const SplitGroup& group : split_groups(section)) take(*group.best);
  }
  if (plans.empty()) {
    throw Error("no group has a trusted divided row beside each of its processors alone", options.runs[0],
                "name the row with --case");
  }
  return plans;
}

void add_missing(Values& values, const AxisValue& value) {
  const auto is_same = [&](const AxisValue& one) { return to_string(one) == to_string(value); };
  if (std::none_of(values.begin(), values.end(), is_same)) values.push_back(value);
}

// Plans that differ in what is varied only are alternatives of one group.
Scenario scenario_of(const std::vector<ForeignPlan>& plans, const Axes& varied, double budget_s) {
  std::vector<std::string> names;
  for (const auto& [name, values] : varied) names.push_back(name);
  std::map<std::string, Experiment> experiments;
  for (const ForeignPlan& plan : plans) {
    const auto [found, is_new] = experiments.try_emplace(plan.item.key_without(names));
    Experiment& experiment = found->second;
    if (is_new) {
      experiment.operation = plan.item.operation();
      experiment.kernels = {plan.item.kernel()};
      experiment.together = {plan.item.processors()};
      experiment.compare_by = names;
      for (const auto& [name, value] : plan.item.axes()) {
        if (std::find(names.begin(), names.end(), name) == names.end()) experiment.axes.push_back({name, {value}});
      }
      experiment.axes.insert(experiment.axes.end(), varied.begin(), varied.end());
    }
    for (auto& [name, values] : experiment.axes) {
      if (const AxisValue* value = plan.item.find(name)) add_missing(values, *value);
    }
  }
  Scenario scenario;
  scenario.name = "replay";
  scenario.title = "Divisions of another device";
  scenario.question = "Are the best divisions of another device good ones here?";
  scenario.path = "replay";
  scenario.budget_s = budget_s;
  scenario.roofs = false;
  for (auto& [key, experiment] : experiments) scenario.experiments.push_back(std::move(experiment));
  return scenario;
}

void measure_here(const Scenario& scenario, const ReplayOptions& options, const Catalog& catalog) {
  Plan plan;
  plan.discovery = discover_in_worker(worker_command());
  plan.groups = expand(scenario, catalog, plan.discovery.found);
  plan.scenarios.push_back(scenario);
  const HostInfo host = read_host_info();
  SupervisorOptions supervisor;
  supervisor.worker = worker_command();
  supervisor.identity = {make_uuid(), make_uuid(), host.boot_id, host.device_model, host.device_unit};
  supervisor.meter = "none";
  RunDirectory directory = RunDirectory::create(options.out, run_document(Selection{}, plan, supervisor.identity));
  supervise(plan.groups, catalog, directory, supervisor, [](const RunProgress& progress) {
    if (progress.record == nullptr) return;
    fmt::print(stderr, "[{}/{}] {} {}\n", progress.cases_done, progress.cases, to_string(progress.record->status),
               progress.record->item.line());
  });
}

std::string time_here(const Row& row) {
  const LatencyRecord& latency = *row.record->latency();
  return fmt::format("{} [{}, {}]", format_ns(latency.median_ns), format_ns(latency.ci95_low_ns),
                     format_ns(latency.ci95_high_ns));
}

void print_judgement(const ForeignPlan& plan, const ReplayedPlan& replayed) {
  fmt::print("{}{}{}\n", to_string(replayed.transfer), replayed.reason.empty() ? "" : ": ", one_line(replayed.reason));
  fmt::print("  plan     {}, from {}\n", plan.item.line(), plan.device.empty() ? "another device" : plan.device);
  if (replayed.kept == nullptr) return;
  fmt::print("  here     {}\n", time_here(*replayed.kept));
  if (replayed.best != replayed.kept) {
    const CaseWords best = words_of(replayed.best->record->item);
    const std::vector<std::string> differing = differing_words(best, words_of(plan.item));
    fmt::print("  best     {}: {}, fastest of {}\n", words_text(best, differing), time_here(*replayed.best),
               replayed.alternatives);
  }
  if (replayed.regret.ratio) {
    const RatioEstimate& ratio = *replayed.regret.ratio;
    fmt::print("  regret   {:.3f} [{:.3f}, {:.3f}]\n", ratio.ratio, ratio.interval.low, ratio.interval.high);
  }
}

int replay(const ReplayOptions& options, const Catalog& catalog) {
  const Axes varied = axes_to_vary(options);
  std::vector<ForeignPlan> plans = choose_plans(options);
  for (ForeignPlan& plan : plans) plan.item = catalog.complete(plan.item);
  measure_here(scenario_of(plans, varied, options.budget_s), options, catalog);
  const ReportInput input = load_runs({options.out});
  const Summary summary = summarise(input);
  std::map<PlanTransfer, int> counts;
  for (const ForeignPlan& plan : plans) {
    const ReplayedPlan replayed = judge_replay(summary, plan.item);
    ++counts[replayed.transfer];
    print_judgement(plan, replayed);
  }
  if (counts[PlanTransfer::does_not_carry_over] > 0) return kExitFailed;
  return counts[PlanTransfer::unclear] > 0 ? kExitUndecided : kExitOk;
}

}  // namespace

void add_replay(Commands& commands) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* command = commands.app.add_subcommand(
      "replay", "measure another device's best divisions beside this one's (exit code 1: one does not carry over)");
  command->add_option("RUN", options->runs, "directories of another device's runs")->required();
  command->add_option("--out", options->out, "directory for the run here")->required();
  command->add_option("--case", options->case_line, "this divided row instead of the best of each group");
  command->add_option("--on", options->processors,
                      "processors of this device, in the order of the plan's: cpu@0,opencl:0");
  command
      ->add_option(
          "--vary", options->vary,
          "axis and values to compare the plan with, AXIS=VALUE,VALUE; may be repeated (default: ratios by 0.1)")
      ->allow_extra_args(false);
  command->add_option("--budget", options->budget_s, "seconds for each case")
      ->check(CLI::Range(0.001, 86400.0))
      ->capture_default_str();
  command->callback(
      [&commands, options] { commands.action = [&commands, options] { return replay(*options, commands.catalog); }; });
}

}  // namespace hetscope

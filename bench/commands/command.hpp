// What the subcommands share. Each is one file that defines `void add_NAME(Commands&)`.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>

#include "bench/commands/program.hpp"
#include "harness/run/scenario.hpp"
#include "harness/run/supervisor.hpp"

namespace hetscope {

struct Commands {
  CLI::App& app;
  const Catalog& catalog;
  // Set by the subcommand that was given; returns the exit code.
  std::function<int()> action;
};

void add_ab(Commands& commands);
void add_compare(Commands& commands);
void add_decide(Commands& commands);
void add_devices(Commands& commands);
void add_doctor(Commands& commands);
void add_dump(Commands& commands);
void add_export(Commands& commands);
void add_import(Commands& commands);
void add_list(Commands& commands);
void add_models(Commands& commands);
void add_replay(Commands& commands);
void add_reproduce(Commands& commands);
void add_qualify(Commands& commands);
void add_run(Commands& commands);
void add_series(Commands& commands);
void add_validate(Commands& commands);
void add_report(Commands& commands);

WorkerCommand worker_command();

// What `list` and `run` have in common: which cases of which scenarios.
struct Selection {
  std::vector<std::string> scenario_paths;
  std::vector<std::string> case_lines;
  std::string filter;                   // regular expression on the case line
  std::vector<std::string> processors;  // names; empty: all
  bool no_roofs = false;

  void add_options(CLI::App& command);
};

struct Plan {
  std::vector<Scenario> scenarios;
  std::vector<PlannedGroup> groups;  // roofs first
  Discovery discovery;
  std::vector<std::string> meters;  // names, when they were looked at
};

// Loads, expands and filters. Throws Error when nothing is left.
Plan make_plan(const Selection& selection, const Catalog& catalog, bool with_meters = false);

// run.json: who measures, with what, where. In run.cpp.
nlohmann::json run_document(const Selection& selection, const Plan& plan, const RunIdentity& identity);

}  // namespace hetscope

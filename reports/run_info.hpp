// What run.json says about a run, read leniently: a part that is missing or malformed becomes a fault, never an error,
// because the records beside it are still worth showing.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/record/journal.hpp"

namespace hetscope {

using Facts = std::vector<std::pair<std::string, std::string>>;  // name, value; in print order
// "" when there is none of that name.
std::string fact_of(const Facts& facts, std::string_view name);

struct ScenarioInfo {
  std::string name;
  std::string title;
  std::string question;
  std::string path;
  std::string sha256;
};

struct ProcessorFacts {
  std::string name;
  std::string kind;
  std::string model;
  bool runs_on_host_cpu = false;
  Facts others;
};

// The processor that `name` is a part of, or itself: "opencl:0" of "opencl:0/0of2", "cpu" of "cpu@0-1".
std::string_view whole_processor(std::string_view name);

struct RunInfo {
  std::string directory;
  std::string run_uuid;
  std::string started_at;
  std::vector<ScenarioInfo> scenarios;
  Facts host;
  Facts build;
  std::vector<ProcessorFacts> processors;
  Facts imported;  // of an import: the tool, its file, and what was left out
  std::vector<std::string> missing;
  std::vector<std::string> command;  // words that run it again: argv, or made from its scenarios, cases and filter
  std::vector<std::string> faults;

  // The processor called `name`, or for a part of one the whole; nullptr when none is described.
  const ProcessorFacts* processor(std::string_view name) const;
  // `name`, and what must be said with it: "opencl:0 (host CPU)".
  std::string processor_label(std::string_view name) const;
};

RunInfo read_run_info(const LoadedRun& run);

}  // namespace hetscope

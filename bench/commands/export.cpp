// hetscope export: runs for other programs, on standard output or into a file.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/commands/command.hpp"
#include "harness/core/error.hpp"
#include "harness/record/journal.hpp"
#include "reports/export.hpp"
#include "reports/redact.hpp"
#include "reports/report.hpp"

namespace hetscope {
namespace {

struct ExportOptions {
  std::vector<std::string> directories;
  std::string format;
  std::string out;
  bool redact = false;
};

ReportInput load(const std::vector<std::string>& directories) {
  ReportInput input;
  for (const std::string& directory : directories) {
    LoadedRun run = load_run(directory);
    for (const std::string& fault : run.faults) {
      fmt::print(stderr, "{}: left out: {}\n", one_line(directory), one_line(fault));
    }
    if (run.records.empty() && !run.faults.empty()) {
      throw Error("holds no record that can be read", directory, "give a directory that `hetscope run` wrote");
    }
    input.runs.push_back(std::move(run));
  }
  return input;
}

void write(const std::string& text, const std::string& path) {
  if (path.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return;
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw Error(std::string("cannot be written (") + std::strerror(errno) + ")", path, "choose another --out");
}

int run_export(const ExportOptions& options) {
  ReportInput input = load(options.directories);
  if (options.redact) redact(input);
  if (options.format == "csv") {
    write(csv_report(input), options.out);
  } else if (options.format == "json") {
    write(json_export(input), options.out);
  } else {
    write(google_benchmark_json(input), options.out);
  }
  return kExitOk;
}

}  // namespace

void add_export(Commands& commands) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = commands.app.add_subcommand("export", "runs as another program reads them");
  command->add_option("DIR", options->directories, "directories that `run` or `import` wrote")->required();
  command->add_option("--format", options->format, "google-benchmark, csv or json")
      ->required()
      ->check(CLI::IsMember({"google-benchmark", "csv", "json"}));
  command->add_option("--out", options->out, "file (default: standard output)");
  command->add_flag("--redact", options->redact, "without serial numbers, ids of boots and builds, and home folders");
  command->callback([&commands, options] { commands.action = [options] { return run_export(*options); }; });
}

}  // namespace hetscope

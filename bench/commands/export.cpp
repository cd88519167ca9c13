// hetscope export: runs for other programs, on standard output or into a file.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/commands/command.hpp"
#include "bench/commands/run_files.hpp"
#include "harness/core/error.hpp"
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

void write(const std::string& text, const std::string& path) {
  if (!path.empty()) return write_file(path, text);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int run_export(const ExportOptions& options) {
  ReportInput input = load_runs(options.directories);
  for (const LoadedRun& run : input.runs) print_left_out(run.faults, run.directory);
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

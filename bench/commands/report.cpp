// hetscope report: runs as a page for people. The suffix of --out chooses the format.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/commands/command.hpp"
#include "harness/core/error.hpp"
#include "harness/record/journal.hpp"
#include "reports/report.hpp"

namespace hetscope {
namespace {

bool ends_with(const std::string& text, const std::string& suffix) {
  return text.size() >= suffix.size() && text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

std::string render(const std::string& out, const ReportInput& input) {
  if (ends_with(out, ".html")) return html_report(input);
  if (ends_with(out, ".md")) return markdown_report(input);
  if (ends_with(out, ".csv")) return csv_report(input);
  throw Error("the suffix says no known format", "--out " + out, "use .html, .md or .csv");
}

// Every run that holds a record; one that holds none is told, and is an error when it is the last.
ReportInput load(const std::vector<std::string>& directories) {
  ReportInput input;
  for (const std::string& directory : directories) {
    LoadedRun run = load_run(directory);
    if (!run.records.empty()) {
      input.runs.push_back(std::move(run));
      continue;
    }
    const Error empty("holds no record that can be read" +
                          (run.faults.empty() ? std::string() : "; the first fault: " + run.faults.front()),
                      directory, "give a directory that `hetscope run` wrote");
    if (input.runs.empty() && &directory == &directories.back()) throw empty;
    std::fprintf(stderr, "left out: %s\n", empty.what());
  }
  return input;
}

void write(const std::string& out, const std::string& text) {
  std::ofstream file(out, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw Error(std::string("cannot be written (") + std::strerror(errno) + ")", out, "choose another --out");
}

}  // namespace

void add_report(Commands& commands) {
  auto directories = std::make_shared<std::vector<std::string>>();
  auto out = std::make_shared<std::string>();
  CLI::App* command = commands.app.add_subcommand("report", "write a report of one or more runs");
  command->add_option("DIR", *directories, "directories that `run` wrote")->required();
  command->add_option("--out", *out, "file: .html, .md or .csv")->required();
  command->callback([&commands, directories, out] {
    commands.action = [directories, out] {
      write(*out, render(*out, load(*directories)));
      return kExitOk;
    };
  });
}

}  // namespace hetscope

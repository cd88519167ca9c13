// hetscope report: runs as a page for people. The suffix of --out chooses the format.
#include <memory>
#include <string>
#include <vector>

#include "bench/commands/command.hpp"
#include "bench/commands/qualification_file.hpp"
#include "bench/commands/run_files.hpp"
#include "harness/core/error.hpp"
#include "harness/run/scenario_texts.hpp"
#include "reports/published.hpp"
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

}  // namespace

void add_report(Commands& commands) {
  auto directories = std::make_shared<std::vector<std::string>>();
  auto published = std::make_shared<std::vector<std::string>>();
  auto questions = std::make_shared<std::vector<std::string>>();
  auto qualifications = std::make_shared<std::vector<std::string>>();
  auto out = std::make_shared<std::string>();
  CLI::App* command = commands.app.add_subcommand("report", "write a report of one or more runs");
  command->add_option("DIR", *directories, "directories that `run` or `import` wrote")->required();
  command->add_option("--out", *out, "file: .html, .md or .csv")->required();
  command->add_option("--published", *published, "figures of papers (scenarios/published/*.json) to set beside");
  command->add_option("--questions", *questions, "answer these (scenarios/decisions/*.json) on the first screen")
      ->allow_extra_args(false);
  command->add_option("--qualification", *qualifications, "qualification.json of hetscope qualify, one a unit")
      ->allow_extra_args(false);
  command->callback([&commands, directories, published, questions, qualifications, out] {
    commands.action = [directories, published, questions, qualifications, out] {
      ReportInput input = load_runs(*directories);
      for (const std::string& path : *published) input.published.push_back(load_published(path));
      for (const std::string& path : *questions) input.questions.push_back(parse_questions(scenario_text(path), path));
      input.instruments = read_instruments(*qualifications);
      write_file(*out, render(*out, input));
      return kExitOk;
    };
  });
}

}  // namespace hetscope

// hetscope decide: questions with their rules against runs; decision.json for programs and decision.md for people.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "bench/commands/command.hpp"
#include "bench/commands/qualification_file.hpp"
#include "bench/commands/run_files.hpp"
#include "harness/core/error.hpp"
#include "harness/run/scenario_texts.hpp"
#include "reports/decision.hpp"
#include "reports/markdown.hpp"

namespace hetscope {
namespace {

struct DecideOptions {
  std::string questions;
  std::vector<std::string> directories;
  std::vector<std::string> qualifications;
  std::string out;
};

int run(const DecideOptions& options) {
  const QuestionSet questions = parse_questions(scenario_text(options.questions), options.questions);
  const std::vector<InstrumentNote> instruments = read_instruments(options.qualifications);
  const ReportInput input = load_sessions(options.directories);
  const Decision decision = decide(input, questions, instruments);

  std::error_code fault;
  std::filesystem::create_directories(options.out, fault);
  if (fault) throw Error("the directory cannot be made: " + fault.message(), options.out, "choose another --out");
  write_file(options.out + "/decision.json",
             decision_json(decision, questions, {options.questions, options.directories}));
  write_file(options.out + "/decision.md", markdown_text(decision_document(decision, questions)));

  for (const std::string& caution : decision.cautions) fmt::print(stderr, "{}\n", one_line(caution));
  bool is_decided = true;
  for (const QuestionDecision& question : decision.questions) {
    fmt::print("{:8} {}{}\n", verdict_text(question), question.question->name,
               question.reason.empty() ? "" : ": " + one_line(question.reason));
    is_decided = is_decided && (question.verdict != Go::unclear || !question.is_testable());
  }
  fmt::print("{0}/decision.md, {0}/decision.json\n", options.out);
  return is_decided ? kExitOk : kExitUndecided;
}

}  // namespace

void add_decide(Commands& commands) {
  auto options = std::make_shared<DecideOptions>();
  CLI::App* command = commands.app.add_subcommand(
      "decide", "answer questions by rules fixed beforehand: GO, NO-GO or UNCLEAR (exit code 3: one is undecided)");
  command->add_option("QUESTIONS", options->questions, "questions and rules, as in scenarios/decisions")->required();
  command
      ->add_option("DIR", options->directories,
                   "run directories, or directories of runs; each launch is a session, each device unit counts")
      ->required();
  command->add_option("--qualification", options->qualifications, "qualification.json of hetscope qualify, one a unit")
      ->allow_extra_args(false);
  command->add_option("--out", options->out, "directory for decision.json and decision.md")->required();
  command->callback([&commands, options] { commands.action = [options] { return run(*options); }; });
}

}  // namespace hetscope

// hetscope compare: two finished runs, or two directories of runs, by their sessions; or what `ab --out` kept, judged
// again from its records.
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/commands/ab_report.hpp"
#include "bench/commands/command.hpp"
#include "bench/commands/run_files.hpp"
#include "harness/core/error.hpp"
#include "harness/core/parallel.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/json.hpp"
#include "reports/session_comparison.hpp"
#include "reports/stored_comparison.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

struct CompareOptions {
  std::vector<std::string> paths;
  AbFormat format;
  bool force = false;
  bool stored = false;
  std::size_t rows = 20;  // that --stored judges
};

// Every record, also where one case has several (a session each).
std::vector<Record> records_of(const std::string& records_path) {
  std::vector<Record> records;
  std::vector<std::string> faults;
  for_each_record(
      records_path, [&](Record&& record) { records.push_back(std::move(record)); }, faults);
  print_left_out(faults);
  return records;
}

// The runs of a side: the directory itself, or those in it.
std::vector<Record> side_of(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return records_of(path);
  std::vector<Record> records;
  for (const std::string& run : runs_in(path)) {
    LoadedRun loaded = load_run(run);
    print_left_out(loaded.faults, run);
    for (Record& record : loaded.records) records.push_back(std::move(record));
  }
  return records;
}

int print(const CompareOptions& options, const std::vector<AbResult>& results) {
  fmt::print("{}", options.format.text(results));
  return options.format.exit_code(results);
}

// What `ab --out` wrote: the same verdicts from the same records.
int judge_again(const CompareOptions& options, const std::string& directory) {
  const nlohmann::json run = read_json_file(directory + "/run.json");
  if (!run.is_object() || !run.contains("ab") || !run["ab"].is_object()) {
    throw Error("is not a directory that `hetscope ab --out` wrote", directory, "give two runs: BASE CANDIDATE");
  }
  const nlohmann::json& ab = run["ab"];
  const auto word = [&](const char* name) {
    return ab.contains(name) && ab[name].is_string() ? ab[name].get<std::string>() : std::string();
  };
  const std::string base = word("a") + word("a_cmd");
  const std::string candidate = word("b").empty() && word("b_cmd").empty() ? base : word("b") + word("b_cmd");
  const std::vector<Record> records = records_of(directory + "/records.jsonl");
  // Launches of one pair follow each other; the group's key is the pair's name and the launch's number.
  std::vector<AbResult> results;
  std::vector<std::vector<Launch>> launches;
  for (const Launch& launch : launches_of(records)) {
    const std::string name = launch.base->group.substr(0, launch.base->group.rfind(" launch="));
    if (results.empty() || results.back().name != name) {
      results.push_back({name, base, candidate, {}, 0});
      launches.emplace_back();
    }
    launches.back().push_back(launch);
  }
  if (results.empty()) throw Error("holds no launch of both sides", directory);
  for (std::size_t i = 0; i < results.size(); ++i) {
    results[i].comparison = compare_launches(launches[i], options.format.margin);
  }
  return print(options, results);
}

std::vector<std::string> files_of(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return {path};
  std::vector<std::string> files;
  for (const std::string& run : runs_in(path)) {
    if (fs::exists(run + "/records.jsonl", ignored)) files.push_back(run + "/records.jsonl");
  }
  return files;
}

void refuse_differences(const CompareOptions& options, const std::vector<std::string>& differences) {
  if (differences.empty() || options.force) return;
  throw Error(fmt::format("the two sides are not comparable: {}", fmt::join(differences, "; ")),
              options.paths[0] + " and " + options.paths[1], "compare like with like, or give --force");
}

template <typename Rows>
void refuse_nothing_in_common(const CompareOptions& options, const Rows& rows) {
  if (!rows.empty()) return;
  throw Error("the two sides have no timed case in common", options.paths[0] + " and " + options.paths[1]);
}

// A first look at all cases by what the records say of themselves, then the judge for those that differ most.
int compare_by_stored_intervals(const CompareOptions& options) {
  const std::vector<std::string> base = files_of(options.paths[0]);
  const std::vector<std::string> candidate = files_of(options.paths[1]);
  StoredSides sides = compare_stored(base, candidate);
  print_left_out(sides.faults);
  refuse_differences(options, sides.differences);
  refuse_nothing_in_common(options, sides.rows);
  std::map<Verdict, std::size_t> counts;
  std::size_t with_few_sessions = 0;
  for (const StoredComparison& row : sides.rows) {
    ++counts[judge(row.interval, options.format.margin)];
    with_few_sessions += std::min(row.sessions_base, row.sessions_candidate) < kMinSessions ? 1 : 0;
  }
  fmt::print(stderr, "{} records; {} cases on both sides by their stored intervals:", sides.records, sides.rows.size());
  for (const auto& [verdict, count] : counts) fmt::print(stderr, " {} {}", count, to_string(verdict));
  if (with_few_sessions > 0)
    fmt::print(stderr, "; {} with fewer than {} sessions a side", with_few_sessions, kMinSessions);
  fmt::print(stderr, "\njudged by sessions: the {} that differ most\n", std::min(options.rows, sides.rows.size()));

  std::vector<std::string> lines;
  for (const StoredComparison& row : sides.rows) {
    if (lines.size() < options.rows) lines.push_back(row.line);
  }
  std::vector<std::string> faults[2];
  std::vector<Record> records[2];
  for_each_index(2, [&](std::size_t i) { records[i] = records_of_cases(i == 0 ? base : candidate, lines, faults[i]); });
  for (const auto& list : faults) print_left_out(list);
  std::vector<AbResult> results;
  for (SessionComparison& comparison : compare_sessions(records[0], records[1], options.format.margin)) {
    results.push_back({comparison.line, options.paths[0], options.paths[1], std::move(comparison.comparison), 0});
  }
  refuse_nothing_in_common(options, results);
  return print(options, results);
}

int run(CompareOptions options) {
  options.format.check();
  if (options.stored && options.paths.size() != 2)
    throw Error("needs two sides", "--stored", "give BASE and CANDIDATE");
  if (options.paths.size() == 1) return judge_again(options, options.paths[0]);
  if (options.stored) return compare_by_stored_intervals(options);
  const std::vector<Record> base = side_of(options.paths[0]);
  const std::vector<Record> candidate = side_of(options.paths[1]);
  const std::vector<std::string> differences = differences_between(base, candidate);
  refuse_differences(options, differences);
  std::vector<AbResult> results;
  double unit_spread = 0;
  for (SessionComparison& comparison : compare_sessions(base, candidate, options.format.margin)) {
    unit_spread = std::max(unit_spread, comparison.unit_spread);
    std::string name = comparison.line;
    if (!differences.empty()) name += fmt::format(" [forced: {}]", fmt::join(differences, "; "));
    results.push_back({std::move(name), options.paths[0], options.paths[1], std::move(comparison.comparison), 0});
  }
  refuse_nothing_in_common(options, results);
  if (unit_spread > 0) {
    fmt::print(stderr, "device units of one side differ by up to {:.1f} %\n", 100 * unit_spread);
  }
  return print(options, results);
}

}  // namespace

void add_compare(Commands& commands) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command = commands.app.add_subcommand(
      "compare", "compare finished runs by their sessions (exit code 1: slower, 3: undecided)");
  command
      ->add_option("BASE CANDIDATE", options->paths,
                   "run directories, or directories of runs; one directory that `ab --out` wrote is judged again")
      ->required()
      ->expected(1, 2);
  options->format.add_options(*command);
  command->add_flag("--force", options->force, "compare what is not comparable; the verdicts then say so");
  command->add_flag("--stored", options->stored,
                    "for millions of rows: look at all by the intervals in the records, judge those that differ most");
  command->add_option("--rows", options->rows, "how many --stored judges")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->callback([&commands, options] { commands.action = [options] { return run(*options); }; });
}

}  // namespace hetscope

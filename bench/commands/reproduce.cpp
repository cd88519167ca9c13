// hetscope reproduce: runs the case of a record again, in launches of its own, and says whether it came out the same.
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/commands/command.hpp"
#include "harness/core/error.hpp"
#include "harness/core/units.hpp"
#include "harness/record/fingerprint.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/json.hpp"
#include "reports/reproduction.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

struct ReproduceOptions {
  std::string record;  // PATH, or PATH:LINE
  std::string case_line;
  std::string out;
  int sessions = 3;
  double margin = kReproductionMargin;
};

// Where the launches write when the user names no place; gone afterwards.
class Scratch {
 public:
  explicit Scratch(const std::string& out) : path_(out) {
    if (!path_.empty()) return;
    std::string pattern = (fs::temp_directory_path() / "hetscope-reproduce-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw Error(std::string("cannot be created (") + std::strerror(errno) + ")", pattern, "give --out");
    }
    path_ = pattern;
    is_temporary_ = true;
  }
  ~Scratch() {
    std::error_code ignored;
    if (is_temporary_) fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool is_temporary_ = false;
};

// "DIR", "records.jsonl", "records.jsonl:12": the path and, or 0, the number of the line.
std::pair<std::string, std::size_t> split_place(const std::string& text) {
  if (std::error_code ignored; fs::exists(text, ignored)) return {text, 0};
  const std::size_t colon = text.rfind(':');
  const std::string digits = colon == std::string::npos ? std::string() : text.substr(colon + 1);
  const bool is_number = !digits.empty() && digits.size() < 10 &&
                         std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return {text, 0};
  return {text.substr(0, colon), static_cast<std::size_t>(std::stoul(digits))};
}

Record record_at_line(const std::string& path, std::size_t number) {
  const std::string text = read_text_file(path);
  std::size_t begin = 0;
  for (std::size_t line = 1; line < number && begin != std::string::npos; ++line) {
    const std::size_t end = text.find('\n', begin);
    begin = end == std::string::npos ? end : end + 1;
  }
  const std::string where = path + ":" + std::to_string(number);
  if (number == 0 || begin >= text.size()) throw Error("there is no such line", where);
  const std::string line = text.substr(begin, text.find('\n', begin) - begin);
  return record_from_json(parse_json(line, where), where);
}

// The record that the user means: the only one, that of a line, or that of a case.
Record choose(const LoadedRun& run, const std::string& path, std::size_t number, const std::string& case_line) {
  if (number > 0) return record_at_line(fs::is_directory(path) ? path + "/records.jsonl" : path, number);
  if (!case_line.empty()) {
    const std::string wanted = Case::parse(case_line).line();
    for (const Record& record : run.records) {
      if (record.item.line() == wanted) return record;
    }
    throw Error("holds no record of this case", path, "see `hetscope report` for its case lines");
  }
  if (run.records.size() == 1) return run.records.front();
  if (run.records.empty()) throw Error("holds no record that can be read", path);
  throw Error(fmt::format("holds {} records", run.records.size()), path, "name one: " + path + ":LINE, or --case");
}

ReproducedRow load_row(const ReproduceOptions& options) {
  const auto [path, number] = split_place(options.record);
  const LoadedRun run = load_run(path);
  ReproducedRow row;
  row.record = choose(run, path, number, options.case_line);
  row.run_json = run.run_json;
  // A file of records lies beside its run.json.
  const std::string beside = (fs::path(path).parent_path() / "run.json").string();
  if (std::error_code ignored; row.run_json.empty() && fs::exists(beside, ignored)) {
    row.run_json = read_text_file(beside);
  }
  if (!row.record.group.empty()) {
    row.group_size = static_cast<std::size_t>(std::count_if(
        run.records.begin(), run.records.end(), [&row](const Record& r) { return r.group == row.record.group; }));
  }
  return row;
}

// One launch of the worker. The record that it made.
ReproducedRow run_session(const Plan& plan, const Selection& selection, const Catalog& catalog,
                          const std::string& directory) {
  const HostInfo host = read_host_info();
  SupervisorOptions supervisor;
  supervisor.worker = worker_command();
  supervisor.identity = {make_uuid(), make_uuid(), host.boot_id, host.device_model, host.device_unit};
  supervisor.meter = "none";
  const nlohmann::json document = run_document(selection, plan, supervisor.identity);
  RunDirectory output = RunDirectory::create(directory, document);
  std::optional<Record> made;
  supervise(plan.groups, catalog, output, supervisor, [&made](const RunProgress& progress) {
    if (progress.record != nullptr) made = *progress.record;
  });
  if (!made) throw Error("the run made no record", directory);
  ReproducedRow row;
  row.record = std::move(*made);
  row.run_json = dump_line(document);
  return row;
}

// The row with this device's identity, to tell what is different here without measuring.
ReproducedRow as_if_measured_here(const ReproducedRow& then, const Selection& selection, const HostInfo& host) {
  ReproducedRow here = then;
  if (then.record.source) return here;
  here.record.device_model = host.device_model;
  here.record.device_unit = host.device_unit;
  here.record.boot = host.boot_id;
  Plan plan;
  plan.discovery = discover_in_worker(worker_command());
  here.run_json = dump_line(run_document(selection, plan, {}));
  return here;
}

std::string time_of(const Record& record, const std::string& clock) {
  const auto latency = record.latencies.find(clock);
  if (latency == record.latencies.end()) return std::string(to_string(record.status));
  return fmt::format("{} [{}, {}]", format_ns(latency->second.median_ns), format_ns(latency->second.ci95_low_ns),
                     format_ns(latency->second.ci95_high_ns));
}

void print(const ReproducedRow& then, const std::vector<ReproducedRow>& now, const ReproductionCheck& check,
           double margin) {
  fmt::print("{}: {}\n", to_string(check.verdict), one_line(check.reason));
  fmt::print("  case     {}\n", then.record.item.line());
  if (check.ratio) {
    fmt::print("  ratio    [{:.3f}, {:.3f}] time now / then on {}, margin {:.3g}\n", check.ratio->low,
               check.ratio->high, check.clock, margin);
    fmt::print("  then     {}\n", time_of(then.record, check.clock));
    for (const ReproducedRow& row : now) fmt::print("  now      {}\n", time_of(row.record, check.clock));
  }
  for (const Difference& difference : check.differences) {
    fmt::print("  differs  {}: {} -> {}\n", one_line(difference.what), one_line(difference.then),
               one_line(difference.now));
  }
}

int exit_code(Reproduction verdict) {
  switch (verdict) {
    case Reproduction::same:
      return kExitOk;
    case Reproduction::different:
      return kExitFailed;
    case Reproduction::not_comparable:
      break;
  }
  return kExitUndecided;
}

int reproduce(const ReproduceOptions& options, const Catalog& catalog) {
  const ReproducedRow then = load_row(options);
  const HostInfo host = read_host_info();
  ReproductionCheck check;
  std::vector<ReproducedRow> now;
  Selection selection;
  selection.case_lines = {then.record.item.line()};
  selection.no_roofs = true;
  check.reason = why_not_reproducible(then.record, host.device_model, host.device_unit);
  if (!check.reason.empty()) {
    check = check_reproduction(then, {as_if_measured_here(then, selection, host)}, options.margin);
  } else {
    std::optional<Plan> plan;
    try {
      plan = make_plan(selection, catalog);
    } catch (const Error& error) {
      check.reason = "the case cannot be run here: " + std::string(error.what());
    }
    if (plan) {
      const Scratch scratch(options.out);
      for (int session = 1; session <= options.sessions; ++session) {
        now.push_back(run_session(*plan, selection, catalog, scratch.path() + "/" + std::to_string(session)));
        fmt::print(stderr, "session {}/{}: {}\n", session, options.sessions,
                   time_of(now.back().record, then.record.clock));
      }
      check = check_reproduction(then, now, options.margin);
    }
  }
  print(then, now, check, options.margin);
  return exit_code(check.verdict);
}

}  // namespace

void add_reproduce(Commands& commands) {
  auto options = std::make_shared<ReproduceOptions>();
  CLI::App* command =
      commands.app.add_subcommand("reproduce", "run the case of a record again: SAME, DIFFERENT or NOT COMPARABLE");
  command->add_option("RECORD", options->record, "a run's directory, a records.jsonl, or records.jsonl:LINE")
      ->required();
  command->add_option("--case", options->case_line, "the case line of the record, where there are several");
  command->add_option("--sessions", options->sessions, "launches of the program")->check(CLI::Range(1, 50));
  command->add_option("--margin", options->margin, "what still counts as the same time (default 0.05)")
      ->check(CLI::Range(0.001, 0.999));
  command->add_option("--out", options->out, "directory that keeps the runs 1, 2, ... (default: nothing is kept)");
  command->callback([&commands, options] {
    commands.action = [&commands, options] { return reproduce(*options, commands.catalog); };
  });
}

}  // namespace hetscope

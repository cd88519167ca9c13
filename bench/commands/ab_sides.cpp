// Pairs of cases in one worker, of builds in one worker each, and of programs.
#include "bench/commands/ab_sides.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/commands/tool_output.hpp"
#include "harness/core/decimal.hpp"
#include "harness/core/error.hpp"
#include "harness/record/fingerprint.hpp"
#include "harness/run/child_process.hpp"
#include "harness/run/launch.hpp"
#include "harness/run/record_of.hpp"
#include "harness/statistics/statistics.hpp"

namespace hetscope {
namespace {

constexpr double kTimeoutSeconds = 300;
// With energy a launch holds a window of its own as well.
constexpr double kTimeoutWithEnergySeconds = 1200;

PlannedGroup group_of(std::string key, int number, bool energy) {
  PlannedGroup group;
  // The number is in the key because the order of visits is drawn from it.
  group.key = fmt::format("{} launch={}", std::move(key), number);
  group.scenario = "ab";
  group.energy = energy;
  group.timeout_s = energy ? kTimeoutWithEnergySeconds : kTimeoutSeconds;
  return group;
}

// Two cases of one build, in the rounds of one worker.
class CasePair final : public AbPair {
 public:
  CasePair(Case base, Case candidate, std::string name, std::string base_name, std::string candidate_name,
           std::string meter, bool energy)
      : base_(std::move(base)),
        candidate_(std::move(candidate)),
        name_(std::move(name)),
        base_name_(std::move(base_name)),
        candidate_name_(std::move(candidate_name)),
        meter_(std::move(meter)),
        energy_(energy) {}

  std::string name() const override { return name_; }
  std::string base_name() const override { return base_name_; }
  std::string candidate_name() const override { return candidate_name_; }

 private:
  std::vector<Record> measure(int number, double seconds, const RunIdentity& identity, Random& random) override {
    PlannedGroup group = group_of(name_, number, energy_);
    group.budget_s = 2 * seconds;
    const PlannedCase base{base_.line()};
    const PlannedCase candidate{candidate_.line()};
    // Whoever is prepared first gets other memory: that is drawn too.
    const bool base_first = random.below(2) == 0;
    group.cases = base_first ? std::vector{base, candidate} : std::vector{candidate, base};
    std::vector<Record> records = measure_in_launch(worker_command(), {group, identity, meter_});
    if (!base_first) std::swap(records[0], records[1]);
    return records;
  }

  Case base_, candidate_;
  std::string name_, base_name_, candidate_name_, meter_;
  bool energy_;
};

// One case in two builds, a worker of each in random order.
class BuildPair final : public AbPair {
 public:
  BuildPair(Case item, WorkerCommand base, WorkerCommand candidate, std::string meter, bool energy)
      : item_(std::move(item)),
        base_(std::move(base)),
        candidate_(std::move(candidate)),
        meter_(std::move(meter)),
        energy_(energy) {}

  std::string name() const override { return item_.line(); }
  std::string base_name() const override { return base_.program; }
  std::string candidate_name() const override { return candidate_.program; }

 private:
  std::vector<Record> measure(int number, double seconds, const RunIdentity& identity, Random& random) override {
    const bool base_first = random.below(2) == 0;
    std::vector<Record> records(2);
    for (const int side : base_first ? std::vector{0, 1} : std::vector{1, 0}) {
      PlannedGroup group = group_of(item_.line(), number, energy_);
      // A group each: rounds of one number in two processes are not neighbours in time.
      group.key += side == 0 ? " side=a" : " side=b";
      group.budget_s = seconds;
      group.cases = {{item_.line()}};
      records[static_cast<std::size_t>(side)] =
          measure_in_launch(side == 0 ? base_ : candidate_, {group, identity, meter_}).front();
    }
    return records;
  }

  Case item_;
  WorkerCommand base_, candidate_;
  std::string meter_;
  bool energy_;
};

// The numbers that stand alone on a line, in nanoseconds.
std::vector<double> printed_ns(const std::string& text) {
  std::vector<double> values;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t begin = line.find_first_not_of(" \t");
    const std::size_t end = line.find_last_not_of(" \t\r");
    if (begin == std::string::npos) continue;
    const auto value = read_decimal(std::string_view(line).substr(begin, end + 1 - begin));
    if (value && *value > 0) values.push_back(*value);
  }
  return values;
}

// A launch of each program; its own clock is what it printed.
class CommandPair final : public AbPair {
 public:
  CommandPair(std::vector<std::string> base, std::vector<std::string> candidate, std::string row, double timeout_s)
      : words_{std::move(base), std::move(candidate)}, row_(std::move(row)), timeout_s_(timeout_s) {}

  std::string name() const override { return "command"; }
  std::string base_name() const override { return fmt::format("{}", fmt::join(words_[0], " ")); }
  std::string candidate_name() const override { return fmt::format("{}", fmt::join(words_[1], " ")); }

 private:
  std::vector<Record> measure(int number, double /*seconds*/, const RunIdentity& identity, Random& random) override {
    const bool base_first = random.below(2) == 0;
    std::vector<Record> records(2);
    for (const std::size_t side : base_first ? std::vector<std::size_t>{0, 1} : std::vector<std::size_t>{1, 0}) {
      records[side] = run_once(side, number, identity);
    }
    return records;
  }

  Case case_of(std::size_t side) const {
    Case item("command", side == 0 ? "a" : "b", {"host"});
    item.set("words", fmt::format("{}", fmt::join(words_[side], " ")));
    return item;
  }

  Record run_once(std::size_t side, int number, const RunIdentity& identity) const {
    const PlannedGroup group = group_of("command", number, false);
    Record record = unmeasured_record(identity, group, case_of(side), Status::failed, "");
    const ProgramOutput output = run_program(words_[side], timeout_s_);
    const std::vector<double> values = printed_ns(output.out);
    if (!output.fault.empty()) {
      record.reason = "the program " + output.fault;
      if (!output.error_tail.empty()) record.reason += "; its last words: " + output.error_tail;
      return record;
    }
    record.metrics["wall"] = {output.wall_s, "s", ""};
    if (values.empty()) {
      read_tool(output, side, record);
      return record;
    }
    LatencyRecord latency;
    latency.median_ns = median(values);
    latency.mean_ns = mean(values);
    latency.p05_ns = quantile(values, 0.05);
    latency.p95_ns = quantile(values, 0.95);
    const Interval interval = median_interval(values, 1);
    latency.ci95_low_ns = interval.low;
    latency.ci95_high_ns = interval.high;
    latency.n = std::ssize(values);
    latency.stop_rule = "the program's own";
    const std::size_t kept = std::min<std::size_t>(values.size(), 2000);
    latency.totals_ns.assign(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(kept));
    latency.rounds.assign(kept, 0);
    latency.order.assign(kept, 0);
    latency.iterations.assign(kept, 1);
    record.status = Status::ok;
    record.clock = "command";
    record.latencies["command"] = std::move(latency);
    return record;
  }

  // What a benchmark tool prints, by its importer; on the tool's own clock.
  void read_tool(const ProgramOutput& output, std::size_t side, Record& record) const {
    try {
      Record read = record_of_tool(output, "", fmt::format("{}", fmt::join(words_[side], " ")), row_);
      record.status = read.status;
      record.reason = read.reason;
      record.clock = read.clock;
      record.latencies = std::move(read.latencies);
      record.source = std::move(read.source);
    } catch (const Error& error) {
      record.reason = std::string("no line that is one number of nanoseconds, and no tool's output: ") + error.what();
    }
  }

  std::vector<std::string> words_[2];
  std::string row_;
  double timeout_s_;
};

// The parts of a case line that --a or --b names.
Case words_of(const std::string& operation, const std::string& text, const char* option) {
  try {
    return Case::parse(operation + " " + text);
  } catch (const Error& error) {
    throw Error(error.problem(), std::string(option) + " '" + text + "'",
                "write words of a case line, as in kernel=NAME");
  }
}

bool has_words(const Case& item, const Case& words) {
  if (!words.kernel().empty() && words.kernel() != item.kernel()) return false;
  if (!words.processors().empty() && words.processors() != item.processors()) return false;
  return std::all_of(words.axes().begin(), words.axes().end(), [&](const auto& axis) {
    const AxisValue* own = item.find(axis.first);
    return own != nullptr && to_string(*own) == to_string(axis.second);
  });
}

Case with_words(Case item, const Case& words, const Catalog& catalog) {
  if (!words.kernel().empty()) item.set_kernel(words.kernel());
  if (!words.processors().empty()) item.set_processors(words.processors());
  for (const auto& [name, value] : words.axes()) item.set(name, value);
  item = catalog.complete(item);
  catalog.validate(item, "--b");
  return item;
}

std::vector<std::string> names_in(const Case& words) {
  std::vector<std::string> names;
  if (!words.kernel().empty()) names.emplace_back("kernel");
  if (!words.processors().empty()) names.emplace_back("processor");
  for (const auto& [name, value] : words.axes()) names.push_back(name);
  return names;
}

WorkerCommand build_command(const std::string& program) {
  return program.empty() ? worker_command() : WorkerCommand{program, {"worker"}};
}

// The cases of the selection, without roofs: only the ratio counts here.
Plan plan_of(Selection selection, const Catalog& catalog) {
  selection.no_roofs = true;
  return make_plan(selection, catalog);
}

}  // namespace

std::unique_ptr<AbPair> make_case_pair(Case base, Case candidate, std::string name, std::string base_name,
                                       std::string candidate_name, std::string meter, bool energy) {
  return std::make_unique<CasePair>(std::move(base), std::move(candidate), std::move(name), std::move(base_name),
                                    std::move(candidate_name), std::move(meter), energy);
}

void AbSides::add_options(CLI::App& command) {
  command.add_option("--a", a, "the base: words that its case lines have, as in 'kernel=copy_memcpy'");
  command.add_option("--b", b, "the candidate: words that take their place; the base's when left out (A/A)");
  command.add_option("--a-build", a_build, "the base is this hetscope program");
  command.add_option("--b-build", b_build,
                     "the candidate is this hetscope program (one of both may be left out: this one)");
  command.add_option("--a-cmd", a_command,
                     "the base is this command, which prints nanoseconds, a number a line, or is a benchmark tool that "
                     "hetscope import knows");
  command.add_option("--b-cmd", b_command, "the candidate is this command");
  command.add_option("--cmd-row", command_row, "words of the result that is meant where a tool prints several");
  command.add_option("--cmd-timeout", command_timeout_s, "seconds after which a command is killed")
      ->capture_default_str();
}

nlohmann::json AbSides::describe() const {
  nlohmann::json document;
  const auto add = [&document](const char* name, const std::string& value) {
    if (!value.empty()) document[name] = value;
  };
  add("a", a);
  add("b", b);
  for (const auto& [name, path] : {std::pair("a_build", a_build), {"b_build", b_build}}) {
    if (!path.empty()) document[name] = {{"path", path}, {"sha256", sha256_of_file(path)}};
  }
  add("a_cmd", a_command);
  add("b_cmd", b_command);
  return document;
}

std::vector<std::unique_ptr<AbPair>> AbSides::pairs(const Selection& selection, const std::string& meter,
                                                    const Catalog& catalog) const {
  const bool is_command = !a_command.empty() || !b_command.empty();
  const bool is_build = !a_build.empty() || !b_build.empty();
  const bool is_words = !a.empty() || !b.empty();
  if (is_command + is_build + is_words != 1) {
    throw Error(is_command + is_build + is_words == 0
                    ? "nothing to compare"
                    : "--a/--b, --a-build/--b-build and --a-cmd/--b-cmd exclude each other",
                "ab", "give --a and --b, --a-build or --b-build, or --a-cmd and --b-cmd");
  }
  std::vector<std::unique_ptr<AbPair>> result;
  if (is_command) {
    if (a_command.empty() || b_command.empty()) throw Error("one of --a-cmd and --b-cmd is missing", "ab");
    if (!(command_timeout_s > 0)) throw Error("no number of seconds", "--cmd-timeout");
    result.push_back(std::make_unique<CommandPair>(split_command(a_command), split_command(b_command), command_row,
                                                   command_timeout_s));
    return result;
  }
  const Plan plan = plan_of(selection, catalog);
  for (const PlannedGroup& group : plan.groups) {
    for (const PlannedCase& planned : group.cases) {
      const Case item = planned.item();
      if (is_build) {
        result.push_back(
            std::make_unique<BuildPair>(item, build_command(a_build), build_command(b_build), meter, group.energy));
        continue;
      }
      const Case base_words = words_of(item.operation(), a, "--a");
      if (!has_words(item, base_words)) continue;
      const Case candidate_words = words_of(item.operation(), b.empty() ? a : b, "--b");
      std::vector<std::string> names = names_in(base_words);
      for (const std::string& name : names_in(candidate_words)) names.push_back(name);
      result.push_back(make_case_pair(item, with_words(item, candidate_words, catalog), item.key_without(names),
                                      a.empty() ? b : a, b.empty() ? a : b, meter, group.energy));
    }
  }
  if (result.empty()) throw Error("no case of the selection has the words '" + a + "'", "--a", "see hetscope list");
  return result;
}

}  // namespace hetscope

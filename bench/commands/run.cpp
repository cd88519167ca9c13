// hetscope run: measures scenarios in a worker process and keeps everything that is finished.
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/commands/command.hpp"
#include "bench/commands/describe.hpp"
#include "harness/core/error.hpp"
#include "harness/core/units.hpp"
#include "harness/measure/energy_model.hpp"
#include "harness/meter/energy_meter.hpp"
#include "harness/record/fingerprint.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/json.hpp"

namespace hetscope {
namespace {

struct RunOptions {
  Selection selection;
  std::string out;
  std::string meter;
  double budget_s = 0;
  double timeout_s = 0;  // 0: as the scenarios' budgets say
  bool resume = false;
  bool retry_failed = false;
};

std::string now_iso() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

// A bar with case, rate and time left on a terminal; plain lines otherwise.
class ProgressDisplay {
 public:
  void show(const RunProgress& progress) {
    if (progress.record == nullptr) return;
    const Record& record = *progress.record;
    const LatencyRecord* latency = record.latency();
    const std::string result = latency != nullptr ? format_ns(latency->median_ns) : record.reason;
    const std::string line = fmt::format("[{}/{}] {} {} {}", progress.cases_done, progress.cases,
                                         to_string(record.status), record.item.line(), result);
    if (!is_terminal_) {
      fmt::print(stderr, "{}\n", line);
      return;
    }
    const double elapsed_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double left_s = elapsed_s * static_cast<double>(progress.cases - progress.cases_done) /
                          static_cast<double>(std::max<std::size_t>(progress.cases_done, 1));
    fmt::print(stderr, "\r\x1b[K{} cases/s, {:.0f} s left {}",
               format_number(static_cast<double>(progress.cases_done) / elapsed_s, 2), left_s, line.substr(0, 120));
    std::fflush(stderr);
  }
  void finish() const {
    if (is_terminal_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// A run that goes on keeps its identity (the session is new, because it is a new launch), and must be the same run:
// other scenarios or another build would hide behind the first one's description.
std::string uuid_of_earlier_run(const RunOptions& options, const nlohmann::json& now) {
  const std::string path = options.out + "/run.json";
  const nlohmann::json before = read_json_file(path);
  if (!before.is_object() || !before.contains("run_uuid") || !before["run_uuid"].is_string()) {
    throw Error("no run_uuid", path, "start a new run");
  }
  const auto hashes = [](const nlohmann::json& run) {
    nlohmann::json result = nlohmann::json::array();
    for (const nlohmann::json& scenario : run.value("scenarios", nlohmann::json::array())) {
      result.push_back(scenario.is_object() ? scenario.value("sha256", nlohmann::json()) : nlohmann::json());
    }
    return result;
  };
  const char* differs = nullptr;
  if (before.value("binary_sha256", nlohmann::json()) != now.at("binary_sha256")) differs = "build of hetscope";
  if (hashes(before) != hashes(now)) differs = "set of scenarios";
  if (before.value("cases", nlohmann::json()) != now.at("cases")) differs = "set of --case lines";
  if (differs != nullptr) {
    throw Error(std::string("this run was begun with another ") + differs, path, "use another --out");
  }
  return before["run_uuid"].get<std::string>();
}

RunDirectory open_directory(const RunOptions& options, const Plan& plan, RunIdentity& identity) {
  const nlohmann::json document = run_document(options.selection, plan, identity);
  if (!options.resume) return RunDirectory::create(options.out, document);
  RunDirectory directory = RunDirectory::resume(options.out);
  identity.run_uuid = uuid_of_earlier_run(options, document);
  print_left_out(directory.faults());
  return directory;
}

// The sum of the scenarios' limits; one without a limit frees all, because the rows of a run share its time.
double total_budget_s(const RunOptions& options, const Plan& plan) {
  if (options.budget_s > 0) return options.budget_s;
  double total_s = 0;
  for (const Scenario& scenario : plan.scenarios) {
    if (scenario.total_budget_s <= 0) return 0;
    total_s += scenario.total_budget_s;
  }
  return total_s;
}

void check_numbers(const RunOptions& options) {
  constexpr double kMostSeconds = 30 * 86400.0;
  const std::pair<const char*, double> numbers[] = {{"--budget", options.budget_s}, {"--timeout", options.timeout_s}};
  for (const auto& [name, seconds] : numbers) {
    // Written so that "nan" is refused as well.
    if (seconds >= 0 && seconds <= kMostSeconds) continue;
    throw Error(fmt::format("{} is no number of seconds", seconds), name,
                fmt::format("give 0 (the default) to {}", kMostSeconds));
  }
}

void check_meter(const std::string& wanted, const Plan& plan) {
  if (wanted.empty() || wanted == "none") return;
  const auto is_wanted = [&](const std::string& name) { return is_meter_called(name, wanted); };
  if (std::any_of(plan.meters.begin(), plan.meters.end(), is_wanted)) return;
  std::string remedy =
      plan.meters.empty() ? "there is none here" : fmt::format("there are {}", fmt::join(plan.meters, ", "));
  for (const std::string& missing : plan.discovery.missing) remedy += "; missing here: " + missing;
  throw Error("'" + wanted + "' is not a meter of this device", "--meter", remedy);
}

int run(const RunOptions& options, const Catalog& catalog) {
  check_numbers(options);
  Plan plan = make_plan(options.selection, catalog, true);
  if (options.timeout_s > 0) {
    for (PlannedGroup& group : plan.groups) group.timeout_s = options.timeout_s;
  }
  check_meter(options.meter, plan);
  load_energy_models();  // a file that is none ends the run before it begins
  const HostInfo host = read_host_info();
  SupervisorOptions supervisor;
  supervisor.worker = worker_command();
  supervisor.identity = {make_uuid(), make_uuid(), host.boot_id, host.device_model, host.device_unit};
  supervisor.meter = options.meter;
  supervisor.total_budget_s = total_budget_s(options, plan);
  supervisor.resume = options.resume;
  supervisor.retry_failed = options.retry_failed;

  RunDirectory directory = open_directory(options, plan, supervisor.identity);
  // Once, at the beginning: the rows that a missing driver costs are not rows.
  for (const std::string& missing : plan.discovery.missing) fmt::print(stderr, "missing here: {}\n", missing);
  ProgressDisplay display;
  const RunCounts counts = supervise(plan.groups, catalog, directory, supervisor,
                                     [&](const RunProgress& progress) { display.show(progress); });
  display.finish();
  fmt::print(stderr, "{}: {} ok, {} unsupported, {} skipped, {} mismatch, {} unstable, {} mistrusted, {} failed",
             options.out, counts.ok, counts.unsupported, counts.skipped, counts.mismatch, counts.unstable,
             counts.mistrusted, counts.failed);
  if (counts.resumed > 0) fmt::print(stderr, " ({} were there already)", counts.resumed);
  fmt::print(stderr, "\n");
  return counts.all_well() ? kExitOk : kExitFailed;
}

}  // namespace

nlohmann::json run_document(const Selection& selection, const Plan& plan, const RunIdentity& identity) {
  nlohmann::json scenarios = nlohmann::json::array();
  for (const Scenario& scenario : plan.scenarios) {
    scenarios.push_back({{"name", scenario.name},
                         {"title", scenario.title},
                         {"question", scenario.question},
                         {"path", scenario.path},
                         {"sha256", scenario.sha256}});
  }
  return {{"schema", "hetscope/run/1"},
          {"run_uuid", identity.run_uuid},
          {"started_at", now_iso()},
          {"scenarios", std::move(scenarios)},
          {"cases", selection.case_lines},
          {"filter", selection.filter},
          {"host", to_json(read_host_info())},
          {"build", to_json(build_info())},
          {"binary_sha256", sha256_of_file("/proc/self/exe")},
          {"processors", describe(plan.discovery.found)},
          {"missing", plan.discovery.missing}};
}

void add_run(Commands& commands) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = commands.app.add_subcommand("run", "measure the cases of scenarios");
  options->selection.add_options(*command);
  command->add_option("--out", options->out, "directory for run.json and records.jsonl")->required();
  command->add_option("--meter", options->meter, "the only energy meter to use; 'none': none");
  command->add_option("--budget", options->budget_s, "seconds for the whole run; what does not fit is skipped");
  command->add_option("--timeout", options->timeout_s,
                      "seconds without progress after which a case is killed (default: from its budget)");
  command->add_flag("--resume", options->resume, "go on with the run in --out");
  command
      ->add_flag("--retry-failed", options->retry_failed,
                 "with --resume: run again what has no result: failed, mismatch, mistrusted, unstable, interrupted")
      ->needs("--resume");
  command->callback(
      [&commands, options] { commands.action = [&commands, options] { return run(*options, commands.catalog); }; });
}

}  // namespace hetscope

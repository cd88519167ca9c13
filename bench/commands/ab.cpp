// hetscope ab: two alternatives in launch after launch, in random order, until the difference is decided or the budget
// is spent. The alternatives are two kernels, processors or other axes of a scenario's cases, two builds of hetscope,
// or two programs that print their own nanoseconds.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/commands/ab_report.hpp"
#include "bench/commands/ab_sides.hpp"
#include "bench/commands/command.hpp"
#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/core/units.hpp"
#include "harness/record/fingerprint.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/json.hpp"
#include "harness/run/interruption.hpp"
#include "reports/launch_comparison.hpp"
#include "reports/summary.hpp"

namespace hetscope {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct AbOptions {
  Selection selection;
  AbSides sides;
  AbFormat format;
  std::string out;
  std::string meter;
  int rounds = 1000;
  double budget_s = 30;
};

void check(const AbOptions& options) {
  if (!(options.budget_s > 0 && options.budget_s <= 7 * 86400.0)) {
    throw Error(fmt::format("{} is no number of seconds", options.budget_s), "--budget", "give 0.1 to 604800");
  }
  if (options.rounds < kMinLaunches) {
    throw Error(fmt::format("{} rounds decide nothing", options.rounds), "--rounds",
                fmt::format("give at least {}", kMinLaunches));
  }
}

nlohmann::json run_document(const AbOptions& options, const RunIdentity& identity) {
  nlohmann::json document = {{"schema", "hetscope/run/1"},
                             {"run_uuid", identity.run_uuid},
                             {"host", to_json(read_host_info())},
                             {"build", to_json(build_info())},
                             {"binary_sha256", sha256_of_file("/proc/self/exe")},
                             {"ab", options.sides.describe()}};
  document["ab"]["margin"] = options.format.margin;
  document["ab"]["rule"] = kAbRule;
  document["ab"]["budget_s"] = options.budget_s;
  document["ab"]["rounds"] = options.rounds;
  return document;
}

// Enough for launches' spread to be known to a factor of two, few enough to waste little of the budget.
constexpr int kLaunchesToLearnFrom = 4;

// One pair until it is decided.
class PairRun {
 public:
  PairRun(const AbOptions& options, AbPair& pair, const RunIdentity& identity, RunDirectory* directory)
      : options_(options), pair_(pair), identity_(identity), directory_(directory) {}

  AbResult run() {
    const auto begin = SteadyClock::now();
    Random random(seed_from(pair_.name()));
    int next_look = kMinLaunches;
    for (int number = 0;; ++number) {
      measure(number, random);
      if (number + 1 == kLaunchesToLearnFrom) seconds_ = learnt_seconds();
      const auto launches = static_cast<int>(records_.size() / 2);
      const double spent_s = std::chrono::duration<double>(SteadyClock::now() - begin).count();
      const bool is_last = launches >= options_.rounds || spent_s >= options_.budget_s;
      if (launches < next_look && !is_last) continue;
      AbResult result = judge_now();
      const bool is_hopeless = result.comparison.failed == launches;
      if (result.comparison.verdict() != Verdict::unclear || is_last || is_hopeless) {
        result.spent_s = spent_s;
        return result;
      }
      next_look = launch_look(launches + 1);
    }
  }

 private:
  void measure(int number, Random& random) {
    // Every launch is a session of its own, which is what the verdict resamples.
    RunIdentity identity = identity_;
    identity.session = make_uuid();
    const auto begin = SteadyClock::now();
    std::vector<Record> records = pair_.launch(number, seconds_, identity, random);
    launch_s_ += std::chrono::duration<double>(SteadyClock::now() - begin).count();
    for (Record& record : records) {
      if (directory_ != nullptr) directory_->append(record);
      records_.push_back(std::move(record));
    }
  }

  // Windows of energy have a length of their own, beside which a launch's is small.
  double learnt_seconds() const {
    const auto has_energy = [](const Record& record) { return energy_of(record) != nullptr; };
    if (std::any_of(records_.begin(), records_.end(), has_energy)) return kLaunchSeconds;
    const double overhead_s = launch_s_ / kLaunchesToLearnFrom - 2 * kLaunchSeconds;
    return best_launch_seconds(launches_of(records_), kLaunchSeconds, std::max(overhead_s, 0.0));
  }

  AbResult judge_now() const {
    std::vector<Launch> launches = launches_of(records_);
    return {pair_.name(), pair_.base_name(), pair_.candidate_name(), compare_launches(launches, options_.format.margin),
            0};
  }

  const AbOptions& options_;
  AbPair& pair_;
  const RunIdentity& identity_;
  RunDirectory* directory_;
  std::vector<Record> records_;
  double seconds_ = kLaunchSeconds;
  double launch_s_ = 0;  // of all launches so far
};

int run(const AbOptions& options, const Catalog& catalog) {
  check(options);
  options.format.check();
  const std::vector<std::unique_ptr<AbPair>> pairs = options.sides.pairs(options.selection, options.meter, catalog);
  const HostInfo host = read_host_info();
  const RunIdentity identity = {make_uuid(), "", host.boot_id, host.device_model, host.device_unit};
  std::optional<RunDirectory> directory;
  if (!options.out.empty()) directory.emplace(RunDirectory::create(options.out, run_document(options, identity)));
  const InterruptionGuard guard;
  std::vector<AbResult> results;
  for (const auto& pair : pairs) {
    results.push_back(PairRun(options, *pair, identity, directory ? &*directory : nullptr).run());
    fmt::print(stderr, "[{}/{}] {}\n", results.size(), pairs.size(), options.format.line(results.back()));
  }
  fmt::print("{}", options.format.text(results));
  return options.format.exit_code(results);
}

}  // namespace

void add_ab(Commands& commands) {
  auto options = std::make_shared<AbOptions>();
  CLI::App* command = commands.app.add_subcommand(
      "ab", "compare two alternatives, launch after launch, until decided (exit code 1: slower, 3: undecided)");
  options->selection.add_options(*command);
  options->sides.add_options(*command);
  options->format.add_options(*command);
  command->add_option("--rounds", options->rounds, "most launches of each pair")->capture_default_str();
  command->add_option("--budget", options->budget_s, "most seconds for each pair")->capture_default_str();
  command->add_option("--meter", options->meter, "the only energy meter to use; 'none': none");
  command->add_option("--out", options->out,
                      "directory that keeps every record; `hetscope compare DIR` judges it again");
  command->callback(
      [&commands, options] { commands.action = [&commands, options] { return run(*options, commands.catalog); }; });
}

}  // namespace hetscope

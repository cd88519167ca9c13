// hetscope qualify: A/A on every processor, and its roofs: this device's own noise floor, false-verdict rate and limits
// as a file that `doctor` reads.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/commands/ab_sides.hpp"
#include "bench/commands/command.hpp"
#include "bench/commands/describe.hpp"
#include "bench/commands/qualification_file.hpp"
#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/core/registry.hpp"
#include "harness/record/fingerprint.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/json.hpp"
#include "harness/run/interruption.hpp"
#include "reports/qualification.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

struct QualifyOptions {
  std::vector<std::string> processors;
  std::string out;
  int launches = 3 * kMinLaunches;
  double margin = 0.02;
};

// The smallest and the largest probe of each roof on this processor, by the first kernel that it can run: work in the
// caches, work in memory, arithmetic.
std::vector<Case> probes_of(const ProcessorInfo& processor, const Catalog& catalog) {
  std::vector<Case> probes;
  for (const auto& operation : catalog.operations().entries()) {
    const auto axes = operation->roof_axes();
    if (!operation->roof() || axes.empty()) continue;
    const auto kernels = catalog.kernels_of(operation->name());
    const auto kernel = std::find_if(kernels.begin(), kernels.end(), [&](const Kernel* candidate) {
      return candidate->program_model() == processor.program_model;
    });
    if (kernel == kernels.end()) continue;
    std::vector<std::size_t> chosen{0};
    if (axes.size() > 1) chosen.push_back(axes.size() - 1);
    for (const std::size_t index : chosen) {
      Case item(std::string(operation->name()), std::string((*kernel)->name()), {processor.name});
      for (const auto& [name, value] : axes[index]) item.set(name, value);
      item = catalog.complete(item);
      if (std::find(probes.begin(), probes.end(), item) == probes.end()) probes.push_back(std::move(item));
    }
  }
  return probes;
}

// A/A launches, as `ab` measures them.
std::vector<Record> measure(const Case& item, const QualifyOptions& options, RunIdentity identity,
                            RunDirectory& directory) {
  const auto pair = make_case_pair(item, item, item.line(), "a", "a", "none", false);
  Random random(seed_from(item.line()));
  std::vector<Record> records;
  for (int number = 0; number < options.launches; ++number) {
    identity.session = make_uuid();
    for (Record& record : pair->launch(number, kLaunchSeconds, identity, random)) {
      directory.append(record);
      records.push_back(std::move(record));
    }
    // A processor that cannot run it once will not the next time.
    if (number == 0 && records.front().latency() == nullptr) break;
  }
  return records;
}

nlohmann::json probe_json(const ProbeFitness& probe) {
  nlohmann::json object = {{"processor", probe.processor}, {"case", probe.line},
                           {"launches", probe.launches},   {"failed", probe.failed},
                           {"reason", probe.reason},       {"verdict", to_string(probe.verdict)},
                           {"judged", probe.judged},       {"false_verdicts", probe.false_verdicts}};
  object["noise_floor"] = std::isfinite(probe.noise_floor) ? nlohmann::json(probe.noise_floor) : nlohmann::json();
  object["ratio"] = probe.ratio ? nlohmann::json(probe.ratio->ratio) : nlohmann::json();
  object["ci95"] =
      probe.ratio ? nlohmann::json{probe.ratio->interval.low, probe.ratio->interval.high} : nlohmann::json();
  return object;
}

// The fastest launch of each probe's base: what the device did, it can do.
nlohmann::json roof_json(const std::vector<Record>& records) {
  const Record* best = nullptr;
  for (const Record& record : records) {
    if (record.latency() == nullptr) continue;
    if (best == nullptr || record.latency()->median_ns < best->latency()->median_ns) best = &record;
  }
  if (best == nullptr) return {};
  const double seconds = best->latency()->median_ns * 1e-9;
  nlohmann::json roof = {{"case", best->item.line()}, {"median_ns", best->latency()->median_ns}};
  if (best->executed_flops > 0) roof["flop_per_s"] = static_cast<double>(best->executed_flops) / seconds;
  if (best->executed_bytes > 0) roof["bytes_per_s"] = static_cast<double>(best->executed_bytes) / seconds;
  return roof;
}

void print(const Qualification& result) {
  for (const ProbeFitness& probe : result.probes) {
    fmt::print("{:8} {}  A/A {} {}  noise floor {:.1f} %\n", to_string(probe.verdict), probe.line,
               probe.ratio ? ratio_text(probe.ratio->ratio) : std::string(kMissing),
               probe.ratio ? ratio_range_text(probe.ratio->interval.low, probe.ratio->interval.high) : "",
               100 * probe.noise_floor);
  }
  fmt::print("{}", to_string(result.fitness));
  for (const std::string& reason : result.reasons) fmt::print("\n  {}", reason);
  fmt::print("\n  false verdicts: {:.1f} to {:.1f} %\n", 100 * result.false_rate.low, 100 * result.false_rate.high);
}

int run(const QualifyOptions& options, const Catalog& catalog) {
  if (options.launches < kMinLaunches) {
    throw Error(fmt::format("{} launches decide nothing", options.launches), "--launches",
                fmt::format("give at least {}", kMinLaunches));
  }
  if (!(options.margin > 0 && options.margin < 1)) {
    throw Error(fmt::format("{} is not between 0 and 1", options.margin), "--margin", "2 % is 0.02");
  }
  std::vector<std::string> meters;
  const Discovery discovery = discover_in_worker(worker_command(), &meters);
  std::vector<std::string> names;
  for (const ProcessorInfo& info : discovery.found) names.push_back(info.name);
  for (const std::string& wanted : options.processors) {
    if (std::find(names.begin(), names.end(), wanted) == names.end()) {
      throw unknown_name("processor", wanted, names, "--processor");
    }
  }
  const HostInfo host = read_host_info();
  const RunIdentity identity = {make_uuid(), "", host.boot_id, host.device_model, host.device_unit};
  const nlohmann::json build = to_json(build_info());
  RunDirectory directory = RunDirectory::create(options.out, {{"schema", "hetscope/run/1"},
                                                              {"run_uuid", identity.run_uuid},
                                                              {"host", to_json(host)},
                                                              {"build", build},
                                                              {"binary_sha256", sha256_of_file("/proc/self/exe")},
                                                              {"processors", describe(discovery.found)},
                                                              {"missing", discovery.missing}});
  const InterruptionGuard guard;
  std::vector<ProbeFitness> probes;
  nlohmann::json roofs = nlohmann::json::array();
  for (const ProcessorInfo& processor : discovery.found) {
    if (!options.processors.empty() &&
        std::find(options.processors.begin(), options.processors.end(), processor.name) == options.processors.end()) {
      continue;
    }
    for (const Case& item : probes_of(processor, catalog)) {
      const std::vector<Record> records = measure(item, options, identity, directory);
      probes.push_back(judge_probe(processor.name, item.line(), launches_of(records), options.margin));
      if (nlohmann::json roof = roof_json(records); !roof.is_null()) roofs.push_back(std::move(roof));
      fmt::print(stderr, "{} {}\n", to_string(probes.back().verdict), item.line());
    }
  }
  std::string energy_missing;
  if (meters.empty()) energy_missing = "no meter of this device can be read (see hetscope devices)";
  const Qualification result = qualify(std::move(probes), energy_missing);

  nlohmann::json probe_list = nlohmann::json::array();
  for (const ProbeFitness& probe : result.probes) probe_list.push_back(probe_json(probe));
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  write_qualification(options.out + "/qualification.json",
                      {{"schema", kQualificationSchema},
                       {"run_uuid", identity.run_uuid},
                       {"made_at", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now))},
                       {"device", {{"model", host.device_model}, {"unit", host.device_unit}}},
                       {"build", build},
                       {"margin", options.margin},
                       {"verdict", to_string(result.fitness)},
                       {"reasons", result.reasons},
                       {"false_rate_ci95", {result.false_rate.low, result.false_rate.high}},
                       {"meters", meters},
                       {"probes", std::move(probe_list)},
                       {"roofs", std::move(roofs)}});
  print(result);
  return result.fitness == Fitness::rejected ? kExitFailed : kExitOk;
}

}  // namespace

void add_qualify(Commands& commands) {
  auto options = std::make_shared<QualifyOptions>();
  CLI::App* command = commands.app.add_subcommand(
      "qualify",
      "A/A on every processor: noise floor, false verdicts and roofs of this device (exit code 1: REJECTED)");
  command->add_option("--out", options->out, "directory for qualification.json and the records")->required();
  command->add_option("--processor", options->processors, "only this processor; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--launches", options->launches, "of each probe; 8 make one judged block")->capture_default_str();
  command->add_option("--margin", options->margin, "difference that matters: 0.02 is 2 %")->capture_default_str();
  command->callback(
      [&commands, options] { commands.action = [&commands, options] { return run(*options, commands.catalog); }; });
}

}  // namespace hetscope

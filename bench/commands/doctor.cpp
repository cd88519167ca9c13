// hetscope doctor: is this device fit to measure? Each line is a check with its evidence and, when it is not well, the
// remedy. Findings are advice: only what makes every measurement impossible gives exit code 1.
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/commands/command.hpp"
#include "bench/commands/qualification_file.hpp"
#include "harness/core/clock.hpp"
#include "harness/core/error.hpp"
#include "harness/measure/conditions.hpp"
#include "harness/measure/session.hpp"
#include "harness/record/fingerprint.hpp"
#include "harness/statistics/statistics.hpp"

namespace hetscope {
namespace {

enum class Health { well, warning, bad };

struct Finding {
  Health health = Health::well;
  std::string check;
  std::string evidence;
  std::string remedy;
};

// 10 us of waiting that knows how long it really took, and reports it as a clock of its own.
class KnownWork final : public Runnable {
 public:
  explicit KnownWork(const Clock& clock) : clock_(clock) {}
  void run(std::int64_t iterations) override {
    inside_ns_ = 0;
    for (std::int64_t i = 0; i < iterations; ++i) {
      const std::int64_t begin_ns = clock_.now_ns();
      std::int64_t end_ns = begin_ns;
      while (end_ns - begin_ns < 10'000) end_ns = clock_.now_ns();
      inside_ns_ += end_ns - begin_ns;
    }
  }
  std::map<std::string, double> own_clocks() override { return {{kInsideClock, static_cast<double>(inside_ns_)}}; }
  std::vector<HostTensor> outputs() override { return {}; }

  static constexpr const char* kInsideClock = "inside";

 private:
  const Clock& clock_;
  std::int64_t inside_ns_ = 0;
};

// What Session's samples hold beyond the executions themselves, as a share of them: the median over the samples.
double instrument_cost(const Clock& clock) {
  Session session(clock);
  KnownWork work(clock);
  MeasureOptions options;
  options.budget_ns = 1'000'000'000;
  const Subject subject{&work, false};
  const std::vector<Measurement> results = session.measure(std::span(&subject, 1), options);
  const std::vector<double>& outside_ns = results[0].totals_ns.at(kHostClock);
  const std::vector<double>& inside_ns = results[0].totals_ns.at(KnownWork::kInsideClock);
  std::vector<double> shares;
  for (std::size_t i = 0; i < outside_ns.size(); ++i) shares.push_back(outside_ns[i] / inside_ns[i] - 1);
  return median(shares);
}

std::vector<Finding> examine() {
  std::vector<Finding> findings;
  const MonotonicClock clock;
  const TimerQuality timer = measure_timer(clock);
  findings.push_back(
      {timer.resolution_ns <= 1000 ? Health::well : Health::warning, "timer",
       fmt::format("{}: resolution {} ns, {:.0f} ns a reading", clock.source(), timer.resolution_ns, timer.read_ns),
       "samples are batched to 1000 resolutions, so short kernels need longer runs"});

  const double cost = instrument_cost(clock);
  findings.push_back({cost <= 0.02 ? Health::well : Health::warning, "instrument's cost",
                      fmt::format("{:.2f} % of an execution of 10 us", 100 * cost),
                      "the timer is slow here; compare kernels of 100 us and more"});

  ConditionsReader reader;
  clock.sleep_ns(1'000'000'000);
  const Conditions conditions = reader.read();
  if (std::isnan(conditions.load)) {
    findings.push_back({Health::warning, "background load", "/proc/stat cannot be read here",
                        "usual in an Android app: stop what else is running, because nobody will see it; or start "
                        "hetscope from a shell"});
  } else {
    findings.push_back({conditions.load <= 0.05 ? Health::well : Health::warning, "background load",
                        fmt::format("others used {:.1f} % of all CPUs in the last second", 100 * conditions.load),
                        "stop what else is running; ratios within a round survive it, absolute times do not"});
  }
  if (conditions.governor.empty()) {
    findings.push_back({Health::warning, "governor", "the CPU frequency cannot be read here",
                        "usual in a virtual machine; frequency changes will go unseen"});
  } else {
    findings.push_back({conditions.governor == "performance" ? Health::well : Health::warning, "governor",
                        conditions.governor,
                        "as root: echo performance > /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"});
  }
  findings.push_back({conditions.temp_c.empty() ? Health::warning : Health::well, "temperature",
                      conditions.temp_c.empty() ? "no thermal zone can be read"
                                                : fmt::format("{} thermal zones", conditions.temp_c.size()),
                      "throttling will go unseen"});
  const HostInfo host = read_host_info();
  findings.push_back({host.hypervisor.empty() ? Health::well : Health::warning, "bare metal",
                      host.hypervisor.empty() ? "yes" : "virtual machine (" + host.hypervisor + ")",
                      "neighbours share caches and memory; compare within a run only"});

  std::vector<std::string> meters;
  const Discovery discovery = discover_in_worker(worker_command(), &meters);
  findings.push_back({discovery.found.empty() ? Health::bad : Health::well, "processors",
                      fmt::format("{} found", discovery.found.size()), "see hetscope devices"});
  bool has_gpu = false;
  for (const ProcessorInfo& processor : discovery.found) has_gpu |= processor.kind == ProcessorKind::gpu;
  findings.push_back({has_gpu ? Health::well : Health::warning, "GPU", has_gpu ? "found" : "none found",
                      "questions about textures and splits cannot be answered here"});
  findings.push_back({meters.empty() ? Health::warning : Health::well, "energy meters",
                      meters.empty() ? "none" : fmt::format("{} found", meters.size()),
                      "energy and EDP will be null, each with its reason; see hetscope devices"});
  return findings;
}

// What `hetscope qualify` found on this device, if it was this one.
Finding qualification(const std::string& path) {
  const InstrumentNote note = read_qualification(path);
  const HostInfo host = read_host_info();
  Finding finding{Health::well, "qualification", note.verdict + " on " + note.made_at, ""};
  for (const std::string& reason : note.reasons) finding.evidence += "; " + one_line(reason);
  if (note.verdict == "REJECTED") finding.health = Health::bad;
  if (note.verdict == "RESTRICTED") finding.health = Health::warning;
  finding.remedy = "what it names cannot be decided here; mend it and run hetscope qualify again";
  if (note.device_model != host.device_model || note.device_unit != host.device_unit) {
    finding.health = Health::bad;
    finding.remedy = "it is of another device; run hetscope qualify here";
  }
  return finding;
}

}  // namespace

void add_doctor(Commands& commands) {
  auto file = std::make_shared<std::string>();
  CLI::App* command = commands.app.add_subcommand("doctor", "check whether this device is fit to measure");
  command->add_option("--qualification", *file, "a qualification.json of this device, from hetscope qualify");
  command->callback([&commands, file] {
    commands.action = [file] {
      bool fit = true;
      std::vector<Finding> findings;
      if (!file->empty()) findings.push_back(qualification(*file));
      for (Finding& finding : examine()) findings.push_back(std::move(finding));
      for (const Finding& finding : findings) {
        const char* mark = finding.health == Health::well      ? "well   "
                           : finding.health == Health::warning ? "warning"
                                                               : "BAD    ";
        fmt::print("{} {:16} {}\n", mark, finding.check, finding.evidence);
        if (finding.health != Health::well) fmt::print("{:24} -> {}\n", "", finding.remedy);
        fit = fit && finding.health != Health::bad;
      }
      return fit ? kExitOk : kExitFailed;
    };
  });
}

}  // namespace hetscope

// Launching, reading, and not believing everything.
#include "harness/baseline/tool_runnable.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/error.hpp"
#include "harness/core/units.hpp"
#include "harness/processor/affinity.hpp"
#include "harness/statistics/statistics.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMaxToolBytes = std::size_t{4} << 20;
// Its clock and ours may differ by rate, and it prints rounded figures.
constexpr double kToolClockSlack = 1.05;
constexpr double kNsPerSecond = 1e9;
constexpr std::size_t kMostLastWords = 400;

// Programs start with the affinity of the thread that starts them.
class AffinityOfLaunch {
 public:
  explicit AffinityOfLaunch(const std::vector<int>& cpus) : own_(affinity_of_this_thread()) {
    if (!cpus.empty()) pin_this_thread(cpus);
  }
  ~AffinityOfLaunch() {
    if (!own_.empty()) pin_this_thread(own_);
  }
  AffinityOfLaunch(const AffinityOfLaunch&) = delete;
  AffinityOfLaunch& operator=(const AffinityOfLaunch&) = delete;

 private:
  std::vector<int> own_;
};

// Not all tools complain on their standard error.
std::string last_words_of(const ProgramOutput& output) {
  return (output.error_tail.empty() ? last_line(output.out) : output.error_tail).substr(0, kMostLastWords);
}

bool is_mean(const LatencyRecord& latency) { return std::isfinite(latency.mean_ns) && latency.mean_ns > 0; }

}  // namespace

ToolRunnable::ToolRunnable(const Baseline& baseline, const Model& model, const ToolReader& reader,
                           const ToolSettings& settings, ThreadPool* pin)
    : baseline_(baseline),
      model_(model),
      reader_(reader),
      settings_(settings),
      pin_(pin),
      file_(tool_file(baseline.title, baseline.program.front(), baseline.tool->sha256)) {
  ToolWords words = {{"model", settings.model_path},
                     {"threads", std::to_string(settings.threads)},
                     {"iterations", std::to_string(baseline.tool->iterations)},
                     {"precision", baseline.tool->precisions.at(settings.precision)}};
  words.insert(settings.model_words.begin(), settings.model_words.end());
  words_ = filled(baseline.program, words);
  words_.front() = file_.path;
  surroundings_ = {work_.path(), environment_of(*baseline.tool, words)};
}

void ToolRunnable::enter() {
  if (pin_ != nullptr) pin_->enter();
}

void ToolRunnable::leave() {
  if (pin_ != nullptr) pin_->leave();
}

void ToolRunnable::run(std::int64_t iterations) {
  const AffinityOfLaunch affinity(settings_.cpus);
  own_ns_ = 0;
  for (std::int64_t i = 0; i < iterations; ++i) own_ns_ += launch_ns();
}

double ToolRunnable::launch_ns() {
  const ProgramOutput output = run_program(words_, baseline_.run_timeout_s, kMaxToolBytes, surroundings_);
  if (!output.fault.empty()) {
    const std::string words = last_words_of(output);
    throw Error(baseline_.title + " " + output.fault + (words.empty() ? "" : "; its last words: " + words));
  }
  try {
    last_ = reader_.read(baseline_.tool->importer, output, baseline_.tool->row);
  } catch (const Error& error) {
    throw Error(baseline_.title + ": " + error.what());
  }
  const LatencyRecord* latency = last_.latency();
  if (last_.status != Status::ok || latency == nullptr) throw Error(baseline_.title + ": " + last_.reason);
  const double own_ns = is_mean(*latency) ? latency->mean_ns : latency->figure_ns();
  if (!std::isfinite(own_ns) || own_ns <= 0) throw Error(baseline_.title + " printed a time that is no time");
  const double inferences = static_cast<double>(std::max<std::int64_t>(latency->n, 1));
  if (own_ns * inferences > kToolClockSlack * output.wall_s * kNsPerSecond) {
    throw Error(fmt::format("{} says that {:.0f} of {} passed, but it was over after {}", baseline_.title, inferences,
                            format_ns(own_ns), format_ns(output.wall_s * kNsPerSecond)));
  }
  if (doubt_.empty()) doubt_ = doubt_of(last_);
  walls_s_.push_back(output.wall_s);
  // A printed mean is rounded and may say a little more than passed.
  const double rest_s = output.wall_s - own_ns * inferences / kNsPerSecond;
  if (latency->n > 0 && rest_s > 0) cold_starts_s_.push_back(rest_s);
  return own_ns;
}

std::vector<Placement> ToolRunnable::placement() const {
  std::vector<Placement> result;
  for (const PlacementRecord& place : last_.placement)
    result.push_back({place.requested, place.actual, place.evidence});
  return result;
}

std::string ToolRunnable::doubt_of(const Record& launch) const {
  const std::vector<std::string>& on = launch.item.processors();
  if (!on.empty() && on.front() != "unknown" && on.front() != "cpu") {
    return baseline_.title + " says that it ran on " + on.front() + ", not on the CPU";
  }
  const std::int64_t threads = launch.item.integer_or("threads", settings_.threads);
  if (threads != settings_.threads) {
    return fmt::format("{} says that it ran with threads={}, not {}", baseline_.title, threads, settings_.threads);
  }
  return "";
}

Metrics ToolRunnable::metrics() {
  Metrics result;
  for (const auto& [name, metric] : last_.metrics) result[name] = {metric.value, metric.unit, ""};
  if (std::isfinite(last_.prepare_ns) && last_.prepare_ns > 0) {
    result["load"] = {last_.prepare_ns / kNsPerSecond, "s", ""};
  }
  result["launches"] = {static_cast<double>(walls_s_.size()), "1", ""};
  if (!walls_s_.empty()) result["wall"] = {median(walls_s_), "s", ""};
  if (!cold_starts_s_.empty()) result["cold_start"] = {median(cold_starts_s_), "s", ""};
  result["model_operators"] = {static_cast<double>(model_.operators), "1", ""};
  result["model_layout_operators"] = {static_cast<double>(model_.layout_operators), "1", ""};
  return result;
}

std::map<std::string, std::string> ToolRunnable::notes() {
  const LatencyRecord* latency = last_.latency();
  std::map<std::string, std::string> result = {
      {"framework", baseline_.title},
      {"times", baseline_.times},
      {"licence", baseline_.licence},
      {"publish", baseline_.publish},
      {"program", file_.path},
      {"program_sha256", file_.sha256},
      {"command", one_line(fmt::format("{}", fmt::join(words_, " ")))},
      {"model_sha256", settings_.model_sha256.empty() ? "a directory" : settings_.model_sha256}};
  if (latency != nullptr) {
    result["sample"] = fmt::format(
        "a launch, of which the {} over {} inferences is one value; intervals are over launches, of the spread within "
        "one nothing is known; what else the tool printed is of the last launch",
        is_mean(*latency) ? "mean" : "median", latency->n > 0 ? std::to_string(latency->n) : "its");
  }
  if (last_.source) {
    result["importer"] = last_.source->parser;
    result["timer"] = last_.source->timer;
    if (!last_.source->tool_version.empty()) result["version"] = last_.source->tool_version;
  }
  return result;
}

}  // namespace hetscope

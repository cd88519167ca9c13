// Google Benchmark's JSON, as json_reporter.cc writes it; see export.hpp.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "harness/statistics/statistics.hpp"
#include "reports/export.hpp"
#include "reports/run_info.hpp"

namespace hetscope {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kCpuClock = "google_benchmark_cpu_time";

struct Repetition {
  double time_ns = 0;  // of one execution
  std::int64_t iterations = 0;
};

// Samples that could be read, one a round; of a single round, each of its own.
std::vector<Repetition> repetitions_of(const LatencyRecord& latency) {
  std::vector<Repetition> samples;
  std::map<std::int32_t, Repetition> rounds;
  for (std::size_t i = 0; i < latency.totals_ns.size(); ++i) {
    if (!std::isfinite(latency.totals_ns[i]) || latency.iterations[i] <= 0) continue;
    samples.push_back({latency.totals_ns[i], latency.iterations[i]});
    Repetition& round = rounds[latency.rounds[i]];
    round.time_ns += latency.totals_ns[i];
    round.iterations += latency.iterations[i];
  }
  std::vector<Repetition> result;
  if (rounds.size() > 1) {
    for (const auto& [number, round] : rounds) result.push_back(round);
  } else {
    result = std::move(samples);
  }
  for (Repetition& repetition : result) repetition.time_ns /= static_cast<double>(repetition.iterations);
  // A difference of two times may be negative for a round; readers take logarithms. Its median and mean remain.
  if (std::any_of(result.begin(), result.end(), [](const Repetition& r) { return r.time_ns <= 0; })) return {};
  // Another tool's mean of n executions is what the format calls one repetition.
  if (result.empty() && latency.statistic == Statistic::mean && latency.n > 0) {
    result.push_back({latency.mean_ns, latency.n});
  }
  return result;
}

std::string label_of(const Record& record, const std::string& clock) {
  std::string label = "clock " + clock;
  if (record.source) label += ", imported from " + record.source->tool;
  return label;
}

class Writer {
 public:
  void add(const Record& record) {
    const LatencyRecord* principal = record.latency();
    if (record.status != Status::ok || principal == nullptr) {
      const std::string why = record.reason.empty() ? "no latency" : record.reason;
      without_time_.push_back(record.item.line() + ": " + std::string(to_string(record.status)) + ": " + why);
      return;
    }
    add_clock(record, record.clock, *principal);
    for (const auto& [clock, latency] : record.latencies) {
      if (clock != record.clock && clock != kCpuClock) add_clock(record, clock, latency);
    }
  }

  ordered_json benchmarks() { return std::move(benchmarks_); }
  ordered_json without_time() { return std::move(without_time_); }

 private:
  void add_clock(const Record& record, const std::string& clock, const LatencyRecord& latency) {
    const std::string name = record.item.line() + (clock == record.clock ? "" : " [clock " + clock + "]");
    const auto [place, is_new] = families_.try_emplace(name, families_.size());
    const std::vector<Repetition> repetitions = repetitions_of(latency);
    const auto cpu = record.latencies.find(kCpuClock);
    const bool has_cpu = cpu != record.latencies.end() && clock == record.clock;
    const std::vector<Repetition> cpu_times = has_cpu ? repetitions_of(cpu->second) : std::vector<Repetition>();
    for (std::size_t i = 0; i < repetitions.size(); ++i) {
      ordered_json entry = start_of(name, place->second);
      entry["run_type"] = "iteration";
      entry["repetitions"] = repetitions.size();
      entry["repetition_index"] = i;
      entry["threads"] = threads_of(record);
      entry["iterations"] = repetitions[i].iterations;
      entry["real_time"] = repetitions[i].time_ns;
      entry["cpu_time"] = cpu_times.size() == repetitions.size() ? cpu_times[i].time_ns : 0.0;
      finish(entry, record, clock, repetitions.size() == 1);
    }
    // One repetition is its own mean.
    if (repetitions.size() == 1) return;
    const double cpu_mean_ns = has_cpu ? cpu->second.mean_ns : 0;
    const double cpu_median_ns = has_cpu ? cpu->second.median_ns : 0;
    add_aggregate(record, name, clock, "mean", latency.mean_ns, cpu_mean_ns, repetitions.size());
    add_aggregate(record, name, clock, "median", latency.median_ns, cpu_median_ns, repetitions.size());
  }

  void add_aggregate(const Record& record, const std::string& name, const std::string& clock, const char* aggregate,
                     double time_ns, double cpu_ns, std::size_t repetitions) {
    if (!std::isfinite(time_ns) || time_ns <= 0) return;
    ordered_json entry = start_of(name, families_.at(name));
    entry["name"] = name + "_" + aggregate;
    entry["run_type"] = "aggregate";
    if (repetitions > 0) entry["repetitions"] = repetitions;
    entry["threads"] = threads_of(record);
    entry["aggregate_name"] = aggregate;
    entry["aggregate_unit"] = "time";
    if (repetitions > 0) entry["iterations"] = repetitions;
    entry["real_time"] = time_ns;
    entry["cpu_time"] = std::isfinite(cpu_ns) ? cpu_ns : 0.0;
    finish(entry, record, clock, true);
  }

  static ordered_json start_of(const std::string& name, std::size_t family) {
    return {{"name", name}, {"family_index", family}, {"per_family_instance_index", 0}, {"run_name", name}};
  }

  static std::int64_t threads_of(const Record& record) {
    const AxisValue* threads = record.item.find("threads");
    const auto* number = threads == nullptr ? nullptr : std::get_if<std::int64_t>(threads);
    return number == nullptr ? 1 : *number;
  }

  // `has_counters`: what the record says as a whole is said once, not in every repetition.
  void finish(ordered_json& entry, const Record& record, const std::string& clock, bool has_counters) {
    entry["time_unit"] = "ns";
    if (has_counters && clock == record.clock) add_counters(record, entry);
    entry["label"] = label_of(record, clock);
    benchmarks_.push_back(std::move(entry));
  }

  // User counters are numbers beside the standard names; one that has such a name would overwrite it.
  static void add_counters(const Record& record, ordered_json& entry) {
    for (const auto& [metric, value] : record.metrics) {
      const std::string counter = metric + (value.unit.empty() || value.unit == "1" ? "" : " (" + value.unit + ")");
      if (std::isfinite(value.value) && !entry.contains(counter)) entry[counter] = value.value;
    }
    for (const EnergyRecord& energy : record.energies) {
      if (!energy.value_j || !std::isfinite(*energy.value_j)) continue;
      entry["energy " + energy.kind + " " + energy.meter + " (J)"] = *energy.value_j;
    }
  }

  ordered_json benchmarks_ = ordered_json::array();
  ordered_json without_time_ = ordered_json::array();
  std::map<std::string, std::size_t> families_;
};

ordered_json context_of(const ReportInput& input) {
  ordered_json context = {{"executable", "hetscope"}, {"json_schema_version", 1}};
  if (input.runs.empty()) return context;
  const RunInfo first = read_run_info(input.runs.front());
  if (!first.started_at.empty()) context["date"] = first.started_at;
  if (const std::string device = fact_of(first.host, "device_model"); !device.empty()) context["host_name"] = device;
  for (const char* name : {"version", "git_commit", "compiler", "flags"}) {
    if (const std::string value = fact_of(first.build, name); !value.empty()) {
      context[std::string("hetscope_") + name] = value;
    }
  }
  context["hetscope_note"] = "a repetition is a round of the measurement; cpu_time 0 stands for a CPU time not known";
  return context;
}

}  // namespace

std::string google_benchmark_json(const ReportInput& input) {
  Writer writer;
  for (const LoadedRun& run : input.runs) {
    for (const Record& record : run.records) writer.add(record);
  }
  ordered_json context = context_of(input);
  context["hetscope_without_time"] = writer.without_time();
  const ordered_json document = {{"context", std::move(context)}, {"benchmarks", writer.benchmarks()}};
  return document.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string json_export(const ReportInput& input) {
  json runs = json::array();
  for (const LoadedRun& run : input.runs) {
    json records = json::array();
    for (const Record& record : run.records) records.push_back(to_json(record));
    std::vector<std::string> faults = run.faults;
    json document;
    if (!run.run_json.empty()) {
      try {
        document = parse_json(run.run_json, "run.json");
      } catch (const Error& error) {
        faults.emplace_back(error.what());
      }
    }
    runs.push_back({{"run", std::move(document)}, {"records", std::move(records)}, {"faults", std::move(faults)}});
  }
  const json document = {{"schema", "hetscope/export/1"}, {"runs", std::move(runs)}};
  return document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace hetscope

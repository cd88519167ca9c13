// Google Benchmark's JSON, which uVkCompute and IREE write, too. A repetition's time is the mean of its iterations: one
// repetition is a mean, several are samples. It has traps: bare NaN and Infinity; user counters beside the standard
// names; aggregates among the rows (in old versions told by their names alone), whose unit may be percent; a file that
// ends early when the process died; cpu_time that is not the time of a GPU.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "reports/importers/imported_row.hpp"
#include "reports/importers/json_text.hpp"
#include "reports/importers/registration.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

constexpr std::string_view kGoogleBenchmarkTool = "google_benchmark";
constexpr std::string_view kGoogleBenchmarkTimer =
    "as the benchmark's author set it: real time of its loop, or a time that it set itself";

constexpr std::array<std::string_view, 25> kStandardNames = {"name",
                                                             "family_index",
                                                             "per_family_instance_index",
                                                             "run_name",
                                                             "run_type",
                                                             "repetitions",
                                                             "repetition_index",
                                                             "threads",
                                                             "aggregate_name",
                                                             "aggregate_unit",
                                                             "iterations",
                                                             "real_time",
                                                             "cpu_time",
                                                             "time_unit",
                                                             "label",
                                                             "error_occurred",
                                                             "error_message",
                                                             "skipped",
                                                             "skip_message",
                                                             "allocs_per_iter",
                                                             "max_bytes_used",
                                                             "total_allocated_bytes",
                                                             "net_heap_growth",
                                                             "big_o",
                                                             "rms"};

// Powers of ten to nanoseconds; nothing for a unit that is not known.
std::optional<int> power_of(const json& row) {
  const std::string unit = text_member(row, "time_unit");
  if (unit == "ns") return 0;
  if (unit == "us") return 3;
  if (unit == "ms") return 6;
  if (unit == "s") return 9;
  return std::nullopt;
}

std::string aggregate_of(const json& row, const std::string& name) {
  if (const std::string type = text_member(row, "run_type"); !type.empty()) {
    return type == "aggregate" ? text_member(row, "aggregate_name") : std::string();
  }
  for (const char* suffix : {"mean", "median", "stddev", "cv", "BigO", "RMS"}) {
    if (name.ends_with(std::string("_") + suffix)) return suffix;
  }
  return {};
}

struct Benchmark {
  std::vector<const json*> repetitions;
  std::map<std::string, const json*> aggregates;
  std::int64_t line = 0;
};

class GoogleBenchmark final : public Importer {
 public:
  std::string_view name() const override { return "google_benchmark"; }
  std::string_view description() const override { return "Google Benchmark, JSON"; }
  int detects(std::string_view text) const override {
    return contains(text, "\"benchmarks\"") && contains(text, "\"context\"") ? 80 : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kGoogleBenchmarkTool;
    if (detects(input.text) == 0) return result;
    const ToolJson tool = repaired_json(input, result);
    if (!tool.text.empty()) read_document(input, parse_json(tool.text, input.path), result);
    if (tool.not_finite > 0) {
      result.remarks.push_back(std::to_string(tool.not_finite) + " figures are NaN or infinite and are left out");
    }
    if (tool.is_cut) {
      result.records.push_back(failed_row(tool_case(input, "microbenchmark", kGoogleBenchmarkTool, ""), nullptr,
                                          "the file ends early: the program died in the benchmark that comes next"));
    } else if (result.records.empty()) {
      result.records.push_back(failed_row(tool_case(input, "microbenchmark", kGoogleBenchmarkTool, ""), nullptr,
                                          "the list of benchmarks is empty"));
    }
    return result;
  }

 private:
  static void read_document(const ImportInput& input, const json& document, ImportResult& result) {
    if (const json* context = find_member(document, "context")) {
      result.tool_version = text_member(*context, "library_version");
      if (text_member(*context, "library_build_type") == "debug") {
        result.remarks.emplace_back("the benchmark library was built for debugging");
      }
      const json* scaling = find_member(*context, "cpu_scaling_enabled");
      if (scaling != nullptr && scaling->is_boolean() && scaling->get<bool>()) {
        result.remarks.emplace_back("the CPU's frequency was not fixed, the context says");
      }
    }
    const json* rows = find_member(document, "benchmarks");
    if (rows == nullptr || !rows->is_array()) throw Error("has no list 'benchmarks'", input.path);
    std::vector<std::string> order;
    std::map<std::string, Benchmark> benchmarks;
    LineFinder lines(input.text.substr(std::min(input.text.size(), input.text.find("\"benchmarks\""))));
    const std::int64_t lines_before = line_of(input.text, "\"benchmarks\"") - 1;
    for (const json& row : *rows) {
      std::string name = text_member(row, "name");
      const std::int64_t line = lines.next("\"name\"");
      const std::string aggregate = aggregate_of(row, name);
      std::string run_name = text_member(row, "run_name");
      if (run_name.empty()) run_name = name.substr(0, name.size() - (aggregate.empty() ? 0 : aggregate.size() + 1));
      const auto [found, is_new] = benchmarks.try_emplace(run_name);
      if (is_new) order.push_back(run_name);
      if (is_new) found->second.line = line > 0 ? line + lines_before : 0;
      if (aggregate.empty()) {
        found->second.repetitions.push_back(&row);
      } else {
        found->second.aggregates[aggregate] = &row;
      }
    }
    for (const std::string& name : order) add_rows(input, name, benchmarks.at(name), result);
  }

  static std::int64_t line_of(std::string_view text, std::string_view part) { return LineFinder(text).next(part); }

  static Record row_of_benchmark(const ImportInput& input, const std::string& name, const json& row,
                                 std::int64_t line) {
    Case item = tool_case(input, "microbenchmark", kGoogleBenchmarkTool, "");
    set_text(item, "name", name.empty() ? "unnamed" : name);
    if (const auto threads = integer_member(row, "threads"); threads.value_or(0) > 0) item.set("threads", *threads);
    set_text(item, "label", text_member(row, "label"));
    Record record = row_of(std::move(item), nullptr, kGoogleBenchmarkTimer);
    record.source->line = line;
    return record;
  }

  static bool is_true(const json& row, const char* name) {
    const json* value = find_member(row, name);
    return value != nullptr && value->is_boolean() && value->get<bool>();
  }

  static void add_rows(const ImportInput& input, const std::string& name, const Benchmark& benchmark,
                       ImportResult& result) {
    std::vector<const json*> timed;
    for (const json* row : benchmark.repetitions) {
      const bool is_error = is_true(*row, "error_occurred");
      const bool is_skipped = is_true(*row, "skipped");
      if (!is_error && !is_skipped) {
        timed.push_back(row);
        continue;
      }
      Record record = row_of_benchmark(input, name, *row, benchmark.line);
      record.status = is_error ? Status::failed : Status::skipped;
      const std::string message = text_member(*row, is_error ? "error_message" : "skip_message");
      record.reason = one_line(message.empty() ? "the benchmark gave no reason" : message.substr(0, 400));
      result.records.push_back(std::move(record));
    }
    if (!timed.empty()) {
      result.records.push_back(row_of_repetitions(input, name, timed, benchmark.line));
    } else if (benchmark.repetitions.empty()) {
      add_aggregates(input, name, benchmark, result);
    }
  }

  static std::string real_clock(const std::string& name) {
    return contains(name, "/manual_time") ? "google_benchmark_manual_time" : "google_benchmark_real_time";
  }

  static Record row_of_repetitions(const ImportInput& input, const std::string& name,
                                   const std::vector<const json*>& rows, std::int64_t line) {
    Record record = row_of_benchmark(input, name, *rows.front(), line);
    const std::optional<int> power = power_of(*rows.front());
    std::vector<std::int64_t> iterations;
    for (const json* row : rows) {
      iterations.push_back(integer_member(*row, "iterations").value_or(0));
      if (!power || power_of(*row) != power || iterations.back() < 1) {
        record.status = Status::failed;
        record.reason = power ? "a repetition has no iterations" : "the unit of time is missing or not known";
        return record;
      }
    }
    for (const char* member : {"real_time", "cpu_time"}) {
      const std::string clock = std::string(member) == "cpu_time" ? "google_benchmark_cpu_time" : real_clock(name);
      std::vector<double> times_ns;
      for (const json* row : rows) times_ns.push_back(decimal_member(*row, member).scaled(*power));
      const bool is_finite =
          std::all_of(times_ns.begin(), times_ns.end(), [](double t) { return std::isfinite(t) && t >= 0; });
      if (!is_finite && record.clock.empty()) {
        record.status = Status::failed;
        record.reason = "a time is missing, infinite or not a number";
        return record;
      }
      if (!is_finite) continue;
      add_latency(record, clock,
                  rows.size() == 1 ? printed_mean(times_ns.front(), iterations.front())
                                   : latency_of_samples(times_ns, iterations));
    }
    if (rows.size() == 1) add_counters(*rows.front(), record);
    return record;
  }

  // The user's counters are whatever numbers stand beside the standard names.
  static void add_counters(const json& row, Record& record) {
    for (const auto& [name, value] : row.items()) {
      const bool is_standard = std::find(kStandardNames.begin(), kStandardNames.end(), name) != kStandardNames.end();
      if (!is_standard && value.is_number()) add_metric(record, "counter." + name, decimal_of(value).value(), "");
    }
  }

  // --benchmark_report_aggregates_only: the repetitions themselves are not there.
  static void add_aggregates(const ImportInput& input, const std::string& name, const Benchmark& benchmark,
                             ImportResult& result) {
    const auto row_named = [&benchmark](const char* aggregate) {
      const auto found = benchmark.aggregates.find(aggregate);
      return found == benchmark.aggregates.end() ? nullptr : found->second;
    };
    const json* mean = row_named("mean");
    const json* median = row_named("median");
    const json* any = median != nullptr ? median : mean;
    if (any == nullptr) {
      result.remarks.push_back(name.substr(0, 200) + ": aggregates without a mean or a median are left out");
      return;
    }
    Record record = row_of_benchmark(input, name, *any, benchmark.line);
    const std::optional<int> power = power_of(*any);
    const std::int64_t repetitions = std::max<std::int64_t>(0, integer_member(*any, "repetitions").value_or(0));
    const auto time_ns = [&power](const json* row) {
      return row == nullptr || !power || power_of(*row) != power || text_member(*row, "aggregate_unit") == "percentage"
                 ? std::nan("")
                 : decimal_member(*row, "real_time").scaled(*power);
    };
    const double mean_ns = time_ns(mean);
    const double median_ns = time_ns(median);
    add_latency(record, real_clock(name),
                std::isfinite(median_ns) ? printed_median(median_ns, mean_ns, repetitions)
                                         : printed_mean(mean_ns, repetitions));
    add_metric(record, "stddev_ns", time_ns(row_named("stddev")), "ns");
    const json* variation = row_named("cv");
    if (variation != nullptr && text_member(*variation, "aggregate_unit") == "percentage") {
      add_metric(record, "coefficient_of_variation", decimal_member(*variation, "real_time").value(), "1");
    }
    result.records.push_back(std::move(record));
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(google_benchmark, GoogleBenchmark)

}  // namespace hetscope

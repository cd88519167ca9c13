// LiteRT's own tools: the printed block of benchmark_litert_model (C++: ms, no median, a deviation without a unit;
// Python: also median, percentiles and units) and the Python tool's --result_json (ms rounded to 0.01).
#include <cmath>
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

constexpr std::string_view kLitertBenchmarkTool = "litert_benchmark";
constexpr std::string_view kLitertBenchmarkTimer = "host time around CompiledModel::Run";

// What the printed lines say, one after another.
struct Printed {
  Decimal init;
  Decimal warm_up_first;
  Decimal warm_up_mean;
  Decimal mean;
  Decimal min;
  Decimal max;
  Decimal median;
  Decimal p05;
  Decimal p95;
  Decimal deviation;
  bool has_deviation_unit = false;
  std::optional<bool> fully_accelerated;
  Decimal peak_memory;
  std::int64_t runs = 0;
  std::optional<LogLine> line;  // of the mean

  void read(const LogLine& original) {
    std::string_view answer;
    if (LineScanner(original).literal("Fully accelerated:").word(answer).end().matched()) {
      fully_accelerated = answer == "True";
    }
    struct Entry {
      std::string_view key;
      Decimal* figure;
    };
    const Entry entries[] = {
        {"Model initialization", &init}, {"Warmup (first)", &warm_up_first}, {"Warmup (avg)", &warm_up_mean},
        {"Inference (avg)", &mean},      {"Inference (min)", &min},          {"Inference (max)", &max},
        {"Inference (std)", &deviation}, {"Inference (median)", &median},    {"Inference (p5)", &p05},
        {"Inference (p95)", &p95},       {"Peak memory", &peak_memory}};
    for (const Entry& entry : entries) {
      const std::size_t at = original.text.find(entry.key);
      if (at == std::string_view::npos) continue;
      LogLine rest = original;
      rest.text.remove_prefix(at + entry.key.size());
      Decimal value;
      std::int64_t count = 0;
      LineScanner scan(rest);
      scan.literal(":").number(value);
      const bool is_in_ms = scan.optional("ms");
      if (!is_in_ms) scan.optional("MB");
      if (scan.optional("(")) scan.integer(count).literal("runs)");
      if (!scan.end().matched()) continue;
      *entry.figure = value;
      has_deviation_unit = has_deviation_unit || (entry.figure == &deviation && is_in_ms);
      if (entry.figure == &mean) {
        runs = count > 0 ? count : 0;
        line = original;
      }
      return;
    }
  }
};

class LitertBenchmark final : public Importer {
 public:
  std::string_view name() const override { return "litert_benchmark"; }
  std::string_view description() const override { return "LiteRT benchmark_litert_model, printed or --result_json"; }
  int detects(std::string_view text) const override {
    if (contains(text, "\"latency\"") && contains(text, "\"warmup_avg_ms\"")) return 90;
    return contains(text, "benchmark_litert_model") || contains(text, "Warmup (first):") ? 90 : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    const std::string_view text = trimmed(input.text.substr(0, 4096));
    return text.starts_with('{') || text.starts_with("\xef\xbb\xbf{") ? parse_document(input) : parse_log(input);
  }

 private:
  ImportResult parse_log(const ImportInput& input) const {
    ImportResult result;
    result.tool = kLitertBenchmarkTool;
    const std::vector<LogLine> lines = split_lines(input);
    Printed printed;
    for (const LogLine& line : lines) printed.read(line);
    if (printed.line) {
      Record record = row_of(model_case(input, kLitertBenchmarkTool, "", ""), &*printed.line, kLitertBenchmarkTimer);
      LatencyRecord latency = std::isfinite(printed.median.value())
                                  ? printed_median(printed.median.from_ms(), printed.mean.from_ms(), printed.runs)
                                  : printed_mean(printed.mean.from_ms(), printed.runs);
      latency.p05_ns = printed.p05.from_ms();
      latency.p95_ns = printed.p95.from_ms();
      add_latency(record, kLitertBenchmarkTool, latency);
      add_metric(record, "min_ns", printed.min.from_ms(), "ns");
      add_metric(record, "max_ns", printed.max.from_ms(), "ns");
      add_metric(record, "first_inference_ns", printed.warm_up_first.from_ms(), "ns");
      add_metric(record, "warm_up_mean_ns", printed.warm_up_mean.from_ms(), "ns");
      if (printed.has_deviation_unit) {
        add_metric(record, "stddev_ns", printed.deviation.from_ms(), "ns");
      } else {
        // The C++ tool prints no unit behind it; the number alone is kept.
        add_metric(record, "stddev_as_printed", printed.deviation.value(), "");
      }
      add_metric(record, "peak_memory_mb", printed.peak_memory.value(), "MB");
      record.prepare_ns = printed.init.from_ms();
      if (printed.fully_accelerated) {
        record.placement.push_back(
            {std::string(kUnknownProcessor), std::string(kUnknownProcessor),
             std::string("Fully accelerated: ") + (*printed.fully_accelerated ? "True" : "False")});
      }
      result.records.push_back(std::move(record));
    }
    close_log(input, lines, *this, result);
    return result;
  }

  static ImportResult parse_document(const ImportInput& input) {
    ImportResult result;
    result.tool = kLitertBenchmarkTool;
    const ToolJson tool = repaired_json(input, result);
    if (tool.is_cut) throw Error("the JSON ends early", input.path, "copy the file again, or run the tool again");
    const json document = parse_json(tool.text, input.path);
    const json* latency = find_member(document, "latency");
    if (latency == nullptr) return result;
    std::string processor;
    if (const json* accelerators = find_member(document, "accelerators")) {
      processor = accelerators->is_string() ? accelerators->get<std::string>() : accelerators->dump();
    }
    Case item = model_case(input, kLitertBenchmarkTool, text_member(document, "model"), processor);
    if (const auto threads = integer_member(document, "num_threads"); threads.value_or(0) > 0) {
      item.set("threads", *threads);
    }
    set_text(item, "signature", text_member(document, "signature"));
    const auto ns = [latency](const char* name) { return decimal_member(*latency, name).from_ms(); };
    Record record = row_of(std::move(item), nullptr, kLitertBenchmarkTimer);
    const std::int64_t runs = std::max<std::int64_t>(0, integer_member(*latency, "num_runs").value_or(0));
    LatencyRecord figures = std::isfinite(ns("median_ms")) ? printed_median(ns("median_ms"), ns("avg_ms"), runs)
                                                           : printed_mean(ns("avg_ms"), runs);
    figures.p05_ns = ns("p5_ms");
    figures.p95_ns = ns("p95_ms");
    add_latency(record, kLitertBenchmarkTool, figures);
    add_metric(record, "min_ns", ns("min_ms"), "ns");
    add_metric(record, "max_ns", ns("max_ms"), "ns");
    add_metric(record, "stddev_ns", ns("std_ms"), "ns");
    add_metric(record, "first_inference_ns", ns("warmup_first_ms"), "ns");
    add_metric(record, "warm_up_mean_ns", ns("warmup_avg_ms"), "ns");
    record.prepare_ns = ns("init_ms");
    if (const json* full = find_member(document, "fully_accelerated"); full != nullptr && full->is_boolean()) {
      record.placement.push_back({processor, full->get<bool>() ? processor : processor + " and cpu",
                                  std::string("fully_accelerated: ") + (full->get<bool>() ? "true" : "false")});
    }
    result.records.push_back(std::move(record));
    return result;
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(litert_benchmark, LitertBenchmark)

}  // namespace hetscope

// ONNX Runtime's onnxruntime_perf_test, standard output: mean, minimum, maximum and percentiles, in s and ms mixed. Old
// versions say "Average inference time cost" and "P50 Latency is 0.09sec", the oldest "Average time cost". One warm-up
// run comes before what is printed. With -c runs overlap, and a latency includes the waiting for one another.
#include <array>
#include <cmath>
#include <optional>

#include "reports/importers/imported_row.hpp"
#include "reports/importers/registration.hpp"
#include "reports/importers/tools.hpp"

namespace hetscope {
namespace {

// One block of key and value lines.
struct PerfTestBlock {
  Decimal session_creation;
  Decimal first_inference;
  Decimal mean;
  Decimal min;
  Decimal max;
  Decimal p50;
  Decimal p90;
  Decimal p95;
  Decimal p99;
  Decimal p999;
  Decimal per_second;
  Decimal peak_memory;
  std::int64_t requests = 0;
  std::optional<LogLine> line;  // of the mean
  bool is_empty = true;

  // False when the line is none of this tool's.
  bool read(const LogLine& original);
};

struct LogKey {
  std::string_view text;
  Decimal PerfTestBlock::*figure;
  std::string_view unit;
};

constexpr std::array<LogKey, 7> kKeys = {{{"Session creation time cost:", &PerfTestBlock::session_creation, "s"},
                                          {"First inference time cost:", &PerfTestBlock::first_inference, "ms"},
                                          {"Average inference time cost total:", &PerfTestBlock::mean, "ms"},
                                          {"Average inference time cost:", &PerfTestBlock::mean, "ms"},
                                          {"Average time cost:", &PerfTestBlock::mean, "ms"},
                                          {"Number of inferences per second:", &PerfTestBlock::per_second, ""},
                                          {"Peak working set size:", &PerfTestBlock::peak_memory, "bytes"}}};
constexpr std::array<LogKey, 7> kPercentiles = {{{"Min", &PerfTestBlock::min, ""},
                                                 {"Max", &PerfTestBlock::max, ""},
                                                 {"P50", &PerfTestBlock::p50, ""},
                                                 {"P90", &PerfTestBlock::p90, ""},
                                                 {"P95", &PerfTestBlock::p95, ""},
                                                 {"P999", &PerfTestBlock::p999, ""},
                                                 {"P99", &PerfTestBlock::p99, ""}}};

bool PerfTestBlock::read(const LogLine& original) {
  for (const LogKey& key : kKeys) {
    LineScanner scan(original);
    Decimal value;
    if (!scan.literal(key.text).number(value).literal(key.unit).end().matched()) continue;
    this->*key.figure = value;
    if (key.figure == &PerfTestBlock::mean) line = original;
    is_empty = false;
    return true;
  }
  for (const std::string_view text : {"Total inference requests:", "Total iterations:"}) {
    std::int64_t count = 0;
    if (!LineScanner(original).literal(text).integer(count).end().matched()) continue;
    requests = count > 0 ? count : 0;
    return true;
  }
  for (const LogKey& key : kPercentiles) {
    LineScanner scan(original);
    Decimal value;
    scan.literal(key.text).literal("Latency");
    if (!scan.optional(":")) scan.literal("is");
    scan.number(value);
    if (!scan.optional("sec")) scan.literal("s");
    if (!scan.end().matched()) continue;
    this->*key.figure = value;
    if (!line) line = original;
    is_empty = false;
    return true;
  }
  return false;
}

Record row_of_block(const ImportInput& input, const PerfTestBlock& block) {
  Record record = row_of(model_case(input, kOnnxruntimePerfTestTool, "", ""), block.line ? &*block.line : nullptr,
                         kOnnxruntimePerfTestTimer);
  const double mean_ns = block.mean.from_ms();
  LatencyRecord latency = std::isfinite(block.p50.value()) ? printed_median(block.p50.from_s(), mean_ns, block.requests)
                                                           : printed_mean(mean_ns, block.requests);
  latency.p95_ns = block.p95.from_s();
  add_latency(record, kOnnxruntimePerfTestTool, latency);
  add_metric(record, "min_ns", block.min.from_s(), "ns");
  add_metric(record, "max_ns", block.max.from_s(), "ns");
  add_metric(record, "p90_ns", block.p90.from_s(), "ns");
  add_metric(record, "p99_ns", block.p99.from_s(), "ns");
  add_metric(record, "p999_ns", block.p999.from_s(), "ns");
  add_metric(record, "first_inference_ns", block.first_inference.from_ms(), "ns");
  add_metric(record, "inferences_per_s", block.per_second.value(), "1/s");
  add_metric(record, "peak_memory_bytes", block.peak_memory.value(), "B");
  record.prepare_ns = block.session_creation.from_s();
  return record;
}

class OnnxruntimePerfTest final : public Importer {
 public:
  std::string_view name() const override { return "onnxruntime_perf_test"; }
  std::string_view description() const override { return "onnxruntime_perf_test, standard output"; }
  int detects(std::string_view text) const override {
    for (const std::string_view key :
         {"Session creation time cost:", "Total inference time cost:", "Average inference time cost",
          "Total inference requests:", "Total time cost:"}) {
      if (has_line(text, key)) return 90;
    }
    return 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kOnnxruntimePerfTestTool;
    const std::vector<LogLine> lines = split_lines(input);
    PerfTestBlock block;
    const auto finish = [&] {
      if (!block.is_empty && block.line) result.records.push_back(row_of_block(input, block));
      block = PerfTestBlock{};
    };
    for (const LogLine& line : lines) {
      // The next run of a log that was appended to begins with its set-up.
      if (line.text.starts_with("Session creation time cost:") && block.line) finish();
      block.read(line);
    }
    finish();
    close_log(input, lines, *this, result);
    return result;
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(onnxruntime_perf_test, OnnxruntimePerfTest)

}  // namespace hetscope

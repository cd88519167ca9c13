// OpenVINO's benchmark_app, standard output. In the throughput mode, which is the default of some versions, a latency
// includes the waiting in the queue. Under MULTI no latency is printed; the row then has the throughput alone.
#include <cmath>
#include <optional>

#include "reports/importers/imported_row.hpp"
#include "reports/importers/openvino_latency.hpp"
#include "reports/importers/registration.hpp"
#include "reports/importers/tools.hpp"

namespace hetscope {
namespace {

struct OpenvinoFigures {
  OpenvinoLatency latency;
  std::string shape;
  std::optional<LogLine> line;

  // "	Median:     4.61 ms", "	90 percentile:    4.80 ms", "	Average:    4.70 ms", "	Min:  ...". The Python tool
  // prints us where the average is below a millisecond.
  bool read(const LogLine& body) {
    struct Key {
      std::string_view text;
      Decimal* figure;
      std::int64_t percentile;
    };
    const Key keys[] = {{"Median:", &latency.at_percentile, 50},
                        {"Average:", &latency.mean, 0},
                        {"AVG:", &latency.mean, 0},
                        {"Min:", &latency.min, 0},
                        {"MIN:", &latency.min, 0},
                        {"Max:", &latency.max, 0},
                        {"MAX:", &latency.max, 0}};
    for (const Key& key : keys) {
      Decimal value;
      LineScanner scan(body);
      scan.literal(key.text).number(value);
      const std::string_view unit = scan.optional("us") ? "us" : "ms";
      if (unit == "ms") scan.literal("ms");
      if (!scan.end().matched()) continue;
      *key.figure = openvino_ms(value, unit);
      if (key.percentile > 0) latency.percentile = key.percentile;
      line = body;
      return true;
    }
    Decimal value;
    std::int64_t percentile = 0;
    LineScanner scan(body);
    scan.integer(percentile).literal("percentile:").number(value);
    const std::string_view unit = scan.optional("us") ? "us" : "ms";
    if (unit == "ms") scan.literal("ms");
    if (!scan.end().matched() || percentile < 1 || percentile > 100) return false;
    latency.at_percentile = openvino_ms(value, unit);
    latency.percentile = percentile;
    line = body;
    return true;
  }
};

// "1. x: [1,3,32,32]", as the Python tool names a group.
bool begins_group(std::string_view text) {
  text = trimmed(text);
  const std::size_t digits = text.find_first_not_of("0123456789");
  return digits != 0 && digits != std::string_view::npos && text[digits] == '.' && contains(text, ": [");
}

struct PrintedReport {
  OpenvinoFigures all;
  std::vector<OpenvinoFigures> groups;
  bool is_in_groups = false;
  std::string devices;
  Decimal first_inference;
  Decimal compile;
  Decimal throughput;
  std::int64_t count = 0;
  std::optional<LogLine> throughput_line;
  std::string version;
  bool has_latency_heading = false;

  void read(const LogLine& body) {
    std::string_view text;
    if (contains(body.text, "for each data shape group")) is_in_groups = true;
    has_latency_heading = has_latency_heading || trimmed(body.text) == "Latency:";
    if (version.empty() && LineScanner(body).literal("Build ..").up_to(". ", text).word(text).matched()) version = text;
    LineScanner shape(body);
    const bool is_numbered = is_in_groups && begins_group(body.text);
    if (shape.literal("Data shape:").matched() || is_numbered) {
      is_in_groups = true;
      groups.emplace_back();
      groups.back().shape = trimmed(is_numbered ? body.text.substr(body.text.find('.') + 1) : shape.rest());
    } else if (LineScanner(body).literal("Execution Devices:").up_to("[", text).up_to("]", text).matched() ||
               LineScanner(body).literal("EXECUTION_DEVICES:").up_to("[", text).up_to("]", text).matched()) {
      devices = trimmed(text);
      if (devices.size() > 1 && devices.front() == '\'') devices = devices.substr(1, devices.rfind('\'') - 1);
    } else if (LineScanner(body).literal("Throughput:").number(throughput).literal("FPS").end().matched()) {
      throughput_line = body;
    } else if (!LineScanner(body).literal("Count:").integer(count).literal("iterations").end().matched() &&
               !LineScanner(body)
                    .literal("First inference took")
                    .number(first_inference)
                    .literal("ms")
                    .end()
                    .matched() &&
               !LineScanner(body).literal("Compile model took").number(compile).literal("ms").end().matched()) {
      if (is_in_groups && !groups.empty()) {
        groups.back().read(body);
      } else if (!is_in_groups) {
        all.read(body);
      }
    }
  }
};

class OpenvinoBenchmarkApp final : public Importer {
 public:
  std::string_view name() const override { return "openvino_benchmark_app"; }
  std::string_view description() const override { return "OpenVINO benchmark_app, standard output"; }
  int detects(std::string_view text) const override {
    if (has_line(text, "[ INFO ] Throughput:") || has_line(text, "[ INFO ] First inference took")) return 90;
    return has_line(text, "[Step 1/11]") || has_line(text, "[ INFO ] Latency:") || has_line(text, "[Step 2/11]") ? 80
                                                                                                                 : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kOpenvinoTool;
    const std::vector<LogLine> lines = split_lines(input);
    PrintedReport report;
    for (const LogLine& line : lines) {
      constexpr std::string_view kPrefix = "[ INFO ]";
      if (!line.text.starts_with(kPrefix)) continue;
      LogLine body = line;
      body.text.remove_prefix(kPrefix.size());
      report.read(body);
    }
    result.tool_version = report.version;
    if (report.all.line || report.throughput_line) result.records.push_back(row_of_report(input, report));
    if (report.has_latency_heading && !report.all.line && !result.records.empty()) {
      result.records.back().status = Status::failed;
      result.records.back().reason = "the lines below 'Latency:' have a form that is not known";
    }
    for (const OpenvinoFigures& group : report.groups) {
      if (!group.line) continue;
      Case item = model_case(input, kOpenvinoTool, "", openvino_processor(report.devices));
      set_text(item, "data_shape", group.shape);
      Record record = row_of(std::move(item), &*group.line, kOpenvinoTimer);
      add_openvino_latency(record, group.latency, 0);
      result.records.push_back(std::move(record));
    }
    close_log(input, lines, *this, result);
    return result;
  }

 private:
  static Record row_of_report(const ImportInput& input, const PrintedReport& report) {
    const LogLine& line = report.all.line ? *report.all.line : *report.throughput_line;
    Record record =
        row_of(model_case(input, kOpenvinoTool, "", openvino_processor(report.devices)), &line, kOpenvinoTimer);
    if (report.all.line) add_openvino_latency(record, report.all.latency, report.count);
    add_metric(record, "throughput_per_s", report.throughput.value(), "1/s");
    add_metric(record, "first_inference_ns", report.first_inference.from_ms(), "ns");
    record.prepare_ns = report.compile.from_ms();
    if (!report.devices.empty()) {
      record.placement.push_back({std::string(kUnknownProcessor), report.devices, "Execution Devices"});
    }
    return record;
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(openvino_benchmark_app, OpenvinoBenchmarkApp)

}  // namespace hetscope

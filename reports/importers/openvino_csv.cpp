// The reports of OpenVINO's benchmark_app as CSV: benchmark_report.csv (name;value; in sections) and the counters'
// reports (a row per node). Separated by semicolons; a decimal comma is a text that is no number.
#include <cmath>
#include <optional>

#include "harness/core/error.hpp"
#include "harness/core/split_text.hpp"
#include "reports/importers/imported_row.hpp"
#include "reports/importers/openvino_latency.hpp"
#include "reports/importers/registration.hpp"
#include "reports/importers/tools.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kCounterHeader = "layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms)";

Decimal number_of(std::string_view cell, const LogLine& line) {
  const std::optional<Decimal> value = Decimal::parse(trimmed(cell));
  if (!value) {
    throw Error("'" + std::string(trimmed(cell).substr(0, 40)) + "' is no number",
                "line " + std::to_string(line.number), "run the tool again with LC_ALL=C");
  }
  return *value;
}

struct TableReport {
  OpenvinoLatency latency;
  Decimal throughput;
  Decimal first_inference;
  Decimal compile;
  std::int64_t iterations = 0;
  std::string topology;
  std::string file;
  std::string device;
  std::optional<LogLine> line;
  // Of the Python tool: below a line "group" the same names belong to that group.
  struct Group {
    std::string shape;
    OpenvinoLatency latency;
    LogLine line;
  };
  std::vector<Group> groups;

  void read(const LogLine& original, std::string_view key, std::string_view value) {
    if (key == "topology") topology = value;
    if (key == "-m" || key == "m") file = value;
    if (key == "target device") device = value;
    if (key == "group") groups.push_back({std::string(value), {}, original});
    if (key == "total number of iterations") iterations = number_of(value, original).integer().value_or(0);
    if (key == "throughput") throughput = number_of(value, original);
    if (key == "throughput") line = line ? line : original;
    if (key == "first inference time (ms)") first_inference = number_of(value, original);
    if (key == "compile model time (ms)") compile = number_of(value, original);
    OpenvinoLatency& here = groups.empty() ? latency : groups.back().latency;
    if (key == "Average latency (ms)" || key == "avg latency") {
      here.mean = number_of(value, original);
    } else if (key == "Min latency (ms)" || key == "min latency") {
      here.min = number_of(value, original);
    } else if (key == "Max latency (ms)" || key == "max latency") {
      here.max = number_of(value, original);
    } else if (const std::int64_t percentile = openvino_percentile(key); percentile > 0) {
      latency.at_percentile = number_of(value, original);
      latency.percentile = percentile;
    } else {
      return;
    }
    if (groups.empty()) line = original;
  }
};

class OpenvinoCsv final : public Importer {
 public:
  std::string_view name() const override { return "openvino_csv"; }
  std::string_view description() const override { return "OpenVINO benchmark_app, CSV reports"; }
  int detects(std::string_view text) const override {
    if (has_line(text, kCounterHeader)) return 90;
    return has_line(text, "Execution results") && contains(text, ";") ? 85 : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kOpenvinoTool;
    if (detects(input.text) == 0) return result;
    const std::vector<LogLine> lines = split_lines(input.text);
    if (has_line(input.text, kCounterHeader)) {
      add_counters(input, lines, result);
    } else {
      add_report(input, lines, result);
    }
    close_log(input, lines, *this, result);
    return result;
  }

 private:
  static Case case_of(const ImportInput& input, const TableReport& report) {
    return model_case(input, kOpenvinoTool, openvino_model(report.topology, report.file),
                      openvino_processor(report.device));
  }

  static void add_report(const ImportInput& input, const std::vector<LogLine>& lines, ImportResult& result) {
    TableReport report;
    std::vector<Record> groups;
    bool is_in_groups = false;
    for (const LogLine& line : lines) {
      const std::vector<std::string_view> cells = split_text(line.text, ';');
      if (line.text.starts_with("Group Latencies")) is_in_groups = true;
      if (line.is_unfinished) continue;
      if (!is_in_groups) {
        if (cells.size() >= 2) report.read(line, trimmed(cells[0]), trimmed(cells[1]));
      } else if (cells.size() >= 5 && trimmed(cells[0]) != "Data shape") {
        groups.push_back(row_of_group(input, line, report, cells));
      }
    }
    if (!report.line) return;
    Record record = row_of(case_of(input, report), &*report.line, kOpenvinoTimer);
    if (std::isfinite(report.latency.mean.value()) || report.latency.percentile == 50) {
      add_openvino_latency(record, report.latency, report.iterations);
    } else if (report.latency.percentile > 0) {
      const std::string name = "p" + std::to_string(report.latency.percentile) + "_ns";
      add_metric(record, name, report.latency.at_percentile.from_ms(), "ns");
    }
    add_metric(record, "throughput_per_s", report.throughput.value(), "1/s");
    add_metric(record, "first_inference_ns", report.first_inference.from_ms(), "ns");
    record.prepare_ns = report.compile.from_ms();
    result.records.push_back(std::move(record));
    for (const TableReport::Group& group : report.groups) {
      Case item = case_of(input, report);
      set_text(item, "data_shape", group.shape);
      Record row = row_of(std::move(item), &group.line, kOpenvinoTimer);
      add_openvino_latency(row, group.latency, 0);
      result.records.push_back(std::move(row));
    }
    for (Record& group : groups) result.records.push_back(std::move(group));
  }

  static Record row_of_group(const ImportInput& input, const LogLine& line, const TableReport& report,
                             const std::vector<std::string_view>& cells) {
    Case item = case_of(input, report);
    set_text(item, "data_shape", trimmed(cells[0]));
    Record record = row_of(std::move(item), &line, kOpenvinoTimer);
    add_openvino_latency(record,
                         {number_of(cells[1], line), report.latency.percentile, number_of(cells[2], line),
                          number_of(cells[3], line), number_of(cells[4], line)},
                         0);
    return record;
  }

  static void add_counters(const ImportInput& input, const std::vector<LogLine>& lines, ImportResult& result) {
    bool is_table = false;
    for (const LogLine& line : lines) {
      if (line.text.starts_with(kCounterHeader)) {
        is_table = true;
        continue;
      }
      const std::vector<std::string_view> cells = split_text(line.text, ';');
      if (!is_table || line.is_unfinished || cells.size() < 6 || cells[0] == "Total") continue;
      Case item = model_case(input, kOpenvinoTool, "", "");
      set_text(item, "node", trimmed(cells[0]));
      set_text(item, "node_type", trimmed(cells[2]));
      set_text(item, "exec_type", trimmed(cells[3]));
      Record record = row_of(std::move(item), &line, kOpenvinoNodeTimer);
      const double time_ns = number_of(cells[4], line).from_ms();
      const std::string status = openvino_status(trimmed(cells[1]));
      if (status == "EXECUTED") {
        add_latency(record, "openvino_node", printed_mean(time_ns, 0));
      } else {
        record.status = Status::skipped;
        record.reason = "the report says: " + status;
      }
      result.records.push_back(std::move(record));
    }
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(openvino_csv, OpenvinoCsv)

}  // namespace hetscope

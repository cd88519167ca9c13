// The result file of onnxruntime_perf_test: a line per run without a header, model,seconds,peak bytes,CPU %,index,
// which each call appends to; with -s a blank line and percentiles follow. The model's name is that of its folder.
// Lines whose index begins again belong to another call. The times are samples, so the percentiles are not needed.
#include <algorithm>
#include <optional>

#include "harness/core/error.hpp"
#include "harness/core/split_text.hpp"
#include "reports/importers/imported_row.hpp"
#include "reports/importers/registration.hpp"
#include "reports/importers/tools.hpp"

namespace hetscope {
namespace {

struct ResultRun {
  std::string_view model;
  Decimal seconds;
  Decimal peak_bytes;
  std::int64_t index = 0;
};

// Exactly five cells; a decimal comma makes six.
std::optional<ResultRun> read_run(std::string_view text) {
  const std::vector<std::string_view> cells = split_text(text, ',');
  if (cells.size() != 5 || trimmed(cells[0]).empty()) return std::nullopt;
  const std::optional<Decimal> seconds = Decimal::parse(trimmed(cells[1]));
  const std::optional<Decimal> bytes = Decimal::parse(trimmed(cells[2]));
  const std::optional<Decimal> load = Decimal::parse(trimmed(cells[3]));
  const std::optional<Decimal> index = Decimal::parse(trimmed(cells[4]));
  if (!seconds || !bytes || !load || !index || !index->integer() || !bytes->integer()) return std::nullopt;
  return ResultRun{trimmed(cells[0]), *seconds, *bytes, *index->integer()};
}

struct Call {
  std::string_view model;
  std::int64_t first_line = 0;
  std::int64_t last_index = -1;
  std::vector<double> samples_ns;
  Decimal peak_bytes;
};

bool is_percentile_line(std::string_view text) { return contains(text, " Latency"); }

class OnnxruntimeResultFile final : public Importer {
 public:
  std::string_view name() const override { return "onnxruntime_result_file"; }
  std::string_view description() const override { return "onnxruntime_perf_test, result file"; }
  int detects(std::string_view text) const override {
    const std::string_view first = text.substr(0, std::min<std::size_t>(text.find('\n'), 4096));
    return text.find('\n') != std::string_view::npos && read_run(trimmed(first)) ? 60 : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kOnnxruntimePerfTestTool;
    const std::vector<LogLine> lines = split_lines(input.text);
    if (detects(input.text) == 0) return result;
    std::vector<Call> calls;
    for (const LogLine& line : lines) {
      if (line.is_unfinished && !trimmed(line.text).empty()) {
        result.remarks.push_back("line " + std::to_string(line.number) + " has no line end and is left out");
        continue;
      }
      if (trimmed(line.text).empty() || is_percentile_line(line.text)) continue;
      const std::optional<ResultRun> run = read_run(line.text);
      if (!run) {
        throw Error("is no row of model, seconds, bytes, load and index", "line " + std::to_string(line.number),
                    "a decimal comma would do that; run the tool again with LC_ALL=C");
      }
      if (calls.empty() || run->model != calls.back().model || run->index <= calls.back().last_index) {
        calls.push_back({run->model, line.number, -1, {}, {}});
      }
      calls.back().last_index = run->index;
      calls.back().samples_ns.push_back(run->seconds.from_s());
      calls.back().peak_bytes = run->peak_bytes;
    }
    for (const Call& call : calls) {
      Record record =
          row_of(model_case(input, kOnnxruntimePerfTestTool, call.model, ""), nullptr, kOnnxruntimePerfTestTimer);
      record.source->line = call.first_line;
      add_latency(record, kOnnxruntimePerfTestTool, latency_of_samples(call.samples_ns));
      add_metric(record, "peak_memory_bytes", call.peak_bytes.value(), "B");
      result.records.push_back(std::move(record));
    }
    return result;
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(onnxruntime_result_file, OnnxruntimeResultFile)

}  // namespace hetscope

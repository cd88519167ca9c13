// TensorRT's trtexec, standard output: mean, median and percentiles in ms of several intervals, each a clock of its
// own. Old builds print one percentile (99 %) and an end-to-end line; TensorRT-RTX breaks the lines.
#include <cmath>
#include <optional>

#include "reports/importers/imported_row.hpp"
#include "reports/importers/registration.hpp"
#include "reports/importers/tools.hpp"

namespace hetscope {
namespace {

struct TrtexecInterval {
  std::string_view text;
  std::string_view clock;
};
constexpr TrtexecInterval kIntervals[] = {{"End-to-End Host Latency:", "trtexec_end_to_end"},
                                          {"GPU Compute Time:", "trtexec_gpu_compute"},
                                          {"Enqueue Time:", "trtexec_enqueue"},
                                          {"H2D Latency:", "trtexec_h2d"},
                                          {"D2H Latency:", "trtexec_d2h"},
                                          {"Latency:", "trtexec_latency"}};

struct TrtexecFigures {
  Decimal min;
  Decimal max;
  Decimal mean;
  Decimal median;
  std::vector<std::pair<std::string, Decimal>> percentiles;
};

// Behind the interval's name. A percentile that is cut off ends the list in a cut line, and fails it.
std::optional<TrtexecFigures> read_figures(LineScanner scan) {
  TrtexecFigures figures;
  scan.literal("min =").number(figures.min).literal("ms,").literal("max =").number(figures.max).literal("ms,");
  scan.literal("mean =").number(figures.mean).literal("ms,").literal("median =").number(figures.median).literal("ms");
  while (scan.optional(",")) {
    std::string_view percent;
    Decimal value;
    scan.literal("percentile(").up_to("%)", percent).literal("=").number(value).literal("ms");
    if (!scan.matched() || !Decimal::parse(percent)) return std::nullopt;
    figures.percentiles.emplace_back(percent, value);
  }
  if (!scan.end().matched()) return std::nullopt;
  return figures;
}

// Without "[09/02/2024-17:14:34] [I] ".
LogLine without_trtexec_prefix(LogLine line) {
  if (line.text.starts_with('[') && contains(line.text.substr(0, 64), "] [I] ")) {
    line.text.remove_prefix(line.text.find("] [I] ") + 6);
  }
  if (line.text.starts_with("[I] ")) line.text.remove_prefix(4);
  return line;
}

struct TrtexecRun {
  Record record = row_of(Case(), nullptr, kTrtexecTimer);
  std::optional<LogLine> line;  // of the latency, or of the first interval
  std::string model;
  Decimal throughput;
  std::int64_t queries = 0;
  bool has_latency = false;
  bool is_failed = false;
};

void add_figures(TrtexecRun& run, const TrtexecInterval& interval, const TrtexecFigures& figures) {
  LatencyRecord latency = printed_median(figures.median.from_ms(), figures.mean.from_ms(), 0);
  const bool is_principal = interval.clock == "trtexec_latency";
  const std::string prefix = is_principal ? "" : std::string(interval.clock.substr(kTrtexecTool.size() + 1)) + ".";
  for (const auto& [percent, value] : figures.percentiles) {
    if (percent == "95") latency.p95_ns = value.from_ms();
    if (percent != "95") add_metric(run.record, prefix + "p" + percent + "_ns", value.from_ms(), "ns");
  }
  add_metric(run.record, prefix + "min_ns", figures.min.from_ms(), "ns");
  add_metric(run.record, prefix + "max_ns", figures.max.from_ms(), "ns");
  add_latency(run.record, interval.clock, latency);
  if (is_principal) run.record.clock = interval.clock;
  run.has_latency = run.has_latency || is_principal;
}

class Trtexec final : public Importer {
 public:
  std::string_view name() const override { return "trtexec"; }
  std::string_view description() const override { return "TensorRT trtexec, standard output"; }
  int detects(std::string_view text) const override {
    if (contains(text, "Latency: min = ") || contains(text, "GPU Compute Time: min = ")) return 90;
    return contains(text, "&&&& RUNNING TensorRT") || contains(text, "&&&& FAILED TensorRT") ? 90 : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kTrtexecTool;
    const std::vector<LogLine> lines = split_lines(input);
    TrtexecRun run;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const LogLine line = without_trtexec_prefix(lines[i]);
      if (contains(line.text, "&&&& RUNNING TensorRT")) finish(input, run, result);
      if (!read_interval(lines, i, run)) read_fact(line, run, result);
    }
    finish(input, run, result);
    close_log(input, lines, *this, result);
    return result;
  }

 private:
  // The interval that begins in line `i`, with up to six more lines when they are broken.
  static bool read_interval(const std::vector<LogLine>& lines, std::size_t i, TrtexecRun& run) {
    constexpr std::size_t kMostLines = 7;
    const LogLine first = without_trtexec_prefix(lines[i]);
    for (const TrtexecInterval& interval : kIntervals) {
      if (!first.text.starts_with(interval.text)) continue;
      std::string joined(first.text.substr(interval.text.size()));
      for (std::size_t next = i + 1;; ++next) {
        LogLine whole = first;
        whole.text = joined;
        whole.is_unfinished = lines[next - 1].is_unfinished;
        // A list that ends with a comma goes on in the next line, whatever was read of it.
        const bool goes_on = trimmed(joined).ends_with(',');
        if (const auto figures = goes_on ? std::nullopt : read_figures(LineScanner(whole))) {
          add_figures(run, interval, *figures);
          if (!run.line || interval.clock == "trtexec_latency") run.line = first;
          return true;
        }
        if (next == lines.size() || next - i >= kMostLines) return true;
        joined += " " + std::string(trimmed(without_trtexec_prefix(lines[next]).text));
      }
    }
    return false;
  }

  static void read_fact(const LogLine& line, TrtexecRun& run, ImportResult& result) {
    LineScanner(line).literal("Throughput:").number(run.throughput).literal("qps").end();
    LineScanner(line).literal("Timing trace has").integer(run.queries).literal("queries over");
    run.is_failed = run.is_failed || line.text.starts_with("&&&& FAILED");
    if (line.text.starts_with("TensorRT version: ")) result.tool_version = trimmed(line.text.substr(18));
    if (line.text.starts_with("Model: ") && !contains(line.text, "Reference")) run.model = trimmed(line.text.substr(7));
  }

  static void finish(const ImportInput& input, TrtexecRun& run, ImportResult& result) {
    if (run.line) {
      Record& record = run.record;
      record.item = model_case(input, kTrtexecTool, run.model, "cuda");
      record.source->line = run.line->number;
      if (run.line->is_second) record.source->file_sha256 = kSecondStream;
      for (auto& [clock, latency] : record.latencies) latency.n = run.queries > 0 ? run.queries : 0;
      add_metric(record, "throughput_per_s", run.throughput.value(), "1/s");
      if (run.is_failed) {
        record.status = Status::failed;
        record.reason = "trtexec says FAILED, whatever it printed before";
      }
      result.records.push_back(std::move(record));
    }
    run = TrtexecRun{};
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(trtexec, Trtexec)

}  // namespace hetscope

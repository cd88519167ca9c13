// TFLite's and LiteRT's benchmark_model: statistics of the inferences, in us, on standard output or standard error by
// version, with or without "INFO: ". The first statistics line is of the warm-up and the second of the inferences; a
// log that ends after the first has no result.
#include <algorithm>
#include <optional>

#include "reports/importers/imported_row.hpp"
#include "reports/importers/registration.hpp"
#include "reports/importers/tflite_stat.hpp"
#include "reports/importers/tools.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kSummaryOfRuns = "Summary of All Runs w/ Different Performance Options";

// Without "INFO: ", without logcat's "09-02 17:14:34.1  123  456 I tflite  : ".
LogLine without_tflite_prefix(LogLine line) {
  for (const std::string_view mark : {"I tflite  : ", "I tflite: ", "I/tflite  (", "I/tflite ("}) {
    const std::size_t at = line.text.find(mark);
    if (at == std::string_view::npos) continue;
    line.text.remove_prefix(at + mark.size());
    if (mark.ends_with('(')) line.text.remove_prefix(std::min(line.text.size(), line.text.find(": ") + 2));
    break;
  }
  if (line.text.starts_with("INFO: ")) line.text.remove_prefix(6);
  return line;
}

// "Graph: [/data/local/tmp/m.tflite]": what stands in the brackets, nothing when the line is not `key`'s.
std::optional<std::string> bracketed(const LogLine& line, std::string_view key) {
  if (!line.text.starts_with(key) || !line.text.ends_with(']')) return std::nullopt;
  const std::size_t open = line.text.find('[');
  if (open == std::string_view::npos) return std::nullopt;
  return std::string(line.text.substr(open + 1, line.text.size() - open - 2));
}

// The figures of the last line of a run.
struct PrintedSummary {
  Decimal init;
  Decimal first;
  Decimal warm_up;
  Decimal inference;
};

std::optional<PrintedSummary> read_summary(const LogLine& line) {
  PrintedSummary summary;
  LineScanner scan(line);
  if (scan.optional("Inference timings in us:")) {
    scan.literal("Init:").number(summary.init).literal(", First inference:").number(summary.first);
    scan.literal(", Warmup (avg):").number(summary.warm_up).literal(", Inference (avg):").number(summary.inference);
  } else {  // 2019
    scan.literal("Average inference timings in us: Warmup:").number(summary.warm_up).literal(", Init:");
    scan.number(summary.init).literal(", Inference:").number(summary.inference);
  }
  if (!scan.end().matched()) return std::nullopt;
  return summary;
}

// What the log says about who computes.
struct Placement {
  std::string delegate;
  std::string evidence;
  std::int64_t delegated = -1;
  std::int64_t nodes = -1;
  std::int64_t partitions = -1;
  bool is_refused = false;
  bool is_partial = false;

  void read(const LogLine& line) {
    std::int64_t some = 0;
    std::int64_t all = 0;
    std::int64_t parts = 0;
    std::string_view name;
    std::string_view before;
    LineScanner scan(line);
    scan.up_to("Replacing", before).integer(some).literal("out of").integer(all);
    if (scan.literal("node(s) with delegate (").up_to(")", name).matched()) {
      const bool has_parts = scan.literal("node, yielding").integer(parts).literal("partitions").matched();
      note(some, all, has_parts ? parts : -1, line);
      delegate = name;
    } else if (count_of_delegated(line, some, all, parts)) {
      note(some, all, parts, line);
    } else if (contains(line.text, "executed by the delegate")) {
      is_refused = contains(line.text, "will not be");
      is_partial = !is_refused && !contains(line.text, "completely");
      for (const std::string_view words : {"Explicitly applied ", "Though "}) {
        if (!delegate.empty() || !LineScanner(line).up_to(words, before).up_to(" delegate", name).matched()) continue;
        delegate = name;
      }
      evidence = trimmed(line.text);
    } else if (contains(line.text, "XNNPACK delegate for CPU") && delegate.empty()) {
      delegate = "XNNPACK";
      evidence = trimmed(line.text);
    }
  }

  std::string processor() const {
    if (is_refused) return "cpu";
    const auto has = [this](std::string_view part) { return contains(delegate, part); };
    if (has("XNNPack") || has("XNNPACK")) return "cpu";
    if (has("Gpu") || has("GPU")) return "gpu";
    if (has("Nnapi") || has("NNAPI")) return "nnapi";
    if (has("Hexagon")) return "hexagon";
    return delegate.empty() ? std::string() : delegate;
  }

  void add_to(Record& record) const {
    if (evidence.empty()) return;
    const bool is_mixed = is_partial && processor() != "cpu";
    const std::string actual = is_refused ? "cpu" : is_mixed ? processor() + " and cpu" : processor();
    record.placement.push_back({delegate, actual, evidence.substr(0, 400)});
    if (delegated >= 0) add_metric(record, "delegated_nodes", static_cast<double>(delegated), "1");
    if (nodes >= 0) add_metric(record, "nodes", static_cast<double>(nodes), "1");
    if (partitions >= 0) add_metric(record, "partitions", static_cast<double>(partitions), "1");
  }

 private:
  // "12 nodes delegated out of 30 nodes with 4 partitions", somewhere in the line.
  static bool count_of_delegated(const LogLine& line, std::int64_t& some, std::int64_t& all, std::int64_t& parts) {
    std::string_view before;
    LineScanner tail(line);
    if (!tail.up_to(" delegated out of ", before).integer(all).literal("nodes with").integer(parts).matched()) {
      return false;
    }
    for (const std::string_view word : {" nodes", " node"}) {
      if (before.ends_with(word)) before.remove_suffix(word.size());
    }
    LogLine number = line;
    number.text = before.substr(before.find_last_of(" \t") + 1);
    number.is_unfinished = false;
    return LineScanner(number).integer(some).end().matched();
  }
  void note(std::int64_t some, std::int64_t all, std::int64_t parts, const LogLine& line) {
    delegated = some;
    nodes = all;
    if (parts >= 0) partitions = parts;
    is_partial = some < all;
    evidence = trimmed(line.text);
  }
};

// One run of the benchmark within the log.
struct PrintedRun {
  std::string model;
  std::int64_t threads = -1;
  Decimal init_ms;
  Placement placement;
  std::vector<std::pair<TfliteStat, LogLine>> stats;
  bool is_over = false;  // its row is made; the next line of a head begins another run
};

class TfliteBenchmarkModel final : public Importer {
 public:
  std::string_view name() const override { return "tflite_benchmark_model"; }
  std::string_view description() const override { return "TFLite / LiteRT benchmark_model, printed output"; }
  int detects(std::string_view text) const override {
    if (contains(text, "nference timings in us: ")) return 90;
    if (contains(text, kSummaryOfRuns)) return 90;
    if (contains(text, "The input model file size (MB)") || contains(text, "Running benchmark for at least")) return 80;
    return 0;
  }

  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kTfliteTool;
    const std::vector<LogLine> lines = split_lines(input);
    PrintedRun run;
    bool is_summary_of_runs = false;
    for (const LogLine& original : lines) {
      const LogLine line = without_tflite_prefix(original);
      if (contains(line.text, kSummaryOfRuns)) {
        is_summary_of_runs = true;
        // The same runs once more, with the options that tell them apart.
        if (!result.records.empty())
          result.remarks.push_back("the runs are taken from their summary, without set-up times");
        result.records.clear();
      } else if (is_summary_of_runs) {
        read_run_of_summary(input, line, run, result);
      } else {
        read_line(input, line, run, result);
      }
    }
    if (!is_summary_of_runs) end_run(input, run, nullptr, result);
    close_log(input, lines, *this, result);
    return result;
  }

 private:
  static void read_line(const ImportInput& input, const LogLine& line, PrintedRun& run, ImportResult& result) {
    const bool is_head =
        line.text.starts_with("STARTING!") || line.text.starts_with("Num threads") || line.text.starts_with("Graph:");
    if (is_head && (run.is_over || !run.stats.empty())) {
      end_run(input, run, nullptr, result);
      run = PrintedRun{};
    }
    if (const auto graph = bracketed(line, "Graph")) {
      run.model = *graph;
    } else if (const auto threads = bracketed(line, "Num threads")) {
      run.threads = Decimal::parse(*threads).value_or(Decimal()).integer().value_or(-1);
    } else if (const auto cpu_threads = bracketed(line, "#threads used for CPU inference")) {
      run.threads = Decimal::parse(*cpu_threads).value_or(Decimal()).integer().value_or(-1);
    } else if (const auto stat = read_tflite_stat(LineScanner(line))) {
      run.stats.emplace_back(*stat, line);
    } else if (const auto summary = read_summary(line)) {
      end_run(input, run, &*summary, result, &line);
    } else {
      LineScanner(line).literal("Initialized session in").number(run.init_ms);
      run.placement.read(line);
    }
  }

  // Makes the row of what was read since the last one. Without a summary line the run ended early.
  static void end_run(const ImportInput& input, PrintedRun& run, const PrintedSummary* summary, ImportResult& result,
                      const LogLine* summary_line = nullptr) {
    if (run.stats.empty() && summary == nullptr) return;
    const bool has_inferences = run.stats.size() >= 2;
    const LogLine* line = has_inferences ? &run.stats.back().second : summary_line;
    Case item = model_case(input, kTfliteTool, run.model, run.placement.processor());
    if (run.threads > 0) item.set("threads", run.threads);
    if (!has_inferences && summary == nullptr) {
      result.records.push_back(
          failed_row(std::move(item), &run.stats.back().second, "the log ends after the warm-up: there is no result"));
    } else {
      Record record = row_of(std::move(item), line, kTfliteTimer);
      if (has_inferences) add_tflite_stat(record, kTfliteTool, run.stats.back().first);
      if (has_inferences && run.stats.back().first.count == 0) {
        record.status = Status::failed;
        record.reason = "count=0: nothing was timed";
      } else if (!has_inferences) {
        add_latency(record, kTfliteTool, printed_mean(summary->inference.from_us(), 0));
      }
      record.prepare_ns = summary != nullptr ? summary->init.from_us() : run.init_ms.from_ms();
      if (summary != nullptr) {
        add_metric(record, "first_inference_ns", summary->first.from_us(), "ns");
        add_metric(record, "warm_up_mean_ns", summary->warm_up.from_us(), "ns");
      }
      run.placement.add_to(record);
      result.records.push_back(std::move(record));
    }
    run.stats.clear();
    run.is_over = true;
  }

  // "     cpu w/ 4 threads: count=50 ..." or " gpu: failed!"
  static void read_run_of_summary(const ImportInput& input, const LogLine& line, const PrintedRun& run,
                                  ImportResult& result) {
    for (const std::string_view mark : {": count=", ": failed!"}) {
      const std::size_t at = line.text.rfind(mark);
      if (at == std::string_view::npos) continue;
      // The options name the processor in words that no rule covers; it stays unknown.
      Case item = model_case(input, kTfliteTool, run.model, "");
      set_text(item, "options", trimmed(line.text.substr(0, at)));
      if (mark == ": failed!") {
        result.records.push_back(failed_row(std::move(item), &line, "the summary says: failed!"));
        return;
      }
      LogLine rest = line;
      rest.text.remove_prefix(at + 2);
      const auto stat = read_tflite_stat(LineScanner(rest));
      if (!stat) return;
      Record record = row_of(std::move(item), &line, kTfliteTimer);
      add_tflite_stat(record, kTfliteTool, *stat);
      result.records.push_back(std::move(record));
      return;
    }
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(tflite_benchmark_model, TfliteBenchmarkModel)

}  // namespace hetscope

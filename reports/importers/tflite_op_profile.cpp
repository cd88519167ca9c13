// The CSV of benchmark_model's operation profiler (--op_profiling_output_mode=csv, before --profiling_output_csv_file):
// means per node in ms. Old headers have a column `start` and new ones do not; columns are read from the header. The
// name comes last and may hold commas. The sections repeat for each subgraph and for the insides of a delegate; only
// "Run Order" is read, for the others sort and sum the same figures.
#include <algorithm>
#include <optional>

#include "harness/core/error.hpp"
#include "harness/core/split_text.hpp"
#include "reports/importers/imported_row.hpp"
#include "reports/importers/registration.hpp"
#include "reports/importers/tflite_stat.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kTfliteOpProfileTool = "tflite_op_profile";
constexpr std::string_view kClock = "tflite_op_profiler";
constexpr std::string_view kTfliteOpProfileTimer = "host time of one node under the profiler, whose own cost is in it";
constexpr std::string_view kRule = "==============================";

struct Node {
  std::vector<std::pair<std::string, Decimal>> figures;  // by column
  std::string type;
  std::string name;

  Decimal figure(std::string_view column) const {
    for (const auto& [name_of_column, value] : figures) {
      if (name_of_column == column) return value;
    }
    return {};
  }
};

// The cells of a row, separated by ", ". The name comes last and may hold commas; so may the type, which comes first
// ("Convolution (NHWC, F32) IGEMM"), and then takes `extra` more cells. Nothing when the figures between do not fit.
std::optional<Node> fit_node(std::string_view rest, const std::vector<std::string>& columns, std::size_t extra) {
  Node node;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool is_last = i + 1 == columns.size();
    std::size_t comma = is_last ? std::string_view::npos : rest.find(", ");
    for (std::size_t k = 0; i == 0 && k < extra && comma != std::string_view::npos; ++k)
      comma = rest.find(", ", comma + 2);
    if (!is_last && comma == std::string_view::npos) return std::nullopt;
    std::string_view cell = trimmed(rest.substr(0, comma));
    rest = is_last ? std::string_view() : rest.substr(comma + 2);
    if (i == 0) {
      node.type = cell;
    } else if (is_last) {
      node.name = cell;
    } else {
      const bool is_share = columns[i] == "%" || columns[i] == "cdf%";
      if (cell.ends_with('%') != is_share) return std::nullopt;
      if (is_share) cell.remove_suffix(1);
      const std::optional<Decimal> value = Decimal::parse(cell);
      if (!value) return std::nullopt;
      node.figures.emplace_back(columns[i], *value);
    }
  }
  return node;
}

// A row under `columns`; throws Error when it does not fit them.
Node read_node(const LogLine& line, const std::vector<std::string>& columns) {
  constexpr std::size_t kMostCommasOfType = 4;
  for (std::size_t extra = 0; extra <= kMostCommasOfType; ++extra) {
    if (std::optional<Node> node = fit_node(line.text, columns, extra)) return std::move(*node);
  }
  throw Error("the row does not fit its header", "line " + std::to_string(line.number),
              "a decimal comma would do that; run the tool again with LC_ALL=C");
}

// The other stream, mixed into the table.
bool is_log_message(std::string_view text) {
  for (const std::string_view prefix : {"INFO: ", "WARN: ", "WARNING: ", "ERROR: ", "VERBOSE: "}) {
    if (text.starts_with(prefix)) return true;
  }
  return false;
}

std::vector<std::string> read_header(const LogLine& line) {
  std::vector<std::string> columns;
  for (const std::string_view cell : split_text(line.text, ',')) columns.emplace_back(trimmed(cell));
  const auto has = [&columns](std::string_view name) {
    return std::find(columns.begin(), columns.end(), name) != columns.end();
  };
  if (columns.front() != "node type" || columns.back() != "name" || !has("avg_ms")) columns.clear();
  return columns;
}

class TfliteOpProfile final : public Importer {
 public:
  std::string_view name() const override { return "tflite_op_profile"; }
  std::string_view description() const override { return "TFLite operation profile, CSV"; }
  int detects(std::string_view text) const override {
    return contains(text, "= Run Order =") && has_line(text, "node type,") && contains(text, "avg_ms") ? 95 : 0;
  }

  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kTfliteOpProfileTool;
    const std::vector<LogLine> lines = split_lines(input);
    Part part;
    std::vector<std::string> columns;
    bool is_run_order = false;
    for (const LogLine& line : lines) {
      if (contains(line.text, kRule)) {
        is_run_order = contains(line.text, " Run Order ");
        columns.clear();
      } else if (is_run_order && columns.empty()) {
        columns = read_header(line);
        if (columns.empty()) is_run_order = false;
      } else if (is_run_order && trimmed(line.text).empty()) {
        is_run_order = false;
      } else if (is_run_order && is_log_message(line.text)) {
        result.remarks.push_back("line " + std::to_string(line.number) + " is no row of the table and is left out");
      } else if (is_run_order && !line.is_unfinished) {
        result.records.push_back(row_of_node(input, line, part, read_node(line, columns)));
        part.rows.push_back(result.records.size() - 1);
      } else if (!is_run_order) {
        read_between(input, line, part, result);
      }
    }
    close_log(input, lines, *this, result);
    return result;
  }

 private:
  // A subgraph or the inside of a delegate; the footer, which comes last, says how many runs its rows are the means of.
  struct Part {
    std::string name;
    std::vector<std::size_t> rows;
  };

  static Record row_of_node(const ImportInput& input, const LogLine& line, const Part& part, const Node& node) {
    Case item = model_case(input, kTfliteOpProfileTool, "", "");
    set_text(item, "part", part.name);
    set_text(item, "node", node.name);
    set_text(item, "node_type", node.type);
    Record record = row_of(std::move(item), &line, kTfliteOpProfileTimer);
    add_latency(record, kClock, printed_mean(node.figure("avg_ms").from_ms(), 0));
    add_metric(record, "first_ns", node.figure("first").from_ms(), "ns");
    add_metric(record, "share_percent", node.figure("%").value(), "%");
    add_metric(record, "calls_per_run", node.figure("times called").value(), "1");
    add_metric(record, "memory_kb", node.figure("mem KB").value(), "kB");
    return record;
  }

  static void read_between(const ImportInput& input, const LogLine& line, Part& part, ImportResult& result) {
    LineScanner scan(line);
    if (scan.optional("Timings (microseconds):")) {
      const std::optional<TfliteStat> stat = read_tflite_stat(scan);
      if (!stat) return;
      for (const std::size_t row : part.rows) result.records[row].latencies.at(std::string(kClock)).n = stat->count;
      Case item = model_case(input, kTfliteOpProfileTool, "", "");
      set_text(item, "part", part.name);
      Record record = row_of(std::move(item), &line, kTfliteOpProfileTimer);
      add_tflite_stat(record, kClock, *stat);
      if (stat->count > 0) result.records.push_back(std::move(record));
      part = Part{};
    } else if (std::string_view before; scan.up_to("Profiling Info for ", before).matched()) {
      part = Part{std::string(scan.rest().substr(0, scan.rest().find(':'))), {}};
    } else if (contains(line.text, "Delegate internal") || line.text.starts_with("Subgraph")) {
      part = Part{std::string(trimmed(line.text.substr(0, line.text.find(':')))), {}};
    }
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(tflite_op_profile, TfliteOpProfile)

}  // namespace hetscope

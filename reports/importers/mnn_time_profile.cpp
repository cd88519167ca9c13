// MNN's timeProfile.out: means per operation and per type of operation, in ms, in tables whose columns are padded with
// blanks and separated by tabs. Format: tools/cpp/Profiler.cpp. Columns are read from the header.
#include <algorithm>
#include <optional>

#include "harness/core/error.hpp"
#include "harness/core/split_text.hpp"
#include "reports/importers/imported_row.hpp"
#include "reports/importers/mnn_backend.hpp"
#include "reports/importers/registration.hpp"
#include "reports/importers/tools.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kMnnTimeProfileTool = "mnn_time_profile";

std::vector<std::string_view> cells_of(std::string_view text) {
  std::vector<std::string_view> cells = split_text(text, '\t');
  for (std::string_view& cell : cells) cell = trimmed(cell);
  while (!cells.empty() && cells.back().empty()) cells.pop_back();
  return cells;
}

// One table: the columns of its header.
struct ProfileTable {
  std::vector<std::string_view> columns;

  std::string_view cell(const std::vector<std::string_view>& cells, std::string_view column) const {
    const auto found = std::find(columns.begin(), columns.end(), column);
    return found == columns.end() ? std::string_view() : cells[static_cast<std::size_t>(found - columns.begin())];
  }
  Decimal number(const std::vector<std::string_view>& cells, std::string_view column, const LogLine& line) const {
    const std::string_view text = cell(cells, column);
    if (text.empty()) return {};
    const std::optional<Decimal> value = Decimal::parse(text);
    if (!value) {
      throw Error("column '" + std::string(column) + "' holds no number", "line " + std::to_string(line.number),
                  "run the tool again with LC_ALL=C");
    }
    return *value;
  }
};

class MnnTimeProfile final : public Importer {
 public:
  std::string_view name() const override { return "mnn_time_profile"; }
  std::string_view description() const override { return "MNN timeProfile.out, standard output"; }
  int detects(std::string_view text) const override {
    return contains(text, "Avg(ms)") && (has_line(text, "Node Name") || has_line(text, "Node Type")) ? 90 : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kMnnTimeProfileTool;
    const std::vector<LogLine> lines = split_lines(input);
    std::string processor;
    std::string model;
    std::int64_t threads = 0;
    ProfileTable table;
    for (const LogLine& line : lines) {
      read_head(line, processor, model, threads);
      const std::vector<std::string_view> cells = cells_of(line.text);
      const bool is_header = cells.size() > 2 && (cells[0] == "Node Name" || cells[0] == "Node Type");
      if (is_header) {
        table.columns = cells;
      } else if (!table.columns.empty() && cells.size() == table.columns.size() && !line.is_unfinished) {
        result.records.push_back(row_of_cells(input, line, processor.empty() ? "cpu" : processor, model, table, cells));
        if (threads > 0) result.records.back().item.set("threads", threads);
      } else {
        table.columns.clear();  // a table ends with the first line that is no row of it
      }
      if (const std::optional<Record> total = read_total(input, line, processor.empty() ? "cpu" : processor, model)) {
        result.records.push_back(*total);
      }
    }
    close_log(input, lines, *this, result);
    return result;
  }

 private:
  // The program says its forward type only when it was given one, and runs on the CPU otherwise.
  static void read_head(const LogLine& line, std::string& processor, std::string& model, std::int64_t& threads) {
    std::int64_t value = 0;
    if (LineScanner(line).literal("Use extra forward type:").integer(value).end().matched()) {
      processor = mnn_processor(value);
      if (processor.empty()) processor = kUnknownProcessor;
    } else if (LineScanner(line).literal("Set ThreadNumber =").integer(value).end().matched()) {
      threads = value;
    } else if (line.text.starts_with("Open Model ")) {
      model = trimmed(line.text.substr(11));
    }
  }

  static Record row_of_cells(const ImportInput& input, const LogLine& line, const std::string& processor,
                             const std::string& model, const ProfileTable& table,
                             const std::vector<std::string_view>& cells) {
    Case item = model_case(input, kMnnTimeProfileTool, model, processor);
    set_text(item, "node", table.cell(cells, "Node Name"));
    const std::string_view type = table.cell(cells, "Op Type");
    set_text(item, "node_type", type.empty() ? table.cell(cells, "Node Type") : type);
    Record record = row_of(std::move(item), &line, kMnnOperationTimer);
    add_mnn_operation_time(record, table.number(cells, "Avg(ms)", line).from_ms(), 0);
    add_metric(record, "share_percent", table.number(cells, "%", line).value(), "%");
    add_metric(record, "calls_per_run", table.number(cells, "Called times", line).value(), "1");
    return record;
  }

  // "total time : 12.5 ms, total mflops : 573.1": the sum of the operations' means.
  static std::optional<Record> read_total(const ImportInput& input, const LogLine& line, const std::string& processor,
                                          const std::string& model) {
    Decimal total;
    Decimal mflops;
    LineScanner scan(line);
    scan.literal("total time :").number(total).literal("ms, total mflops :").number(mflops).end();
    if (!scan.matched()) return std::nullopt;
    Record record = row_of(model_case(input, kMnnTimeProfileTool, model, processor), &line, kMnnOperationTimer);
    add_mnn_operation_time(record, total.from_ms(), 0);
    return record;
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(mnn_time_profile, MnnTimeProfile)

}  // namespace hetscope

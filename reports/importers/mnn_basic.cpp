// MNN's MNNV2Basic and ModuleBasic: mean, minimum and maximum of a session in ms, and means per operation. The two
// print the same total in old versions; OpSum is MNNV2Basic's, a trace ModuleBasic's. A trace's ms are sums over all
// runs, not means, and how many runs is not printed: they stay sums.
#include <optional>

#include "reports/importers/imported_row.hpp"
#include "reports/importers/mnn_backend.hpp"
#include "reports/importers/registration.hpp"
#include "reports/importers/tools.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kMnnBasicTool = "mnn_basic";
constexpr std::string_view kMnnBasicTimer = "host time (gettimeofday) around one run, input and output copies included";

struct Total {
  Decimal mean;
  Decimal operation_sum;
  Decimal min;
  Decimal max;
};

std::optional<Total> read_total(const LogLine& line) {
  Total total;
  LineScanner scan(line);
  scan.literal("Avg=").number(total.mean).literal("ms,");
  if (scan.optional("OpSum =")) {
    scan.number(total.operation_sum).literal("ms");
    scan.optional(",");
  }
  scan.literal("min=").number(total.min).literal("ms,").literal("max=").number(total.max).literal("ms").end();
  if (!scan.matched()) return std::nullopt;
  return total;
}

struct Operation {
  std::string_view name;
  std::string_view type;
  std::int64_t runs = 0;
  Decimal mean;
  Decimal share;
};

// "conv1 	[Convolution] run 10 average cost 0.5 ms, 3.1 %, FlopsRate: 3.114 %"; old versions print no type.
std::optional<Operation> read_operation(const LogLine& line) {
  Operation operation;
  std::string_view ignored;
  LineScanner scan(line);
  scan.up_to(" run ", operation.name).integer(operation.runs).literal("average cost").number(operation.mean);
  scan.literal("ms,").number(operation.share).literal("%").up_to("%", ignored).end();
  if (!scan.matched()) return std::nullopt;
  const std::size_t open = operation.name.ends_with(']') ? operation.name.rfind('[') : std::string_view::npos;
  if (open != std::string_view::npos) {
    operation.type = operation.name.substr(open + 1, operation.name.size() - open - 2);
    operation.name = trimmed(operation.name.substr(0, open));
  }
  return operation;
}

struct Trace {
  std::string_view name;
  Decimal sum;
  Decimal flop;
  std::int64_t count = 0;
};

// "Convolution : 12.5 ms, FLOP: 1.2, COUNT: 20, Speed: 96.1 GFlops"
std::optional<Trace> read_trace(const LogLine& line) {
  Trace trace;
  Decimal speed;
  LineScanner scan(line);
  scan.up_to(" : ", trace.name).number(trace.sum).literal("ms, FLOP:").number(trace.flop).literal(", COUNT:");
  scan.integer(trace.count).literal(", Speed:").number(speed).literal("GFlops").end();
  if (!scan.matched() || trace.name.empty()) return std::nullopt;
  return trace;
}

class MnnBasic final : public Importer {
 public:
  std::string_view name() const override { return "mnn_basic"; }
  std::string_view description() const override { return "MNN MNNV2Basic and ModuleBasic, standard output"; }
  int detects(std::string_view text) const override {
    if (has_line(text, "Avg= ") && contains(text, " ms, OpSum = ")) return 90;
    if (has_line(text, "Per Op Trace: ") || has_line(text, "Per Type Trace: ")) return 90;
    if (contains(text, " average cost ") && contains(text, "FlopsRate: ")) return 80;
    return has_line(text, "Avg= ") && contains(text, " ms, min= ") ? 60 : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kMnnBasicTool;
    const std::vector<LogLine> lines = split_lines(input);
    const std::string processor = find_processor(lines);
    std::string_view section;
    for (const LogLine& line : lines) {
      if (contains(line.text, "Per Op Trace:")) section = "operation";
      if (contains(line.text, "Per Type Trace:")) section = "type";
      if (const auto total = read_total(line)) {
        result.records.push_back(row_of_total(input, line, processor, *total));
      } else if (const auto operation = read_operation(line)) {
        result.records.push_back(row_of_operation(input, line, processor, *operation));
      } else if (const auto trace = read_trace(line); trace && !section.empty()) {
        result.records.push_back(row_of_trace(input, line, processor, section, *trace));
      }
    }
    close_log(input, lines, *this, result);
    return result;
  }

 private:
  // "Session Info: memory use 12.5 MB, flops is 1140.2 M, backendType is 3, batch size = 1", or what main echoes of its
  // arguments. A session with several back ends lists them; then the kind of an operation's is not known.
  static std::string find_processor(const std::vector<LogLine>& lines) {
    std::string processor;
    for (const LogLine& line : lines) {
      for (const std::string_view key : {"backendType is", "Use extra forward type:"}) {
        std::string_view ignored;
        std::int64_t id = -1;
        if (!LineScanner(line).up_to(key, ignored).integer(id).matched()) continue;
        const std::string found = mnn_processor(id);
        if (!processor.empty() && found != processor) return {};
        processor = found;
      }
    }
    return processor;
  }

  static Record row_of_total(const ImportInput& input, const LogLine& line, const std::string& processor,
                             const Total& total) {
    Record record = row_of(model_case(input, kMnnBasicTool, "", processor), &line, kMnnBasicTimer);
    add_latency(record, kMnnBasicTool, printed_mean(total.mean.from_ms(), 0));
    add_metric(record, "min_ns", total.min.from_ms(), "ns");
    add_metric(record, "max_ns", total.max.from_ms(), "ns");
    add_metric(record, "operation_sum_ns", total.operation_sum.from_ms(), "ns");
    return record;
  }

  static Record row_of_operation(const ImportInput& input, const LogLine& line, const std::string& processor,
                                 const Operation& operation) {
    Case item = model_case(input, kMnnBasicTool, "", processor);
    set_text(item, "node", operation.name);
    set_text(item, "node_type", operation.type);
    Record record = row_of(std::move(item), &line, kMnnOperationTimer);
    add_mnn_operation_time(record, operation.mean.from_ms(), operation.runs > 0 ? operation.runs : 0);
    add_metric(record, "share_percent", operation.share.value(), "%");
    return record;
  }

  static Record row_of_trace(const ImportInput& input, const LogLine& line, const std::string& processor,
                             std::string_view section, const Trace& trace) {
    Case item = model_case(input, kMnnBasicTool, "", processor);
    set_text(item, section == "type" ? "node_type" : "node", trace.name);
    Record record = row_of(std::move(item), &line, kMnnOperationTimer);
    add_metric(record, "sum_over_runs_ns", trace.sum.from_ms(), "ns");
    add_metric(record, "count_over_runs", static_cast<double>(trace.count), "1");
    record.status = Status::mistrusted;
    record.reason = "a sum over all runs, and how many is not printed";
    return record;
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(mnn_basic, MnnBasic)

}  // namespace hetscope

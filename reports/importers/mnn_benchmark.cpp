// MNN's benchmark.out: maximum, minimum and mean (in this order) per model, in ms, on standard output. Format:
// benchmark/benchmark.cpp, old (499.545ms, 2019) and new (499.545 ms); the header marks its values with ** in some
// versions. "quant-" before a name is its second run with made-up int8 weights.
#include <optional>

#include "reports/importers/imported_row.hpp"
#include "reports/importers/mnn_backend.hpp"
#include "reports/importers/registration.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kMnnBenchmarkTool = "mnn_benchmark";
constexpr std::string_view kMnnBenchmarkTimer =
    "host time (gettimeofday) around one run of the session, map and unmap included";

struct MnnHeader {
  std::string backend;  // as printed
  std::optional<std::int64_t> threads;
  std::optional<std::int64_t> precision;
  std::int64_t loops = 0;
};

// The integer behind `key` wherever it stands in the line.
std::optional<std::int64_t> value_behind(const LogLine& line, std::string_view key) {
  std::string_view ignored;
  std::int64_t value = 0;
  if (!LineScanner(line).up_to(key, ignored).integer(value).matched()) return std::nullopt;
  return value;
}

bool read_header(const LogLine& line, MnnHeader& header) {
  std::string_view backend;
  if (LineScanner(line).literal("Forward type:").word(backend).matched()) {
    while (backend.starts_with('*')) backend.remove_prefix(1);
    header = MnnHeader{};
    header.backend = backend.substr(0, backend.find('*'));
    header.threads = value_behind(line, "thread=");
    header.precision = value_behind(line, "precision=");
    return true;
  }
  if (!contains(line.text, "Benchmarking...")) return false;
  header.loops = value_behind(line, "loop =").value_or(0);
  return true;
}

struct MnnResult {
  std::string_view name;
  Decimal max;
  Decimal min;
  Decimal mean;
};

std::optional<MnnResult> read_mnn_result(const LogLine& line) {
  MnnResult result;
  LineScanner scan(line);
  scan.literal("[ - ]").up_to("max =", result.name).number(result.max).literal("ms");
  scan.literal("min =").number(result.min).literal("ms").literal("avg =").number(result.mean).literal("ms").end();
  if (!scan.matched() || result.name.empty()) return std::nullopt;
  return result;
}

Record row_of_result(const ImportInput& input, const LogLine& line, const MnnHeader& header, const MnnResult& result) {
  Case item = model_case(input, kMnnBenchmarkTool, result.name, mnn_processor(header.backend));
  // The second run of a model, with int8 weights that the tool makes up.
  if (result.name.starts_with("quant-")) item.set("weights", std::string("int8"));
  if (header.threads) item.set("threads", *header.threads);
  if (header.precision) item.set("precision", *header.precision);
  Record record = row_of(std::move(item), &line, kMnnBenchmarkTimer);
  add_latency(record, kMnnBenchmarkTool, printed_mean(result.mean.from_ms(), header.loops > 0 ? header.loops : 0));
  add_metric(record, "min_ns", result.min.from_ms(), "ns");
  add_metric(record, "max_ns", result.max.from_ms(), "ns");
  if (!header.backend.empty()) {
    record.placement.push_back({header.backend, std::string(kUnknownProcessor),
                                "the header says what was asked for; MNN falls back to the CPU without a word"});
  }
  return record;
}

class MnnBenchmark final : public Importer {
 public:
  std::string_view name() const override { return "mnn_benchmark"; }
  std::string_view description() const override { return "MNN benchmark.out, standard output"; }
  int detects(std::string_view text) const override {
    if (has_line(text, "MNN benchmark") || (has_line(text, "Forward type:") && contains(text, "Benchmarking..."))) {
      return 90;
    }
    return has_line(text, "[ - ] ") ? 60 : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kMnnBenchmarkTool;
    const std::vector<LogLine> lines = split_lines(input);
    MnnHeader header;
    for (const LogLine& line : lines) {
      if (read_header(line, header)) continue;
      if (const std::optional<MnnResult> found = read_mnn_result(line)) {
        result.records.push_back(row_of_result(input, line, header, *found));
      }
    }
    close_log(input, lines, *this, result);
    return result;
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(mnn_benchmark, MnnBenchmark)

}  // namespace hetscope

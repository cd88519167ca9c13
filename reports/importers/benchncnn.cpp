// ncnn's benchncnn: minimum, maximum and mean of a few loops per model, in ms with two decimals, on standard error; and
// its tests/perf, the same shape with a median, in ms or (a unit behind the last figure says so) in us.
// Format: benchmark/benchncnn.cpp. The precision is compiled in and not printed. Vulkan builds print the GPU's lines
// also for runs on the CPU; the header's gpu_device alone says where a model ran.
#include <cmath>
#include <optional>

#include "reports/importers/imported_row.hpp"
#include "reports/importers/registration.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kBenchncnnTool = "benchncnn";
constexpr std::string_view kBenchncnnTimer = "host time around one extraction, upload and download included";

struct BenchncnnHeader {
  std::optional<std::int64_t> loops;
  std::optional<std::int64_t> threads;
  std::optional<std::int64_t> powersave;
  std::optional<std::int64_t> gpu;
  std::vector<std::pair<std::int64_t, std::string>> gpu_names;

  // "loop_count = 4"; a header that begins again belongs to another run.
  bool read(const LogLine& line) {
    std::int64_t value = 0;
    const auto is = [&](std::string_view key) {
      return LineScanner(line).literal(key).literal("=").integer(value).end().matched();
    };
    if (is("loop_count")) {
      std::vector<std::pair<std::int64_t, std::string>> names = std::move(gpu_names);
      *this = BenchncnnHeader{};
      gpu_names = std::move(names);
      loops = value;
    } else if (is("num_threads")) {
      threads = value;
    } else if (is("powersave")) {
      powersave = value;
    } else if (is("gpu_device")) {
      gpu = value;
    } else if (!is("cooling_down")) {
      return false;
    }
    return true;
  }

  // "[0 Adreno (TM) 620]  queueC=0[3]  queueG=0[3]  queueT=0[3]"
  bool read_gpu(const LogLine& line) {
    std::int64_t index = 0;
    std::string_view name;
    std::string_view rest;
    if (!line.text.starts_with('[')) return false;
    if (!LineScanner(line).literal("[").integer(index).up_to("]", name).up_to("=", rest).matched()) return false;
    if (index < 0 || name.empty() || gpu_names.size() >= 1000) return false;
    for (auto& [known, text] : gpu_names) {
      if (known == index) return true;
    }
    gpu_names.emplace_back(index, name);
    return true;
  }

  std::string gpu_name() const {
    for (const auto& [index, name] : gpu_names) {
      if (gpu && index == *gpu) return name;
    }
    return {};
  }
};

struct BenchncnnResult {
  std::string_view name;
  Decimal min;
  Decimal max;
  Decimal mean;
  Decimal median;
  Decimal tokens_per_s;
  bool is_us = false;
  bool is_perf = false;  // of tests/perf, which prints the same shape and has its own number of loops
};

std::optional<BenchncnnResult> read_benchncnn_result(const LogLine& line) {
  BenchncnnResult result;
  std::string_view ignored;
  LineScanner scan(line);
  scan.up_to("min =", result.name).number(result.min).literal("max =").number(result.max);
  scan.literal("avg =").number(result.mean);
  if (scan.optional("median =")) scan.number(result.median);
  if (scan.optional("tps =")) scan.number(result.tokens_per_s);
  result.is_us = scan.optional("us");
  result.is_perf = scan.optional("(x");
  if (result.is_perf) scan.up_to(")", ignored);
  if (!scan.end().matched() || result.name.empty()) return std::nullopt;
  return result;
}

Record row_of_result(const ImportInput& input, const LogLine& line, const BenchncnnHeader& header,
                     const BenchncnnResult& result) {
  const std::string processor = !header.gpu         ? std::string(kUnknownProcessor)
                                : *header.gpu == -1 ? std::string("cpu")
                                                    : "vulkan:" + std::to_string(*header.gpu);
  Case item = model_case(input, kBenchncnnTool, result.name, processor);
  if (header.threads) item.set("threads", *header.threads);
  if (header.powersave) item.set("powersave", *header.powersave);
  Record record = row_of(std::move(item), &line, kBenchncnnTimer);
  const std::int64_t loops = !result.is_perf && header.loops.value_or(0) > 0 ? *header.loops : 0;
  const auto ns = [&result](const Decimal& figure) { return result.is_us ? figure.from_us() : figure.from_ms(); };
  add_latency(record, kBenchncnnTool,
              std::isfinite(result.median.value()) ? printed_median(ns(result.median), ns(result.mean), loops)
                                                   : printed_mean(ns(result.mean), loops));
  add_metric(record, "min_ns", ns(result.min), "ns");
  add_metric(record, "max_ns", ns(result.max), "ns");
  add_metric(record, "tokens_per_s", result.tokens_per_s.value(), "1/s");
  if (header.gpu) {
    const std::string requested = "gpu_device=" + std::to_string(*header.gpu);
    if (*header.gpu == -1) {
      record.placement.push_back({requested, "cpu", "the header says " + requested});
    } else {
      record.placement.push_back({requested, std::string(kUnknownProcessor),
                                  "the header says what was asked for (" + header.gpu_name() +
                                      "); ncnn falls back to the CPU without a word"});
    }
  }
  return record;
}

class BenchNcnn final : public Importer {
 public:
  std::string_view name() const override { return "benchncnn"; }
  std::string_view description() const override { return "ncnn benchncnn, standard error"; }
  int detects(std::string_view text) const override {
    if (has_line(text, "loop_count = ") && has_line(text, "num_threads = ")) return 90;
    // A result alone, the header lost with the other stream; MNN's begin with "[ - ]" and say max first.
    const std::string_view head = text.substr(0, 65536);
    for (std::size_t at = head.find(" min ="); at != std::string_view::npos; at = head.find(" min =", at + 1)) {
      const std::string_view rest = head.substr(at, head.find('\n', at) - at);
      const std::size_t max = rest.find(" max =");
      if (max != std::string_view::npos && rest.find(" avg =", max) != std::string_view::npos) return 50;
    }
    return 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kBenchncnnTool;
    const std::vector<LogLine> lines = split_lines(input);
    BenchncnnHeader header;
    std::size_t rows_of_header = 0;
    bool has_header = false;
    const auto end_of_run = [&] {
      if (!has_header || rows_of_header > 0) return;
      result.records.push_back(failed_row(model_case(input, kBenchncnnTool, "", ""), find_error(lines),
                                          "a header without a result: a model that fails prints nothing"));
    };
    for (const LogLine& line : lines) {
      const bool begins = line.text.starts_with("loop_count =");
      if (begins) end_of_run();
      if (header.read(line)) {
        has_header = true;
        if (begins) rows_of_header = 0;
      } else if (const std::optional<BenchncnnResult> found = read_benchncnn_result(line)) {
        result.records.push_back(row_of_result(input, line, header, *found));
        ++rows_of_header;
      } else {
        header.read_gpu(line);
      }
    }
    if (!result.records.empty()) end_of_run();
    close_log(input, lines, *this, result);
    return result;
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(benchncnn, BenchNcnn)

}  // namespace hetscope

// llama.cpp's llama-bench -o json and -o jsonl: the time of each repetition of a whole test (all its tokens) in ns. The
// schema grows; names that are not known are passed over. The CSV lacks the samples and is not read.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "reports/importers/imported_row.hpp"
#include "reports/importers/json_text.hpp"
#include "reports/importers/registration.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

constexpr std::string_view kLlamaBenchTool = "llama_bench";
constexpr std::string_view kLlamaBenchTimer = "host time of all tokens of the test";

class LlamaBench final : public Importer {
 public:
  std::string_view name() const override { return "llama_bench"; }
  std::string_view description() const override { return "llama.cpp llama-bench, json and jsonl"; }
  int detects(std::string_view text) const override {
    return contains(text, "\"n_prompt\"") && contains(text, "\"build_commit\"") ? 90 : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kLlamaBenchTool;
    if (detects(input.text) == 0 && detects(input.second_text) == 0) return result;
    const std::vector<LogLine> lines = split_lines(input);
    // The list begins in a line of its own; before it there may be what the back ends print.
    const auto list =
        std::find_if(lines.begin(), lines.end(), [](const LogLine& line) { return trimmed(line.text) == "["; });
    if (list != lines.end()) {
      read_list(input, list->text.data() - (list->is_second ? input.second_text : input.text).data(), list->is_second,
                result);
    } else {
      read_lines(input, lines, result);
    }
    close_log(input, lines, *this, result);
    return result;
  }

 private:
  static void read_list(const ImportInput& input, std::ptrdiff_t begin, bool is_second, ImportResult& result) {
    const std::string_view text = (is_second ? input.second_text : input.text).substr(static_cast<std::size_t>(begin));
    // Behind the list the other stream may go on.
    const ToolJson tool =
        repaired_json(text.substr(0, text.rfind(']') == std::string_view::npos ? text.size() : text.rfind(']') + 1));
    if (tool.is_cut) result.remarks.emplace_back("the list ends early; its whole tests are read");
    if (tool.text.empty()) return;
    const json tests = parse_json(tool.text, input.path);
    if (!tests.is_array()) throw Error("is not a list", input.path);
    for (const json& test : tests) add_test(input, test, 0, result);
  }

  static void read_lines(const ImportInput& input, const std::vector<LogLine>& lines, ImportResult& result) {
    for (const LogLine& line : lines) {
      if (!trimmed(line.text).starts_with('{')) continue;
      const ToolJson tool = repaired_json(line.text);
      if (tool.is_cut) {
        result.remarks.push_back("line " + std::to_string(line.number) + " is no whole object and is left out");
        continue;
      }
      add_test(input, parse_json(tool.text, "line " + std::to_string(line.number)), line.number, result);
    }
  }

  static void add_test(const ImportInput& input, const json& test, std::int64_t line, ImportResult& result) {
    if (find_member(test, "n_prompt") == nullptr) return;
    const std::string backends = text_member(test, "backends");
    const bool is_cpu = integer_member(test, "n_gpu_layers") == 0;
    std::string model = text_member(test, "model_filename");
    if (model.empty()) model = text_member(test, "model_type");
    Case item = model_case(input, kLlamaBenchTool, model, is_cpu ? "cpu" : lowered(backends));
    for (const char* axis : {"n_prompt", "n_gen", "n_depth", "n_batch", "n_ubatch", "n_threads", "n_gpu_layers"}) {
      if (const auto value = integer_member(test, axis)) item.set(axis, *value);
    }
    for (const char* axis : {"type_k", "type_v", "split_mode"}) set_text(item, axis, text_member(test, axis));
    Record record = row_of(std::move(item), nullptr, kLlamaBenchTimer);
    record.source->line = line;
    add_times(test, record);
    add_metric(record, "tokens_per_s_mean", decimal_member(test, "avg_ts").value(), "1/s");
    add_metric(record, "tokens_per_s_stddev", decimal_member(test, "stddev_ts").value(), "1/s");
    const std::string gpu = text_member(test, "gpu_info");
    if (!backends.empty()) {
      record.placement.push_back({backends, std::string(kUnknownProcessor),
                                  "the build's back ends" + (gpu.empty() ? "" : "; GPU: " + gpu.substr(0, 200))});
    }
    if (result.tool_version.empty()) result.tool_version = text_member(test, "build_commit");
    result.records.push_back(std::move(record));
  }

  static void add_times(const json& test, Record& record) {
    std::vector<double> samples_ns;
    if (const json* list = find_member(test, "samples_ns"); list != nullptr && list->is_array()) {
      for (const json& sample : *list) {
        const double time_ns = decimal_of(sample).value();
        if (time_ns >= 0 && std::isfinite(time_ns)) samples_ns.push_back(time_ns);
      }
    }
    if (samples_ns.empty()) {
      add_latency(record, kLlamaBenchTool, printed_mean(decimal_member(test, "avg_ns").value(), 0));
      add_metric(record, "stddev_ns", decimal_member(test, "stddev_ns").value(), "ns");
    } else {
      add_latency(record, kLlamaBenchTool, latency_of_samples(samples_ns));
    }
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(llama_bench, LlamaBench)

}  // namespace hetscope

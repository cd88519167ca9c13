// MNN's llm_bench -j: tokens per second of prefill and decoding, mean and standard deviation. How many repetitions is
// not printed, and no time is: rows have metrics and no latency.
#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "reports/importers/imported_row.hpp"
#include "reports/importers/json_text.hpp"
#include "reports/importers/mnn_backend.hpp"
#include "reports/importers/registration.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

constexpr std::string_view kMnnLlmBenchTool = "mnn_llm_bench";
constexpr std::string_view kMnnLlmBenchTimer = "host time of generating tokens, printed as a rate";

void add_rate(Record& record, const json& result, const std::string& name, const char* mean, const char* spread) {
  add_metric(record, name + "_tokens_per_s_mean", decimal_member(result, mean).value(), "1/s");
  add_metric(record, name + "_tokens_per_s_stddev", decimal_member(result, spread).value(), "1/s");
}

class MnnLlmBench final : public Importer {
 public:
  std::string_view name() const override { return "mnn_llm_bench"; }
  std::string_view description() const override { return "MNN llm_bench -j, JSON"; }
  int detects(std::string_view text) const override {
    return contains(text, "\"results\"") && contains(text, "\"quantKv\"") && contains(text, "\"useMmap\"") ? 90 : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kMnnLlmBenchTool;
    const ToolJson tool = repaired_json(input, result);
    if (tool.is_cut) throw Error("the JSON ends early", input.path, "copy the file again, or run the tool again");
    const json document = parse_json(tool.text, input.path);
    const json* results = find_member(document, "results");
    if (results == nullptr || !results->is_array()) throw Error("has no list 'results'", input.path);
    LineFinder lines(input.text);
    for (const json& entry : *results) {
      result.records.push_back(row_of_entry(input, document, entry, lines.next("\"type\"")));
    }
    if (results->empty()) {
      result.records.push_back(
          failed_row(model_case(input, kMnnLlmBenchTool, "", ""), nullptr, "the list of results is empty"));
    }
    return result;
  }

 private:
  static Record row_of_entry(const ImportInput& input, const json& document, const json& entry, std::int64_t line) {
    Case item = model_case(input, kMnnLlmBenchTool, text_member(document, "model"),
                           mnn_processor(std::string_view(text_member(document, "backend"))));
    const std::string type = text_member(entry, "type");
    set_text(item, "phase", type);
    for (const char* axis : {"threads", "precision", "memory"}) {
      if (const json* value = find_member(document, axis); value != nullptr && value->is_number_integer()) {
        item.set(axis, value->get<std::int64_t>());
      } else {
        set_text(item, axis, text_member(document, axis));
      }
    }
    for (const char* axis : {"prompt_len", "generate_len"}) {
      if (const auto value = integer_member(entry, axis)) item.set(axis, *value);
    }
    Record record = row_of(std::move(item), nullptr, kMnnLlmBenchTimer);
    record.source->line = line;
    add_rate(record, entry, type.empty() ? "all" : type, "tps", "std");
    add_rate(record, entry, "prefill", "prefill_tps", "prefill_std");
    add_rate(record, entry, "decode", "decode_tps", "decode_std");
    return record;
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(mnn_llm_bench, MnnLlmBench)

}  // namespace hetscope

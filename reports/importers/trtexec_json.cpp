// The files of trtexec --exportTimes (every query's intervals in ms: samples) and --exportProfile (means per layer).
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "reports/importers/imported_row.hpp"
#include "reports/importers/json_text.hpp"
#include "reports/importers/registration.hpp"
#include "reports/importers/tools.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

constexpr std::string_view kLayerTimer = "CUDA events around one layer, which then runs alone";

class TrtexecJson final : public Importer {
 public:
  std::string_view name() const override { return "trtexec_json"; }
  std::string_view description() const override { return "TensorRT trtexec --exportTimes and --exportProfile"; }
  int detects(std::string_view text) const override {
    if (contains(text, "\"startEnqMs\"") || contains(text, "\"latencyMs\"")) return 90;
    return contains(text, "\"averageMs\"") && contains(text, "\"timeMs\"") ? 90 : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kTrtexecTool;
    if (detects(input.text) == 0) return result;
    const ToolJson tool = repaired_json(input, result);
    if (tool.is_cut) result.remarks.emplace_back("the file ends early; its whole elements are read");
    if (tool.text.empty()) throw Error("the JSON ends early", input.path, "copy the file again, or run the tool again");
    const json document = parse_json(tool.text, input.path);
    if (!document.is_array()) throw Error("is not a list", input.path);
    if (contains(input.text, "\"averageMs\"")) {
      add_layers(input, document, result);
    } else {
      add_queries(input, document, result);
    }
    if (result.records.empty()) {
      result.records.push_back(failed_row(model_case(input, kTrtexecTool, "", "cuda"), nullptr, "the list is empty"));
    }
    return result;
  }

 private:
  static void add_queries(const ImportInput& input, const json& queries, ImportResult& result) {
    std::map<std::string, std::vector<double>> samples;
    const std::pair<const char*, const char*> intervals[] = {{"latencyMs", "trtexec_latency"},
                                                             {"computeMs", "trtexec_gpu_compute"},
                                                             {"h2dMs", "trtexec_h2d"},
                                                             {"d2hMs", "trtexec_d2h"},
                                                             {"endToEndMs", "trtexec_end_to_end"}};
    for (const json& query : queries) {
      for (const auto& [member, clock] : intervals) {
        const double time_ns = decimal_member(query, member).from_ms();
        if (time_ns >= 0 && std::isfinite(time_ns)) samples[clock].push_back(time_ns);
      }
    }
    if (samples.empty()) return;
    Record record = row_of(model_case(input, kTrtexecTool, "", "cuda"), nullptr, kTrtexecTimer);
    for (const auto& [member, clock] : intervals) {
      if (samples.count(clock) > 0) add_latency(record, clock, latency_of_samples(samples[clock]));
    }
    result.records.push_back(std::move(record));
  }

  static void add_layers(const ImportInput& input, const json& layers, ImportResult& result) {
    std::int64_t count = 0;
    for (const json& layer : layers) {
      if (const auto runs = integer_member(layer, "count")) count = std::max<std::int64_t>(0, *runs);
      if (find_member(layer, "averageMs") == nullptr) continue;
      Case item = model_case(input, kTrtexecTool, "", "cuda");
      set_text(item, "node", text_member(layer, "name"));
      Record record = row_of(std::move(item), nullptr, kLayerTimer);
      const double mean_ns = decimal_member(layer, "averageMs").from_ms();
      const double median_ns = decimal_member(layer, "medianMs").from_ms();
      add_latency(record, "trtexec_layer",
                  std::isfinite(median_ns) ? printed_median(median_ns, mean_ns, count) : printed_mean(mean_ns, count));
      add_metric(record, "share_percent", decimal_member(layer, "percentage").value(), "%");
      result.records.push_back(std::move(record));
    }
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(trtexec_json, TrtexecJson)

}  // namespace hetscope

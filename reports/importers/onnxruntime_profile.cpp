// ONNX Runtime's profile, a Chrome trace: every execution of every node, in us, with the provider that ran it. The
// times are samples. Runs of the model are its events "model_run"; the first of each is a warm-up that nothing marks.
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "reports/importers/imported_row.hpp"
#include "reports/importers/json_text.hpp"
#include "reports/importers/registration.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

constexpr std::string_view kOnnxruntimeProfileTool = "onnxruntime_profile";
constexpr std::string_view kOnnxruntimeProfileTimer =
    "host time of the node's call under the profiler; where the provider only enqueues, the execution is not in it";
constexpr std::string_view kKernelSuffix = "_kernel_time";

// "cpu" for "CPUExecutionProvider".
std::string processor_of(const std::string& provider) {
  std::string_view name = provider;
  constexpr std::string_view kSuffix = "ExecutionProvider";
  if (name.ends_with(kSuffix)) name.remove_suffix(kSuffix.size());
  return lowered(name);
}

struct NodeKey {
  std::string node;  // "" for the model itself
  std::string type;
  std::string provider;
  auto operator<=>(const NodeKey&) const = default;
};

class OnnxruntimeProfile final : public Importer {
 public:
  std::string_view name() const override { return "onnxruntime_profile"; }
  std::string_view description() const override { return "ONNX Runtime profile, JSON trace"; }
  int detects(std::string_view text) const override {
    const bool is_list = trimmed(text.substr(0, 64)).starts_with('[');
    return is_list && contains(text, "\"cat\"") && contains(text, "\"dur\"") &&
                   (contains(text, kKernelSuffix) || contains(text, "\"model_run\""))
               ? 90
               : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kOnnxruntimeProfileTool;
    const ToolJson tool = repaired_json(input, result);
    if (tool.text.empty()) return result;
    if (tool.is_cut) result.remarks.emplace_back("the trace ends early; its whole events are read");
    const json events = parse_json(tool.text, input.path);
    if (!events.is_array()) return result;
    std::map<NodeKey, std::vector<double>> samples;
    for (const json& event : events) add_event(event, samples);
    for (const auto& [key, times] : samples) result.records.push_back(row_of_key(input, key, times));
    if (result.records.empty() && !events.empty()) {
      result.records.push_back(
          failed_row(model_case(input, kOnnxruntimeProfileTool, "", ""), nullptr, "the trace has no node and no run"));
    }
    return result;
  }

 private:
  static void add_event(const json& event, std::map<NodeKey, std::vector<double>>& samples) {
    const double time_ns = decimal_member(event, "dur").from_us();
    std::string name = text_member(event, "name");
    const std::string category = text_member(event, "cat");
    if (!(time_ns >= 0) || !std::isfinite(time_ns)) return;
    if (category == "Session" && name == "model_run") samples[NodeKey{}].push_back(time_ns);
    // Old versions also have the fences around each node.
    if (category != "Node" || !name.ends_with(kKernelSuffix)) return;
    name.resize(name.size() - kKernelSuffix.size());
    const json* args = find_member(event, "args");
    NodeKey key{name.empty() ? "unnamed" : name, "", ""};
    if (args != nullptr) key.type = text_member(*args, "op_name");
    if (args != nullptr) key.provider = text_member(*args, "provider");
    samples[key].push_back(time_ns);
  }

  static Record row_of_key(const ImportInput& input, const NodeKey& key, const std::vector<double>& times) {
    Case item = model_case(input, kOnnxruntimeProfileTool, "", processor_of(key.provider));
    set_text(item, "node", key.node);
    set_text(item, "node_type", key.type);
    Record record = row_of(std::move(item), nullptr,
                           key.node.empty() ? "host time of one run under the profiler" : kOnnxruntimeProfileTimer);
    add_latency(record, key.node.empty() ? "onnxruntime_model_run" : "onnxruntime_node", latency_of_samples(times));
    if (!key.provider.empty()) {
      record.placement.push_back({std::string(kUnknownProcessor), key.provider, "the event's provider"});
    }
    return record;
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(onnxruntime_profile, OnnxruntimeProfile)

}  // namespace hetscope

// The reports of OpenVINO's benchmark_app -json_stats: benchmark_report.json, where `latency_median` is the percentile
// that the user chose, and the counters' reports, with a mean per node (average) or a time per node and request
// (detailed).
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "reports/importers/imported_row.hpp"
#include "reports/importers/json_text.hpp"
#include "reports/importers/openvino_latency.hpp"
#include "reports/importers/registration.hpp"
#include "reports/importers/tools.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

// The C++ tool's name of a member, or the Python tool's.
Decimal either(const json& object, const char* name, const char* python_name) {
  return find_member(object, name) != nullptr ? decimal_member(object, name) : decimal_member(object, python_name);
}
std::string either_text(const json& object, const char* name, const char* python_name) {
  return find_member(object, name) != nullptr ? text_member(object, name) : text_member(object, python_name);
}

OpenvinoLatency latency_of(const json& results, const char* mean, std::int64_t percentile) {
  OpenvinoLatency latency{decimal_member(results, "latency_median"), percentile, either(results, mean, "avg latency"),
                          either(results, "latency_min", "min latency"), either(results, "latency_max", "max latency")};
  if (!results.is_object()) return latency;
  for (const auto& [name, value] : results.items()) {
    if (const std::int64_t of_name = openvino_percentile(name); of_name > 0) {
      latency.at_percentile = decimal_of(value);
      latency.percentile = of_name;
    }
  }
  return latency;
}

class OpenvinoJson final : public Importer {
 public:
  std::string_view name() const override { return "openvino_json"; }
  std::string_view description() const override { return "OpenVINO benchmark_app -json_stats, all reports"; }
  int detects(std::string_view text) const override {
    if (contains(text, "\"execution_results\"")) return 90;
    return contains(text, "\"avg_performance\"") || contains(text, "\"detailed_performance\"") ? 90 : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kOpenvinoTool;
    if (detects(input.text) == 0) return result;
    const ToolJson tool = repaired_json(input, result);
    if (tool.is_cut) throw Error("the JSON ends early", input.path, "copy the file again, or run the tool again");
    const json document = parse_json(tool.text, input.path);
    if (const json* results = find_member(document, "execution_results")) {
      add_report(input, document, *results, result);
    } else if (const json* mean = find_member(document, "avg_performance")) {
      add_nodes(input, {*mean}, true, result);
    } else if (const json* details = find_member(document, "detailed_performance"); details && details->is_array()) {
      add_nodes(input, details->get<std::vector<json>>(), false, result);
    }
    if (result.records.empty()) {
      result.records.push_back(
          failed_row(model_case(input, kOpenvinoTool, "", ""), nullptr, "the report holds no result"));
    }
    return result;
  }

 private:
  static Case case_of(const ImportInput& input, const json& document) {
    const json* setup = find_member(document, "configuration_setup");
    const json nothing = json::object();
    const json& known = setup != nullptr ? *setup : nothing;
    const json* options = find_member(document, "cmd_options");
    const std::string file = options == nullptr ? std::string() : either_text(*options, "m", "-m");
    Case item = model_case(input, kOpenvinoTool, openvino_model(text_member(known, "topology"), file),
                           openvino_processor(either_text(known, "target_device", "target device")));
    constexpr std::pair<const char*, const char*> kAxes[] = {{"precision", "precision"},
                                                             {"batch_size", "batch size"},
                                                             {"nireq", "number of parallel infer requests"},
                                                             {"benchmark_mode", "API"}};
    for (const auto& [axis, python_name] : kAxes) {
      const json* value = find_member(known, axis);
      if (value == nullptr) value = find_member(known, python_name);
      if (value == nullptr) continue;
      const std::optional<std::int64_t> number = decimal_of(*value).integer();
      if (number) item.set(axis, *number);
      if (!number && value->is_string()) set_text(item, axis, value->get<std::string>());
    }
    return item;
  }

  static void add_report(const ImportInput& input, const json& document, const json& results, ImportResult& result) {
    LineFinder lines(input.text);
    Record record = row_of(case_of(input, document), nullptr, kOpenvinoTimer);
    record.source->line = lines.next("\"execution_results\"");
    add_run_latency(results, record);
    add_metric(record, "throughput_per_s", decimal_member(results, "throughput").value(), "1/s");
    add_metric(record, "first_inference_ns",
               either(results, "first_inference_time", "first inference time (ms)").from_ms(), "ns");
    record.prepare_ns = either(results, "compile_model_time", "compile model time (ms)").from_ms();
    if (const std::string error = text_member(results, "error"); !error.empty()) {
      record.status = Status::failed;
      record.reason = "the report says: " + one_line(error.substr(0, 400));
    }
    result.records.push_back(std::move(record));
    const json* groups = find_member(results, "group_latencies");
    if (groups == nullptr || !groups->is_array()) return;
    for (const json& group : *groups) {
      Case item = case_of(input, document);
      set_text(item, "data_shape", text_member(group, "data_shape"));
      Record row = row_of(std::move(item), nullptr, kOpenvinoTimer);
      // In a group the average has another name than above.
      add_openvino_latency(
          row, latency_of(group, "latency_average", integer_member(results, "percentile_boundary").value_or(0)), 0);
      result.records.push_back(std::move(row));
    }
  }

  static void add_run_latency(const json& results, Record& record) {
    OpenvinoLatency latency =
        latency_of(results, "latency_avg", integer_member(results, "percentile_boundary").value_or(0));
    // The Python tool writes the averages of its groups under the same names: the last one is left.
    if (find_member(results, "group") != nullptr) latency.mean = latency.min = latency.max = Decimal();
    if (!std::isfinite(latency.mean.value()) && !std::isfinite(latency.at_percentile.value())) return;
    const std::int64_t n = either(results, "iterations_num", "total number of iterations").integer().value_or(0);
    if (latency.percentile != 50 && !std::isfinite(latency.mean.value())) {
      add_metric(record, "p" + std::to_string(latency.percentile) + "_ns", latency.at_percentile.from_ms(), "ns");
    } else {
      add_openvino_latency(record, latency, n);
    }
  }

  // Each of `requests` has the nodes of one request, or their means.
  static void add_nodes(const ImportInput& input, const std::vector<json>& requests, bool is_mean,
                        ImportResult& result) {
    struct Node {
      json first;
      std::vector<double> times_ns;
    };
    std::map<std::string, Node> nodes;
    for (const json& request : requests) {
      const json* list = find_member(request, "nodes");
      if (list == nullptr || !list->is_array()) continue;
      for (const json& node : *list) {
        Node& known = nodes[text_member(node, "name")];
        if (known.first.is_null()) known.first = node;
        const double time_ns = decimal_member(node, "real_time").from_ms();
        if (openvino_status(text_member(node, "status")) == "EXECUTED" && time_ns >= 0)
          known.times_ns.push_back(time_ns);
      }
    }
    for (const auto& [name, node] : nodes) {
      Case item = model_case(input, kOpenvinoTool, "", "");
      set_text(item, "node", name);
      set_text(item, "node_type", text_member(node.first, "node_type"));
      set_text(item, "exec_type", text_member(node.first, "exec_type"));
      Record record = row_of(std::move(item), nullptr, kOpenvinoNodeTimer);
      if (node.times_ns.empty()) {
        record.status = Status::skipped;
        record.reason = "the report says: " + openvino_status(text_member(node.first, "status"));
      } else {
        add_latency(record, "openvino_node",
                    is_mean ? printed_mean(node.times_ns.front(), 0) : latency_of_samples(node.times_ns));
      }
      result.records.push_back(std::move(record));
    }
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(openvino_json, OpenvinoJson)

}  // namespace hetscope

// clpeak's JSON: peaks of a device by test and metric, in the units it names. Version 2 is a list of entries, version 3
// devices with tests with metrics. How many runs a peak is of, and whether it is their best or their mean, is not in
// the file: rows have a metric and no latency.
#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "reports/importers/imported_row.hpp"
#include "reports/importers/json_text.hpp"
#include "reports/importers/registration.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

constexpr std::string_view kClpeakTool = "clpeak";
constexpr std::string_view kClpeakTimer = "clpeak's own calibrated loop; the file does not say which statistic of it";

const json& list_member(const json& value, const char* name) {
  static const json kNothing = json::array();
  const json* member = find_member(value, name);
  return member != nullptr && member->is_array() ? *member : kNothing;
}

// What a value is of.
struct Place {
  std::string backend;
  std::string platform;
  std::string device;
  std::string category;
  std::string test;
  std::string variant;
  std::string metric;
  std::string unit;
};

class Clpeak final : public Importer {
 public:
  std::string_view name() const override { return "clpeak"; }
  std::string_view description() const override { return "clpeak, JSON of versions 2 and 3"; }
  int detects(std::string_view text) const override {
    return contains(text, "\"clpeak_version\"") && (contains(text, "\"entries\"") || contains(text, "\"devices\"")) ? 90
                                                                                                                    : 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kClpeakTool;
    if (detects(input.text) == 0) return result;
    const ToolJson tool = repaired_json(input, result);
    if (tool.is_cut) result.remarks.emplace_back("the file ends early; its whole entries are read");
    if (tool.text.empty()) throw Error("the JSON ends early", input.path, "copy the file again, or run the tool again");
    const json document = parse_json(tool.text, input.path);
    result.tool_version = text_member(document, "clpeak_version");
    if (const json* cancelled = find_member(document, "cancelled"); cancelled != nullptr && *cancelled == true) {
      result.remarks.emplace_back("the run was cancelled; tests that are not there were not reached");
    }
    for (const json& entry : list_member(document, "entries")) {
      const Place place{text_member(entry, "backend"),  text_member(entry, "platform"), text_member(entry, "device"),
                        text_member(entry, "category"), text_member(entry, "test"),     "",
                        text_member(entry, "metric"),   text_member(entry, "unit")};
      result.records.push_back(row_of_value(input, place, entry));
    }
    for (const json& device : list_member(document, "devices")) add_device(input, device, result);
    if (result.records.empty()) {
      result.records.push_back(
          failed_row(tool_case(input, "device_probe", kClpeakTool, ""), nullptr, "the file holds no value"));
    }
    return result;
  }

 private:
  static void add_device(const ImportInput& input, const json& device, ImportResult& result) {
    Place place;
    place.backend = text_member(device, "backend");
    place.platform = text_member(device, "platform");
    place.device = text_member(device, "name");
    for (const json& test : list_member(device, "tests")) {
      place.category = text_member(test, "category");
      place.test = text_member(test, "id");
      place.variant = text_member(test, "variant");
      for (const json& metric : list_member(test, "metrics")) {
        place.metric = text_member(metric, "id");
        const std::string own_unit = text_member(metric, "unit");
        place.unit = own_unit.empty() ? text_member(test, "unit") : own_unit;
        result.records.push_back(row_of_value(input, place, metric));
      }
    }
  }

  static Record row_of_value(const ImportInput& input, const Place& place, const json& value) {
    Case item = tool_case(input, "device_probe", kClpeakTool, lowered(place.backend));
    set_text(item, "device", place.device);
    set_text(item, "platform", place.platform);
    set_text(item, "category", place.category);
    set_text(item, "test", place.test);
    set_text(item, "variant", place.variant);
    set_text(item, "metric", place.metric);
    Record record = row_of(std::move(item), nullptr, kClpeakTimer);
    if (find_member(value, "value") != nullptr) {
      add_metric(record, "value", decimal_member(value, "value").value(), place.unit);
      return record;
    }
    const std::string status = text_member(value, "status");
    const std::string reason = text_member(value, "reason");
    record.status = status == "unsupported" ? Status::unsupported
                    : status == "skipped"   ? Status::skipped
                                            : Status::failed;
    record.reason =
        one_line(reason.empty() ? "clpeak says: " + (status.empty() ? "no value" : status) : reason).substr(0, 400);
    return record;
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(clpeak, Clpeak)

}  // namespace hetscope

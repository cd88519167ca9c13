// ArchProbe's report (ArchProbeReport.json): what it concluded about a GPU's memories, caches and arithmetic, a row per
// aspect. Bandwidths come from the shortest time that it saw; no times are in the file, and no spread.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "reports/importers/imported_row.hpp"
#include "reports/importers/json_text.hpp"
#include "reports/importers/registration.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

constexpr std::string_view kArchprobeTool = "archprobe";
// It knows about twenty; each is looked for in the text, for its line.
constexpr std::size_t kMostAspects = 100;
constexpr std::string_view kArchprobeTimer = "ArchProbe's conclusion from the shortest times of its kernels";

std::string_view unit_of(const std::string& name) {
  if (name.ends_with("Bandwidth")) return "GB/s";
  if (name.ends_with("Gflops")) return "GFLOP/s";
  return "";
}

class Archprobe final : public Importer {
 public:
  std::string_view name() const override { return "archprobe"; }
  std::string_view description() const override { return "ArchProbe, ArchProbeReport.json"; }
  int detects(std::string_view text) const override {
    if (!contains(text, "\"Done\"")) return 0;
    for (const std::string_view aspect : {"\"ImageBandwidth\"", "\"BufferBandwidth\"", "\"WarpSizeMethodA\"",
                                          "\"RegCount\"", "\"BufferCachelineSize\"", "\"Gflops\""}) {
      if (contains(text, aspect)) return 90;
    }
    return 0;
  }
  ImportResult parse(const ImportInput& input) const override {
    ImportResult result;
    result.tool = kArchprobeTool;
    if (detects(input.text) == 0) return result;
    const ToolJson tool = repaired_json(input, result);
    if (tool.is_cut) throw Error("the JSON ends early", input.path, "copy the file again, or run the tool again");
    const json document = parse_json(tool.text, input.path);
    if (!document.is_object()) throw Error("is not an object", input.path);
    if (document.size() > kMostAspects) {
      throw Error(fmt::format("has {} aspects, and ArchProbe knows fewer than {}", document.size(), kMostAspects),
                  input.path, "give the file as ArchProbe wrote it");
    }
    for (const auto& [aspect, facts] : document.items()) {
      if (facts.is_object()) result.records.push_back(row_of_aspect(input, aspect, facts));
    }
    return result;
  }

 private:
  static Record row_of_aspect(const ImportInput& input, const std::string& aspect, const json& facts) {
    Case item = tool_case(input, "device_probe", kArchprobeTool, "opencl");
    set_text(item, "aspect", aspect.empty() ? "unnamed" : aspect);
    LineFinder lines(input.text);
    Record record = row_of(std::move(item), nullptr, kArchprobeTimer);
    record.source->line = lines.next("\"" + aspect + "\"");
    for (const auto& [name, value] : facts.items()) {
      if (value.is_number()) add_metric(record, name, decimal_of(value).value(), unit_of(name));
      if (value.is_string()) set_text(record.item, "found", joined(text_or_empty(record), name, value));
    }
    const json* done = find_member(facts, "Done");
    if (done == nullptr || !done->is_boolean() || !done->get<bool>()) {
      record.status = Status::failed;
      record.reason = "the report says that this aspect was not finished";
    }
    return record;
  }

  // Texts among the facts ("HalfArch": "SISD") stand in one axis, "FloatArch=SISD HalfArch=SISD".
  static std::string text_or_empty(const Record& record) { return record.item.text_or("found", ""); }
  static std::string joined(const std::string& before, const std::string& name, const json& value) {
    return before + (before.empty() ? "" : " ") + name + "=" + value.get<std::string>();
  }
};

}  // namespace

HETSCOPE_DEFINE_IMPORTER(archprobe, Archprobe)

}  // namespace hetscope

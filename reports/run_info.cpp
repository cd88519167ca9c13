// run.json as facts; see run_info.hpp.
#include "reports/run_info.hpp"

#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

std::string scalar_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "";
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Lists and objects one level down become "a, b" and "x=1, y=2".
std::string value_text(const json& value) {
  std::string result;
  if (value.is_array()) {
    for (const json& item : value) result += (result.empty() ? "" : ", ") + scalar_text(item);
    return result;
  }
  if (value.is_object()) {
    for (const auto& [name, item] : value.items()) {
      result += (result.empty() ? "" : ", ") + name + "=" + scalar_text(item);
    }
    return result;
  }
  return scalar_text(value);
}

Facts facts_of(const json& object) {
  Facts facts;
  for (const auto& [name, value] : object.items()) {
    if (std::string text = value_text(value); !text.empty()) facts.emplace_back(name, std::move(text));
  }
  return facts;
}

// Members of run.json by name and type; what is there with another type is a fault.
class Reader {
 public:
  Reader(const json& root, std::vector<std::string>& faults) : root_(root), faults_(faults) {}

  std::string text(const char* name) const {
    const json* value = member(name);
    return value == nullptr ? std::string() : value_text(*value);
  }
  Facts facts(const char* name) const {
    const json* value = member(name);
    if (value == nullptr || !expect(value->is_object(), name, "an object")) return {};
    return facts_of(*value);
  }
  std::vector<std::string> texts(const char* name) const {
    std::vector<std::string> result;
    const json* value = member(name);
    if (value == nullptr || !expect(value->is_array(), name, "a list")) return result;
    for (const json& item : *value) result.push_back(value_text(item));
    return result;
  }
  template <class Visit>
  void objects(const char* name, Visit visit) const {
    const json* value = member(name);
    if (value == nullptr || !expect(value->is_array(), name, "a list")) return;
    for (const json& item : *value) {
      if (expect(item.is_object(), name, "a list of objects")) visit(Reader(item, faults_), item);
    }
  }

 private:
  const json* member(const char* name) const {
    const auto found = root_.find(name);
    return found == root_.end() || found->is_null() ? nullptr : &*found;
  }
  bool expect(bool holds, const char* name, const char* type) const {
    if (!holds) faults_.push_back("run.json: '" + std::string(name) + "' is not " + type + "; left out");
    return holds;
  }

  const json& root_;
  std::vector<std::string>& faults_;
};

ProcessorFacts read_processor(const Reader& reader, const json& item) {
  ProcessorFacts processor;
  processor.name = reader.text("name");
  processor.kind = reader.text("kind");
  processor.model = reader.text("model");
  processor.runs_on_host_cpu = reader.text("runs_on_host_cpu") == "true";
  for (auto& fact : facts_of(item)) {
    if (fact.first == "details") continue;
    if (fact.first == "name" || fact.first == "kind" || fact.first == "model" || fact.first == "runs_on_host_cpu") {
      continue;
    }
    processor.others.push_back(std::move(fact));
  }
  const auto details = item.find("details");
  if (details != item.end() && details->is_object()) {
    for (auto& fact : facts_of(*details)) processor.others.push_back(std::move(fact));
  }
  return processor;
}

std::vector<std::string> command_of(const Reader& reader, const std::vector<ScenarioInfo>& scenarios) {
  std::vector<std::string> words{"hetscope", "run"};
  for (const ScenarioInfo& scenario : scenarios) {
    if (!scenario.path.empty()) words.push_back(scenario.path);
  }
  for (std::string& line : reader.texts("cases")) words.insert(words.end(), {"--case", std::move(line)});
  if (std::string filter = reader.text("filter"); !filter.empty()) {
    words.insert(words.end(), {"--filter", std::move(filter)});
  }
  if (words.size() == 2) return {};
  words.insert(words.end(), {"--out", "DIR"});
  return words;
}

}  // namespace

std::string fact_of(const Facts& facts, std::string_view name) {
  for (const auto& [key, value] : facts) {
    if (key == name) return value;
  }
  return "";
}

std::string_view whole_processor(std::string_view name) { return name.substr(0, name.find_first_of("/@")); }

const ProcessorFacts* RunInfo::processor(std::string_view name) const {
  const std::string_view whole = whole_processor(name);
  const ProcessorFacts* found = nullptr;
  for (const ProcessorFacts& item : processors) {
    if (item.name == name) return &item;
    if (item.name == whole) found = &item;
  }
  return found;
}

std::string RunInfo::processor_label(std::string_view name) const {
  std::string label(name);
  const bool is_opencl = name.substr(0, 6) == "opencl";
  const ProcessorFacts* facts = processor(name);
  if (facts != nullptr && facts->runs_on_host_cpu && (is_opencl || facts->kind != "cpu")) return label + " (host CPU)";
  if (facts == nullptr && is_opencl) return label + " (kind not recorded)";
  return label;
}

RunInfo read_run_info(const LoadedRun& run) {
  RunInfo info;
  info.directory = run.directory;
  if (run.run_json.empty()) {
    info.faults.push_back("run.json is missing: what measured, with what build and on which processors is not known");
    return info;
  }
  json root;
  try {
    root = parse_json(run.run_json, "run.json");
  } catch (const Error& error) {
    info.faults.push_back(error.what());
    return info;
  }
  if (!root.is_object()) {
    info.faults.push_back("run.json is not an object; left out");
    return info;
  }
  const Reader reader(root, info.faults);
  info.run_uuid = reader.text("run_uuid");
  info.started_at = reader.text("started_at");
  reader.objects("scenarios", [&](const Reader& item, const json&) {
    info.scenarios.push_back(
        {item.text("name"), item.text("title"), item.text("question"), item.text("path"), item.text("sha256")});
  });
  info.host = reader.facts("host");
  info.build = reader.facts("build");
  reader.objects("processors", [&](const Reader& item, const json& value) {
    info.processors.push_back(read_processor(item, value));
  });
  info.imported = reader.facts("imported_from");
  info.missing = reader.texts("missing");
  info.command = reader.texts("argv");
  if (info.command.empty()) info.command = command_of(reader, info.scenarios);
  return info;
}

}  // namespace hetscope

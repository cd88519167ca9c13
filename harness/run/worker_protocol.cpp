// The lines between supervisor and worker, both ways.
#include "harness/run/worker_protocol.hpp"

#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "harness/run/worker_process.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

template <class Enum>
Enum parse_enum(const std::string& name, std::initializer_list<Enum> values) {
  for (const Enum value : values) {
    if (to_string(value) == name) return value;
  }
  throw Error("'" + name + "' is not known");
}

json group_to_json(const PlannedGroup& group) {
  json cases = json::array();
  for (const PlannedCase& planned : group.cases) {
    cases.push_back({{"case", planned.line}, {"baseline", group.baseline_of(planned.line)}});
  }
  return {{"key", group.key},           {"scenario", group.scenario},   {"cases", std::move(cases)},
          {"budget_s", group.budget_s}, {"timeout_s", group.timeout_s}, {"energy", group.energy},
          {"soak", group.soak}};
}

PlannedGroup group_from_json(const json& value) {
  PlannedGroup group;
  group.key = value.at("key").get<std::string>();
  group.scenario = value.at("scenario").get<std::string>();
  group.budget_s = value.at("budget_s").get<double>();
  group.timeout_s = value.at("timeout_s").get<double>();
  group.energy = value.at("energy").get<bool>();
  group.soak = value.at("soak").get<bool>();
  for (const json& item : value.at("cases")) {
    group.cases.push_back({item.at("case").get<std::string>()});
    group.cases.back().item();  // a line that is none is told here
    // Each member but the baseline itself names it.
    if (const auto baseline = item.at("baseline").get<std::string>(); !baseline.empty()) group.baseline = baseline;
  }
  return group;
}

json identity_to_json(const RunIdentity& identity) {
  return {{"run_uuid", identity.run_uuid},
          {"session", identity.session},
          {"boot", identity.boot},
          {"device_model", identity.device_model},
          {"device_unit", identity.device_unit}};
}

RunIdentity identity_from_json(const json& value) {
  return {value.at("run_uuid").get<std::string>(), value.at("session").get<std::string>(),
          value.at("boot").get<std::string>(), value.at("device_model").get<std::string>(),
          value.at("device_unit").get<std::string>()};
}

json processor_to_json(const ProcessorInfo& info) {
  return {{"name", info.name},
          {"kind", to_string(info.kind)},
          {"program_model", to_string(info.program_model)},
          {"model", info.model},
          {"driver", info.driver},
          {"compute_units", info.compute_units},
          {"memory_bytes", info.memory_bytes},
          {"max_allocation_bytes", info.max_allocation_bytes},
          {"cache_bytes", info.cache_bytes},
          {"runs_on_host_cpu", info.runs_on_host_cpu},
          {"details", info.details}};
}

ProcessorInfo processor_from_json(const json& value) {
  ProcessorInfo info;
  info.name = value.at("name").get<std::string>();
  info.kind = parse_enum(value.at("kind").get<std::string>(),
                         {ProcessorKind::cpu, ProcessorKind::gpu, ProcessorKind::npu, ProcessorKind::accelerator});
  info.program_model = parse_enum(value.at("program_model").get<std::string>(),
                                  {ProgramModel::host_function, ProgramModel::opencl_c, ProgramModel::submodel});
  info.model = value.at("model").get<std::string>();
  info.driver = value.at("driver").get<std::string>();
  info.compute_units = value.at("compute_units").get<int>();
  info.memory_bytes = value.at("memory_bytes").get<std::int64_t>();
  info.max_allocation_bytes = value.at("max_allocation_bytes").get<std::int64_t>();
  info.cache_bytes = value.at("cache_bytes").get<std::int64_t>();
  info.runs_on_host_cpu = value.at("runs_on_host_cpu").get<bool>();
  info.details = value.at("details").get<std::vector<std::pair<std::string, std::string>>>();
  return info;
}

// Calls `read` and words what nlohmann throws for a wrong type or a missing name.
template <class Read>
auto checked(const std::string& line, const char* what, Read&& read) {
  const json document = parse_json(line, what);
  try {
    return read(document);
  } catch (const json::exception& error) {
    throw Error(error.what(), what);
  }
}

}  // namespace

std::string request_line(const RunRequest& request) {
  return dump_line({{"run",
                     {{"group", group_to_json(request.group)},
                      {"identity", identity_to_json(request.identity)},
                      {"meter", request.meter}}}});
}

std::string discover_line(const std::vector<std::string>& skip) { return dump_line({{"discover", {{"skip", skip}}}}); }

Request parse_request(const std::string& line) {
  return checked(line, "request", [](const json& document) {
    Request request;
    if (document.contains("run")) {
      const json& run = document.at("run");
      request.run = RunRequest{group_from_json(run.at("group")), identity_from_json(run.at("identity")),
                               run.at("meter").get<std::string>()};
    } else {
      request.discover_skip = document.at("discover").at("skip").get<std::vector<std::string>>();
    }
    return request;
  });
}

std::string hello_line() { return dump_line({{"hello", kWorkerHello}}); }
std::string record_line(const Record& record) { return dump_line({{"record", to_json(record)}}); }
std::string looking_line(const std::string& what) { return dump_line({{"looking", what}}); }
std::string done_line() { return dump_line({{"done", true}}); }

std::string discovery_line(const Discovery& discovery, const std::vector<std::string>& meters) {
  json found = json::array();
  for (const ProcessorInfo& info : discovery.found) found.push_back(processor_to_json(info));
  return dump_line({{"found", std::move(found)}, {"missing", discovery.missing}, {"meters", meters}});
}

Answer parse_answer(const std::string& line) {
  return checked(line, "answer", [](const json& document) {
    Answer answer;
    if (document.contains("record")) {
      answer.record = record_from_json(document.at("record"), "answer");
    } else if (document.contains("looking")) {
      answer.looking = document.at("looking").get<std::string>();
    } else if (document.contains("found")) {
      for (const json& info : document.at("found")) answer.discovery.found.push_back(processor_from_json(info));
      answer.discovery.missing = document.at("missing").get<std::vector<std::string>>();
      answer.meters = document.at("meters").get<std::vector<std::string>>();
    } else {
      answer.done = document.at("done").get<bool>();
    }
    return answer;
  });
}

}  // namespace hetscope

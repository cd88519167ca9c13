// Both directions of the conversation with a baseline.
#include "harness/run/baseline_protocol.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxTextBytes = 4096;
constexpr std::size_t kMaxMembers = 100;
constexpr std::size_t kMaxSamples = 1'000'000;
constexpr std::int64_t kMaxSampleNs = 86'400'000'000'000;  // a day
constexpr std::size_t kMaxRank = 8;

Error broken(const std::string& problem) { return Error("an answer that cannot be understood: " + problem); }

// On one line and of a length that a report can show.
std::string short_text(std::string text) {
  if (text.size() > kMaxTextBytes) {
    text.resize(kMaxTextBytes);
    text += "...";
  }
  return one_line(std::move(text));
}

const json& member(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) throw broken(std::string("'") + name + "' is missing");
  return *found;
}

std::string text(const json& object, const char* name) {
  const json& value = member(object, name);
  if (!value.is_string()) throw broken(std::string("'") + name + "' is no text");
  return short_text(value.get<std::string>());
}

std::string reason_of(const json& object) {
  std::string reason = text(object, "reason");
  return reason.empty() ? "it gave no reason" : reason;
}

// A list or an object with no more members than anyone needs; an absent one is empty.
json bounded(const json& object, const char* name, json::value_t type, std::size_t most) {
  const auto found = object.find(name);
  if (found == object.end()) return json(type);
  if (found->type() != type) throw broken(std::string("'") + name + "' is of the wrong type");
  if (found->size() > most)
    throw broken(std::string("'") + name + "' has more than " + std::to_string(most) + " members");
  return *found;
}

std::int64_t integer(const json& value, const char* name, std::int64_t low, std::int64_t high) {
  // An unsigned number above the limit must not wrap.
  if (!value.is_number_integer() ||
      (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{1} << 62)) {
    throw broken(std::string("'") + name + "' holds " + short_text(value.dump()).substr(0, 40) + ", no integer");
  }
  const auto number = value.get<std::int64_t>();
  if (number < low || number > high) {
    throw broken(std::string("'") + name + "' holds " + std::to_string(number) + ", which is not from " +
                 std::to_string(low) + " to " + std::to_string(high));
  }
  return number;
}

std::vector<std::int64_t> read_samples(const json& object) {
  const json& values = member(object, "ns");
  if (!values.is_array()) throw broken("'ns' is no list");
  if (values.size() > kMaxSamples) throw broken("'ns' has more than 1,000,000 members");
  std::vector<std::int64_t> samples;
  samples.reserve(values.size());
  for (const json& value : values) samples.push_back(integer(value, "ns", 1, kMaxSampleNs));
  return samples;
}

BaselineTensor read_tensor(const json& object) {
  if (!object.is_object()) throw broken("a tensor is no object");
  BaselineTensor tensor{text(object, "name"), text(object, "dtype"), {}, text(object, "path")};
  if (tensor.dtype != "f32" && tensor.dtype != "i32") throw broken("dtype '" + tensor.dtype + "' is not f32 or i32");
  const json shape = bounded(object, "shape", json::value_t::array, kMaxRank);
  for (const json& extent : shape) tensor.shape.push_back(integer(extent, "shape", 1, std::int64_t{1} << 40));
  return tensor;
}

Metric read_metric(const json& object) {
  if (!object.is_object()) throw broken("a metric is no object");
  const json& value = member(object, "value");
  if (!value.is_number() || !std::isfinite(value.get<double>())) throw broken("a metric's value is no number");
  return {value.get<double>(), text(object, "unit"), ""};
}

void read_evidence(const json& object, BaselineAnswer& answer) {
  const json placement = bounded(object, "placement", json::value_t::array, kMaxMembers);
  for (const json& place : placement) {
    if (!place.is_object()) throw broken("a placement is no object");
    answer.placement.push_back({text(place, "requested"), text(place, "actual"), text(place, "evidence")});
  }
  const json metrics = bounded(object, "metrics", json::value_t::object, kMaxMembers);
  for (const auto& [name, value] : metrics.items()) answer.metrics[short_text(name)] = read_metric(value);
  const json notes = bounded(object, "notes", json::value_t::object, kMaxMembers);
  for (const auto& [name, value] : notes.items()) {
    if (!value.is_string()) throw broken("a note is no text");
    answer.notes[short_text(name)] = short_text(value.get<std::string>());
  }
  const json outputs = bounded(object, "outputs", json::value_t::array, kMaxBaselineTensors);
  for (const json& tensor : outputs) answer.outputs.push_back(read_tensor(tensor));
}

using Kind = BaselineAnswer::Kind;
constexpr std::pair<std::string_view, Kind> kKinds[] = {
    {"receipt", Kind::receipt},         {"ready", Kind::ready},
    {"samples", Kind::samples},         {"report", Kind::report},
    {"unsupported", Kind::unsupported}, {"skipped", Kind::skipped},
    {"failed", Kind::failed},
};

json tensor_to_json(const BaselineTensor& tensor) {
  return {{"name", tensor.name}, {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"path", tensor.path}};
}

}  // namespace

std::string load_line(const BaselineLoad& load) {
  json inputs = json::array();
  for (const BaselineTensor& tensor : load.inputs) inputs.push_back(tensor_to_json(tensor));
  json outputs = json::array();
  for (const BaselineTensor& tensor : load.outputs) outputs.push_back({{"name", tensor.name}, {"shape", tensor.shape}});
  return dump_line({{"request", "load"},
                    {"protocol", kBaselineProtocol},
                    {"model", {{"path", load.model}, {"sha256", load.sha256}}},
                    {"inputs", std::move(inputs)},
                    {"outputs", std::move(outputs)},
                    {"precision", load.precision},
                    {"device", load.device},
                    {"threads", load.threads},
                    {"affinity", load.affinity},
                    {"work", load.work},
                    {"conversions", load.conversions}});
}

std::string run_line(std::int64_t iterations) { return dump_line({{"request", "run"}, {"iterations", iterations}}); }
std::string report_line() { return dump_line({{"request", "report"}}); }

std::optional<BaselineAnswer> parse_baseline_answer(std::string_view line) {
  if (line.empty() || line.front() != '{') return std::nullopt;
  json object;
  try {
    object = parse_json(line, "a baseline's answer");
  } catch (const Error&) {
    return std::nullopt;
  }
  const auto kind = object.find("answer");
  if (kind == object.end()) return std::nullopt;
  BaselineAnswer answer;
  const std::string word = text(object, "answer");
  const auto* found =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](const auto& entry) { return entry.first == word; });
  if (found == std::end(kKinds)) throw broken("'" + word.substr(0, 40) + "' is no answer");
  answer.kind = found->second;
  switch (answer.kind) {
    case Kind::receipt:
      if (text(object, "protocol") != kBaselineProtocol) {
        throw broken("it speaks '" + text(object, "protocol") + "', not '" + std::string(kBaselineProtocol) + "'");
      }
      answer.name = text(object, "name");
      answer.version = text(object, "version");
      read_evidence(object, answer);
      break;
    case Kind::samples:
      answer.samples_ns = read_samples(object);
      break;
    case Kind::ready:
    case Kind::report:
      read_evidence(object, answer);
      break;
    case Kind::unsupported:
    case Kind::skipped:
    case Kind::failed:
      answer.reason = reason_of(object);
      break;
  }
  return answer;
}

}  // namespace hetscope

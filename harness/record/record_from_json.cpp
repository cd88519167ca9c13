// The JSON object of docs/record.md as a Record. Each complaint names the place as a JSON pointer; names that are not
// known are passed over, so that a record with more in it can still be read.
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

// One value of the document and the way to it.
class Node {
 public:
  Node(const json& value, std::string_view where) : value_(&value), where_(where) {}

  const json& value() const { return *value_; }
  bool is_null() const { return value_->is_null(); }

  Error fault(const std::string& what) const {
    const std::string place = pointer_.empty() ? std::string() : "at " + pointer_;
    return Error(what,
                 where_.empty() || place.empty() ? std::string(where_) + place : std::string(where_) + " " + place);
  }
  Error wrong_type(const char* wanted) const {
    return fault(std::string("is ") + value_->type_name() + ", not " + wanted);
  }

  Node child(const json& value, const std::string& name) const {
    Node result(value, where_);
    result.pointer_ = pointer_ + "/" + name;
    return result;
  }
  Node operator[](const char* name) const {
    if (!value_->is_object()) throw wrong_type("an object");
    const auto found = value_->find(name);
    if (found == value_->end()) throw fault(std::string("has no '") + name + "'");
    return child(*found, name);
  }
  // Null when the name is not there: fields that came later, or that writers by hand leave out.
  Node optional_member(const char* name) const {
    static const json kNull;
    if (!value_->is_object()) throw wrong_type("an object");
    const auto found = value_->find(name);
    return child(found == value_->end() ? kNull : *found, name);
  }

  std::string text() const {
    if (!value_->is_string()) throw wrong_type("a text");
    return value_->get<std::string>();
  }
  std::string text_or_empty() const { return is_null() ? std::string() : text(); }
  bool boolean() const {
    if (!value_->is_boolean()) throw wrong_type("a boolean");
    return value_->get<bool>();
  }
  double number() const {
    if (!value_->is_number()) throw wrong_type("a number");
    return value_->get<double>();
  }
  double number_or(double fallback) const { return is_null() ? fallback : number(); }
  double number_or_nan() const { return number_or(std::numeric_limits<double>::quiet_NaN()); }
  std::optional<double> optional_number() const { return is_null() ? std::nullopt : std::optional<double>(number()); }

  template <class T = std::int64_t>
  T integer() const {
    if (value_->is_number_float()) {
      // 64.0 is an integer to JSON Schema; beyond 2^53 a float no longer says which one.
      const double real = value_->get<double>();
      if (real != std::trunc(real) || std::abs(real) > 9007199254740992.0) throw wrong_type("an integer");
      return narrow<T>(static_cast<std::int64_t>(real));
    }
    if (!value_->is_number_integer()) throw wrong_type("an integer");
    if (value_->is_number_unsigned() &&
        value_->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      throw fault("is out of range");
    }
    return narrow<T>(value_->get<std::int64_t>());
  }

  template <class Visit>
  void for_each_item(Visit&& visit) const {
    if (!value_->is_array()) throw wrong_type("a list");
    std::size_t index = 0;
    for (const json& item : *value_) visit(child(item, std::to_string(index++)));
  }
  template <class Visit>
  void for_each_member(Visit&& visit) const {
    if (!value_->is_object()) throw wrong_type("an object");
    for (const auto& [name, member] : value_->items()) visit(name, child(member, name));
  }
  template <class T>
  std::vector<T> integers() const {
    std::vector<T> result;
    for_each_item([&result](const Node& item) { result.push_back(item.integer<T>()); });
    return result;
  }

 private:
  template <class T>
  T narrow(std::int64_t value) const {
    if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) throw fault("is out of range");
    return static_cast<T>(value);
  }

  const json* value_;
  std::string_view where_;
  std::string pointer_;
};

// Only another tool's row may lack figures, or have a mean in place of a median.
LatencyRecord read_latency(const Node& node, bool is_imported) {
  LatencyRecord latency;
  if (const Node statistic = node.optional_member("statistic"); !statistic.is_null()) {
    const std::string name = statistic.text();
    if (name != "median" && (name != "mean" || !is_imported)) {
      throw statistic.fault(is_imported ? "is neither 'median' nor 'mean'" : "is not 'median' without a 'source'");
    }
    if (name == "mean") latency.statistic = Statistic::mean;
  }
  const bool is_mean = latency.statistic == Statistic::mean;
  const auto figure = [&node, is_imported](const char* name, bool is_principal) {
    return is_principal || !is_imported ? node[name].number() : node[name].number_or_nan();
  };
  latency.median_ns = figure("median_ns", !is_mean);
  latency.p05_ns = figure("p05_ns", false);
  latency.p95_ns = figure("p95_ns", false);
  latency.mean_ns = figure("mean_ns", is_mean);
  std::vector<double> ends;
  if (const Node interval = node["ci95_ns"]; interval.is_null() && is_imported) {
    ends.assign(2, std::numeric_limits<double>::quiet_NaN());
  } else {
    interval.for_each_item([&ends](const Node& end) { ends.push_back(end.number()); });
  }
  if (ends.size() != 2) throw node["ci95_ns"].fault("is not [low, high]");
  latency.ci95_low_ns = ends[0];
  latency.ci95_high_ns = ends[1];
  if (const Node n = node["n"]; !n.is_null() || !is_imported) latency.n = n.integer();
  if (const Node size = node.optional_member("effective_n"); !size.is_null()) latency.effective_n = size.number();
  latency.converged = node["converged"].boolean();
  latency.steady = node["steady"].boolean();
  latency.stop_rule = node["stop_rule"].text();
  latency.discarded = node["discarded"].integer();
  latency.rounds = node["rounds"].integers<std::int32_t>();
  latency.order = node["order"].integers<std::int32_t>();
  latency.iterations = node["iterations"].integers<std::int64_t>();
  node["totals_ns"].for_each_item(
      [&latency](const Node& total) { latency.totals_ns.push_back(total.number_or_nan()); });
  const std::size_t samples = latency.totals_ns.size();
  if (latency.rounds.size() != samples || latency.order.size() != samples || latency.iterations.size() != samples) {
    throw node.fault("the lists rounds, order, iterations and totals_ns differ in length");
  }
  return latency;
}

VerifyRecord read_verify(const Node& node) {
  // An error too large for a number was written as null; infinity keeps it above every tolerance.
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  VerifyRecord verify;
  verify.max_abs_error = node["max_abs_error"].number_or(kInfinity);
  verify.max_scaled_error = node["max_scaled_error"].number_or(kInfinity);
  verify.atol = node["tolerance"]["atol"].number();
  verify.rtol = node["tolerance"]["rtol"].number();
  verify.checked = node["checked"].integer();
  return verify;
}

// [low, high], or none for null.
std::optional<std::pair<double, double>> read_pair(const Node& node) {
  if (node.is_null()) return std::nullopt;
  std::vector<double> ends;
  node.for_each_item([&ends](const Node& end) { ends.push_back(end.number()); });
  if (ends.size() != 2) throw node.fault("is not [low, high]");
  return std::pair(ends[0], ends[1]);
}

void read_window(const Node& node, EnergyRecord& energy) {
  energy.updates = node["updates"].integer();
  energy.period_s = node.optional_member("period_s").optional_number();
  if (const Node aligned = node.optional_member("aligned"); !aligned.is_null()) energy.aligned = aligned.boolean();
  energy.idle_before_w = node.optional_member("idle_before_w").optional_number();
  energy.idle_after_w = node.optional_member("idle_after_w").optional_number();
  energy.background_load = node.optional_member("background_load").optional_number();
  const Node segments = node.optional_member("segments");
  if (segments.is_null()) return;
  segments["energy_j"].for_each_item([&](const Node& value) { energy.segment_j.push_back(value.number_or_nan()); });
  segments["busy_ns"].for_each_item([&](const Node& value) { energy.segment_ns.push_back(value.number_or_nan()); });
  energy.segment_runs = segments["runs"].integers<std::int64_t>();
  if (energy.segment_ns.size() != energy.segment_j.size() || energy.segment_runs.size() != energy.segment_j.size()) {
    throw segments.fault("the lists energy_j, busy_ns and runs differ in length");
  }
}

EnergyRecord read_energy(const Node& node) {
  EnergyRecord energy;
  energy.value_j = node["value_j"].optional_number();
  energy.dynamic_j = node.optional_member("dynamic_j").optional_number();
  energy.kind = node["kind"].text();
  energy.meter = node["meter"].text();
  energy.scope = node["scope"].text_or_empty();
  energy.window_s = node["window_s"].optional_number();
  if (const Node runs = node["runs"]; !runs.is_null()) energy.runs = runs.integer();
  energy.idle_w = node["idle_w"].optional_number();
  energy.reason = node["reason"].text();
  energy.method = node.optional_member("method").text_or_empty();
  energy.ci95_j = read_pair(node.optional_member("ci95_j"));
  if (const Node updates = node.optional_member("updates"); !updates.is_null()) read_window(node, energy);
  if (const Node model = node.optional_member("model"); !model.is_null()) {
    energy.model = EnergyModelRecord{model["name"].text(), model["version"].text(), model["source"].text(),
                                     model["sha256"].text()};
  }
  return energy;
}

SourceRecord read_source(const Node& node) {
  SourceRecord source;
  source.tool = node["tool"].text();
  source.tool_version = node["tool_version"].text();
  source.parser = node["parser"].text();
  source.file_sha256 = node["file_sha256"].text();
  if (const Node line = node["line"]; !line.is_null()) source.line = line.integer();
  source.timer = node["timer"].text();
  return source;
}

BatteryRecord read_battery(const Node& node) {
  BatteryRecord battery;
  if (const Node percent = node["percent"]; !percent.is_null()) battery.percent = percent.integer();
  battery.status = node["status"].text();
  battery.temp_c = node["temp_c"].optional_number();
  return battery;
}

BlockSpeedRecord read_speed(const Node& node) {
  return {node["blocks"].integer(), node["slow"].integer(),    node["discarded"].integer(),
          node["slowest"].number(), node["cooled_s"].number(), node["gave_up_cooling"].boolean()};
}

void read_moving_conditions(const Node& node, ConditionsRecord& conditions) {
  const auto read_khz = [&](const char* name, std::map<std::string, std::int64_t>& khz) {
    const Node values = node.optional_member(name);
    if (values.is_null()) return;
    values.for_each_member([&](const std::string& part, const Node& value) { khz[part] = value.integer(); });
  };
  const auto read_celsius = [&](const char* name, std::map<std::string, double>& celsius) {
    const Node values = node.optional_member(name);
    if (values.is_null()) return;
    values.for_each_member([&](const std::string& zone, const Node& value) { celsius[zone] = value.number(); });
  };
  read_khz("before_khz", conditions.before_khz);
  read_khz("lowest_khz", conditions.lowest_khz);
  read_celsius("before_c", conditions.before_c);
  read_celsius("hottest_c", conditions.hottest_c);
}

ConditionsRecord read_conditions(const Node& node) {
  ConditionsRecord conditions;
  conditions.launch = node["launch"].text();
  conditions.affinity = node["affinity"].integers<int>();
  node["freq_khz"].for_each_member(
      [&](const std::string& name, const Node& value) { conditions.freq_khz[name] = value.integer(); });
  node["temp_c"].for_each_member(
      [&](const std::string& name, const Node& value) { conditions.temp_c[name] = value.number(); });
  conditions.load = node["load"].number_or_nan();
  conditions.governor = node.optional_member("governor").text_or_empty();
  read_moving_conditions(node, conditions);
  if (const Node cooling = node.optional_member("cooling"); !cooling.is_null()) {
    cooling.for_each_item([&](const Node& device) { conditions.cooling.push_back(device.text()); });
  }
  if (const Node battery = node.optional_member("battery"); !battery.is_null()) {
    conditions.battery = read_battery(battery);
  }
  conditions.screen = node.optional_member("screen").text_or_empty();
  conditions.cpuset = node.optional_member("cpuset").text_or_empty();
  conditions.thermal_status = node.optional_member("thermal_status").text_or_empty();
  if (const Node speed = node.optional_member("speed"); !speed.is_null()) conditions.speed = read_speed(speed);
  return conditions;
}

// Is `written` what the text of a record shows of `name`? The case line escapes every byte, JSON replaces those that
// are not UTF-8 (a driver's vendor name in Latin-1).
bool shows(const std::string& written, const std::string& name) {
  return written == name || written == json::parse(dump_line(name)).get<std::string>();
}

// The case line is what counts; the parts beside it are for readers without a parser of case lines, and must agree.
void read_case(const Node& root, Record& record) {
  const Node line = root["case"];
  try {
    record.item = Case::parse(line.text());
  } catch (const Error& error) {
    throw line.fault(error.what());
  }
  if (!shows(root["operation"].text(), record.item.operation())) throw root["operation"].fault("disagrees with 'case'");
  if (!shows(root["kernel"].text(), record.item.kernel())) throw root["kernel"].fault("disagrees with 'case'");
  const std::vector<std::string>& names = record.item.processors();
  std::size_t count = 0;
  root["processors"].for_each_item([&](const Node& name) {
    if (count >= names.size() || !shows(name.text(), names[count])) throw name.fault("disagrees with 'case'");
    ++count;
  });
  if (count != names.size()) throw root["processors"].fault("disagrees with 'case'");
  if (!root["axes"].value().is_object()) throw root["axes"].wrong_type("an object");
}

void read_identity(const Node& root, Record& record) {
  record.run_uuid = root["run_uuid"].text();
  record.session = root["session"].text();
  record.boot = root["boot"].text();
  record.device_model = root["device"]["model"].text();
  record.device_unit = root["device"]["unit"].text();
  read_case(root, record);
  record.group = root["group"].text();
  record.baseline_case = root["baseline_case"].text_or_empty();
  record.scenario = root.optional_member("scenario").text_or_empty();
  const Node status = root["status"];
  try {
    record.status = parse_status(status.text());
  } catch (const Error& error) {
    throw status.fault(error.what());
  }
  record.reason = root["reason"].text();
}

void read_latencies(const Node& root, Record& record) {
  record.clock = root["clock"].text_or_empty();
  root["latencies"].for_each_member([&](const std::string& name, const Node& value) {
    record.latencies[name] = read_latency(value, record.source.has_value());
  });
  if (!record.clock.empty() && record.latency() == nullptr) {
    throw root["clock"].fault("names a clock that 'latencies' does not have");
  }
  root["stages_ns"].for_each_member(
      [&](const std::string& name, const Node& value) { record.stages_ns[name] = value.number(); });
  record.prepare_ns = root["prepare"]["time_ns"].number_or_nan();
  record.prepare_bytes = root["prepare"]["bytes"].integer();
}

void read_energies(const Node& root, Record& record) {
  root["energies"].for_each_item([&](const Node& value) { record.energies.push_back(read_energy(value)); });
  const Node edp = root["edp_js"];
  if (edp.is_null()) return;
  const Node kind = root.optional_member("edp_kind");
  if (kind.is_null()) throw kind.fault("is missing beside a number in 'edp_js'");
  record.edp = EdpRecord{edp.number(), kind.text(), read_pair(root.optional_member("edp_ci95_js"))};
}

}  // namespace

Record record_from_json(const json& value, std::string_view where) {
  const Node root(value, where);
  if (const std::string schema = root["schema"].text(); schema != kRecordSchema) {
    throw Error("the record's schema is '" + schema + "'", std::string(where),
                "this hetscope reads " + std::string(kRecordSchema) + "; update it");
  }
  Record record;
  read_identity(root, record);
  if (const Node verify = root["verify"]; !verify.is_null()) record.verify = read_verify(verify);
  if (const Node source = root.optional_member("source"); !source.is_null()) record.source = read_source(source);
  read_latencies(root, record);
  read_energies(root, record);

  const Node work = root["work"];
  record.useful_bytes = work["bytes"].integer();
  record.useful_flops = work["flops"].integer();
  record.executed_bytes = work["executed_bytes"].integer();
  record.executed_flops = work["executed_flops"].integer();
  root["metrics"].for_each_member([&](const std::string& name, const Node& metric) {
    record.metrics[name] = {metric["value"].number_or_nan(), metric["unit"].text(),
                            metric.optional_member("roof").text_or_empty()};
  });
  if (const Node notes = root.optional_member("notes"); !notes.is_null()) {
    notes.for_each_member([&](const std::string& name, const Node& note) { record.notes[name] = note.text(); });
  }
  root["placement"].for_each_item([&](const Node& place) {
    record.placement.push_back({place["requested"].text(), place["actual"].text(), place["evidence"].text()});
  });
  record.conditions = read_conditions(root["conditions"]);
  return record;
}

}  // namespace hetscope

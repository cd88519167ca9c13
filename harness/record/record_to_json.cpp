// A Record as the JSON object of docs/record.md. What is missing is null, what is not finite never reaches the text.
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

// Whole numbers are written without ".0", which keeps the sample lists short; JSON does not tell them apart.
json number(double value) {
  constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
  if (!std::isfinite(value)) return nullptr;
  if (std::abs(value) <= kExactIntegers && value == std::trunc(value)) return static_cast<std::int64_t>(value);
  return value;
}

json number(const std::optional<double>& value) { return value ? number(*value) : json(nullptr); }
json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

template <class T>
json finite_numbers(const std::map<std::string, T>& values) {
  json object = json::object();
  for (const auto& [name, value] : values) {
    if (std::isfinite(static_cast<double>(value))) object[name] = number(static_cast<double>(value));
  }
  return object;
}

// A figure that another tool did not print is NaN; one that is infinite, or half an interval, is a broken latency.
bool is_finite(const LatencyRecord& latency, bool is_imported) {
  for (const double figure : {latency.median_ns, latency.p05_ns, latency.p95_ns, latency.mean_ns, latency.ci95_low_ns,
                              latency.ci95_high_ns}) {
    if (std::isinf(figure) || (std::isnan(figure) && !is_imported)) return false;
  }
  if (std::isnan(latency.ci95_low_ns) != std::isnan(latency.ci95_high_ns)) return false;
  return std::isfinite(latency.figure_ns());
}

json latency_to_json(const LatencyRecord& latency, bool is_imported, const std::string& where) {
  const std::size_t samples = latency.totals_ns.size();
  if (latency.rounds.size() != samples || latency.order.size() != samples || latency.iterations.size() != samples) {
    throw Error("the lists rounds, order, iterations and totals_ns differ in length", where);
  }
  json totals = json::array();
  for (const double total : latency.totals_ns) totals.push_back(number(total));
  json interval;
  if (!std::isnan(latency.ci95_low_ns)) {
    interval = json::array({number(latency.ci95_low_ns), number(latency.ci95_high_ns)});
  }
  json object = {{"median_ns", number(latency.median_ns)},
                 {"p05_ns", number(latency.p05_ns)},
                 {"p95_ns", number(latency.p95_ns)},
                 {"mean_ns", number(latency.mean_ns)},
                 {"ci95_ns", std::move(interval)},
                 {"n", latency.n > 0 || !is_imported ? json(latency.n) : json(nullptr)},
                 {"converged", latency.converged},
                 {"steady", latency.steady},
                 {"stop_rule", latency.stop_rule},
                 {"discarded", latency.discarded},
                 {"rounds", latency.rounds},
                 {"order", latency.order},
                 {"iterations", latency.iterations},
                 {"totals_ns", std::move(totals)}};
  if (latency.effective_n) object["effective_n"] = number(*latency.effective_n);
  // Left out where it says the usual, so that programs which do not know the name read our own rows.
  if (latency.statistic != Statistic::median) object["statistic"] = to_string(latency.statistic);
  return object;
}

json pair_or_null(const std::optional<std::pair<double, double>>& ends) {
  if (!ends || !std::isfinite(ends->first) || !std::isfinite(ends->second)) return nullptr;
  return json::array({number(ends->first), number(ends->second)});
}

json energy_to_json(const EnergyRecord& energy) {
  std::string reason = energy.reason;
  if (energy.value_j && !std::isfinite(*energy.value_j) && reason.empty()) reason = "the value is not a finite number";
  json object = {{"value_j", number(energy.value_j)},
                 {"dynamic_j", number(energy.dynamic_j)},
                 {"kind", energy.kind},
                 {"meter", energy.meter},
                 {"scope", text_or_null(energy.scope)},
                 {"window_s", number(energy.window_s)},
                 {"runs", energy.runs ? json(*energy.runs) : json(nullptr)},
                 {"idle_w", number(energy.idle_w)},
                 {"reason", reason}};
  if (!energy.method.empty()) object["method"] = energy.method;
  if (energy.ci95_j) object["ci95_j"] = pair_or_null(energy.ci95_j);
  if (energy.updates) {
    object["updates"] = *energy.updates;
    object["period_s"] = number(energy.period_s);
    object["aligned"] = energy.aligned;
    object["idle_before_w"] = number(energy.idle_before_w);
    object["idle_after_w"] = number(energy.idle_after_w);
    object["background_load"] = number(energy.background_load);
    json energies = json::array();
    json times = json::array();
    for (const double value : energy.segment_j) energies.push_back(number(value));
    for (const double value : energy.segment_ns) times.push_back(number(value));
    object["segments"] = {
        {"energy_j", std::move(energies)}, {"busy_ns", std::move(times)}, {"runs", energy.segment_runs}};
  }
  if (const auto& model = energy.model) {
    object["model"] = {
        {"name", model->name}, {"version", model->version}, {"source", model->source}, {"sha256", model->sha256}};
  }
  return object;
}

json metrics_to_json(const std::map<std::string, MetricRecord>& metrics) {
  json object = json::object();
  for (const auto& [name, metric] : metrics) {
    json entry = {{"value", number(metric.value)}, {"unit", metric.unit}};
    if (!metric.roof.empty()) entry["roof"] = metric.roof;
    object[name] = std::move(entry);
  }
  return object;
}

json verify_to_json(const std::optional<VerifyRecord>& verify) {
  if (!verify) return nullptr;
  return {{"max_abs_error", number(verify->max_abs_error)},
          {"max_scaled_error", number(verify->max_scaled_error)},
          {"tolerance", {{"atol", number(verify->atol)}, {"rtol", number(verify->rtol)}}},
          {"checked", verify->checked}};
}

json source_to_json(const SourceRecord& source) {
  return {{"tool", source.tool},
          {"tool_version", source.tool_version},
          {"parser", source.parser},
          {"file_sha256", source.file_sha256},
          {"line", source.line > 0 ? json(source.line) : json(nullptr)},
          {"timer", source.timer}};
}

json battery_to_json(const BatteryRecord& battery) {
  return {{"percent", battery.percent ? json(*battery.percent) : json(nullptr)},
          {"status", battery.status},
          {"temp_c", number(battery.temp_c)}};
}

json speed_to_json(const BlockSpeedRecord& speed) {
  return {{"blocks", speed.blocks},
          {"slow", speed.slow},
          {"discarded", speed.discarded},
          {"slowest", number(speed.slowest)},
          {"cooled_s", number(speed.cooled_s)},
          {"gave_up_cooling", speed.gave_up_cooling}};
}

json conditions_to_json(const ConditionsRecord& conditions) {
  json object = {{"launch", conditions.launch},     {"affinity", conditions.affinity},
                 {"freq_khz", conditions.freq_khz}, {"temp_c", finite_numbers(conditions.temp_c)},
                 {"load", number(conditions.load)}, {"governor", conditions.governor}};
  if (!conditions.before_khz.empty()) object["before_khz"] = conditions.before_khz;
  if (!conditions.lowest_khz.empty()) object["lowest_khz"] = conditions.lowest_khz;
  if (!conditions.before_c.empty()) object["before_c"] = finite_numbers(conditions.before_c);
  if (!conditions.hottest_c.empty()) object["hottest_c"] = finite_numbers(conditions.hottest_c);
  if (!conditions.cooling.empty()) object["cooling"] = conditions.cooling;
  if (conditions.battery) object["battery"] = battery_to_json(*conditions.battery);
  if (!conditions.screen.empty()) object["screen"] = conditions.screen;
  if (!conditions.cpuset.empty()) object["cpuset"] = conditions.cpuset;
  if (!conditions.thermal_status.empty()) object["thermal_status"] = conditions.thermal_status;
  if (conditions.speed) object["speed"] = speed_to_json(*conditions.speed);
  return object;
}

void add_identity(const Record& record, json& object) {
  json axes = json::object();
  for (const auto& [name, value] : record.item.axes()) axes[name] = axis_to_json(value);
  object["schema"] = kRecordSchema;
  object["run_uuid"] = record.run_uuid;
  object["session"] = record.session;
  object["boot"] = record.boot;
  object["device"] = {{"model", record.device_model}, {"unit", record.device_unit}};
  object["case"] = record.item.line();
  object["operation"] = record.item.operation();
  object["kernel"] = record.item.kernel();
  object["processors"] = record.item.processors();
  object["axes"] = std::move(axes);
  object["group"] = record.group;
  object["baseline_case"] = text_or_null(record.baseline_case);
  object["scenario"] = record.scenario;
  object["status"] = to_string(record.status);
  object["reason"] = record.reason;
}

}  // namespace

json to_json(const Record& record) {
  json object;
  add_identity(record, object);
  object["verify"] = verify_to_json(record.verify);

  json latencies = json::object();
  for (const auto& [clock, latency] : record.latencies) {
    if (!is_finite(latency, record.source.has_value())) continue;
    latencies[clock] = latency_to_json(latency, record.source.has_value(), record.item.line());
  }
  object["clock"] = latencies.contains(record.clock) ? json(record.clock) : json(nullptr);
  object["latencies"] = std::move(latencies);
  object["stages_ns"] = finite_numbers(record.stages_ns);
  object["prepare"] = {{"time_ns", number(record.prepare_ns)}, {"bytes", record.prepare_bytes}};

  json energies = json::array();
  for (const EnergyRecord& energy : record.energies) energies.push_back(energy_to_json(energy));
  object["energies"] = std::move(energies);
  const bool has_edp = record.edp && std::isfinite(record.edp->value_js);
  object["edp_js"] = has_edp ? number(record.edp->value_js) : json(nullptr);
  object["edp_kind"] = has_edp ? json(record.edp->kind) : json(nullptr);
  if (has_edp && record.edp->ci95_js) object["edp_ci95_js"] = pair_or_null(record.edp->ci95_js);

  object["work"] = {{"bytes", record.useful_bytes},
                    {"flops", record.useful_flops},
                    {"executed_bytes", record.executed_bytes},
                    {"executed_flops", record.executed_flops}};
  object["metrics"] = metrics_to_json(record.metrics);
  if (!record.notes.empty()) object["notes"] = record.notes;
  json placement = json::array();
  for (const PlacementRecord& place : record.placement) {
    placement.push_back({{"requested", place.requested}, {"actual", place.actual}, {"evidence", place.evidence}});
  }
  object["placement"] = std::move(placement);
  object["conditions"] = conditions_to_json(record.conditions);
  if (record.source) object["source"] = source_to_json(*record.source);
  return object;
}

}  // namespace hetscope

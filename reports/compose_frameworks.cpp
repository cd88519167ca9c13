// Foreign frameworks on whole models: how they compare, what each made of the graph, what starting costs, and which
// cells are empty and why.
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/row_values.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kModelInference = "model_inference";

// "326 -> 207, layout 45 -> 12": as the model has them, and as the framework runs them.
std::string operators_text(const Record& record) {
  const auto pair = [&](const std::string& name) -> std::string {
    const std::optional<double> before = metric_of(record, "model_" + name);
    const std::optional<double> after = metric_of(record, "optimised_" + name);
    if (!before && !after) return std::string(kMissing);
    const auto text = [](std::optional<double> count) {
      return count ? fmt::format("{:.0f}", *count) : std::string(kMissing);
    };
    return text(before) + " \u2192 " + text(after);
  };
  return pair("operators") + ", layout " + pair("layout_operators");
}

Cell metric_cell(const Record& record, const std::string& name, bool is_bytes) {
  const std::optional<double> value = metric_of(record, name);
  if (!value) return {std::string(kMissing)};
  return number_cell(is_bytes ? format_bytes(*value) : time_text(*value * 1e9), *value);
}

std::string note_of(const Record& record, const std::string& name) {
  const auto found = record.notes.find(name);
  return found == record.notes.end() ? std::string() : found->second;
}

std::string framework_text(const Record& record) {
  const std::string title = note_of(record, "framework");
  const std::string version = note_of(record, "version");
  return (title.empty() ? record.item.kernel() : title) + (version.empty() ? "" : " " + version);
}

std::string remark_of(const Record& record, const Comparison* comparison) {
  std::string text;
  const auto add = [&text](const std::string& remark) {
    if (!remark.empty()) text += (text.empty() ? "" : "; ") + remark;
  };
  if (record.status != Status::ok) {
    add(std::string(to_string(record.status)) + ": " + record.reason);
  } else if (comparison != nullptr) {
    add(comparison->reason);
  }
  if (const std::string reason = note_of(record, "not_verified"); !reason.empty()) add("not verified: " + reason);
  if (const std::optional<double> cold_start_s = metric_of(record, "cold_start")) {
    add("a launch takes " + time_text(*cold_start_s * 1e9) + " besides");
  }
  return text;
}

// The clock of the row's comparison, where it has one, so that the time is that of the ratio.
std::string clock_of(const Record& record, const Comparison* comparison) {
  return comparison != nullptr && comparison->ratio ? comparison->clock : record.clock;
}

std::vector<Cell> cells_of(const Record& record, const Comparison* comparison) {
  std::vector<Cell> cells;
  cells.push_back({record.item.text_or("model", "")});
  cells.push_back({record.item.text_or("precision", "") + ", " + std::to_string(record.item.integer_or("threads", 1))});
  cells.push_back({framework_text(record)});
  const std::string clock = clock_of(record, comparison);
  const auto found = record.latencies.find(clock);
  const LatencyRecord* latency = found == record.latencies.end() ? nullptr : &found->second;
  cells.push_back(latency == nullptr ? Cell{std::string(kMissing)}
                                     : number_cell(time_text(latency->figure_ns()), latency->figure_ns()));
  cells.push_back({clock});
  if (comparison != nullptr && comparison->ratio) {
    const RatioEstimate& ratio = *comparison->ratio;
    cells.push_back(number_cell(ratio_text(ratio.ratio), ratio.ratio));
    cells.push_back(number_cell(ratio_range_text(ratio.interval.low, ratio.interval.high), ratio.interval.low));
    cells.push_back({std::string(to_string(comparison->verdict))});
  } else {
    const bool is_baseline = record.baseline_case.empty() && latency != nullptr;
    cells.push_back({is_baseline ? "1" : std::string(kMissing)});
    cells.push_back({std::string(kMissing)});
    cells.push_back({is_baseline ? "baseline" : std::string(kMissing)});
  }
  cells.push_back({operators_text(record)});
  cells.push_back(metric_cell(record, "load", false));
  cells.push_back(metric_cell(record, "first_run", false));
  cells.push_back(metric_cell(record, "peak_memory", true));
  const EnergyRecord* energy = energy_of(record);
  cells.push_back({energy == nullptr ? std::string(kMissing) : energy_text(*energy)});
  cells.push_back({record.edp ? edp_text(*record.edp) : std::string(kMissing)});
  cells.push_back({remark_of(record, comparison), {}, record.status == Status::ok ? Tone::plain : Tone::warning});
  return cells;
}

// What the framework's licence lets be published, and what its own clock encloses; once for each framework.
List terms_of(const std::vector<const Row*>& rows) {
  std::map<std::string, std::string> terms;
  for (const Row* row : rows) {
    const Record& record = *row->record;
    if (record.notes.empty()) continue;
    const std::string conversion = note_of(record, "converter");
    terms[framework_text(record)] =
        fmt::format("{}: its own clock encloses {}; {}licence {}; results may be published: {}", framework_text(record),
                    note_of(record, "times"), conversion.empty() ? "" : "converted by " + conversion + "; ",
                    note_of(record, "licence"), note_of(record, "publish"));
  }
  List list;
  for (const auto& [name, text] : terms) list.items.push_back(text);
  return list;
}

}  // namespace

void compose_frameworks(const Summary& summary, Document& document) {
  std::map<std::size_t, std::vector<const Row*>> by_run;
  for (const Row& row : summary.rows) {
    if (row.record->item.operation() == kModelInference) by_run[row.run].push_back(&row);
  }
  if (by_run.empty()) return;
  std::map<const Row*, const Comparison*> compared;
  for (const Comparison& comparison : summary.comparisons) compared[comparison.candidate] = &comparison;

  document.add(Heading{2, "Frameworks on this device"});
  document.add(Paragraph{
      "One inference of a whole model, each framework in a process of its own, verified against the same reference "
      "unless the remarks say otherwise, and measured in the same interleaved rounds. Ratios are to the baseline's "
      "time on the same clock: host_monotonic, from the request to the answer, or, where one of the two is a tool "
      "that is launched, framework_call, the framework's call as its own program times it. Operators: of the model, "
      "then as the framework runs them, and of both those that only move elements. Loading does not include a "
      "conversion that was there."});
  for (const auto& [run, rows] : by_run) {
    if (by_run.size() > 1) document.add(Heading{3, summary.run_prefix(run) + "frameworks"});
    Table table;
    table.columns = {{"model"},           {"precision, threads"},  {"framework"}, {"time", true}, {"clock"},
                     {"ratio", true},     {"95 % interval", true}, {"verdict"},   {"operators"},  {"load", true},
                     {"first run", true}, {"peak memory", true},   {"energy"},    {"EDP"},        {"remarks"}};
    for (const Row* row : rows) {
      const auto found = compared.find(row);
      table.rows.push_back(cells_of(*row->record, found == compared.end() ? nullptr : found->second));
    }
    document.add(std::move(table));
    if (List terms = terms_of(rows); !terms.items.empty()) document.add(std::move(terms));
  }
}

}  // namespace hetscope

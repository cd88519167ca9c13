// On what device, with what build, under which conditions the rows were measured.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

struct Range {
  double low = INFINITY;
  double high = -INFINITY;
  void add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

// What the rows of one run say about their conditions, taken together.
struct RunConditions {
  std::set<std::string> launches;
  std::set<std::string> governors;
  std::set<std::string> affinities;
  Range freq_khz;                          // of the CPUs
  std::map<std::string, Range> other_khz;  // of GPU, memory, buses
  std::map<std::string, Range> temp_c;
  std::set<std::string> cooling;
  std::set<std::string> thermal_statuses;
  std::set<std::string> battery;
  BlockSpeedRecord speed;  // summed; the slowest of all
  std::vector<double> loads;
  std::size_t rows = 0;
};

std::string cpu_list_text(const std::vector<int>& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t end = i + 1;
    while (end < cpus.size() && cpus[end] == cpus[end - 1] + 1) ++end;
    text += (text.empty() ? "" : ",") + std::to_string(cpus[i]);
    if (end - i > 1) text += "-" + std::to_string(cpus[end - 1]);
    i = end;
  }
  return text;
}

// Everything that was read before, during and after.
void add_moving(const ConditionsRecord& conditions, RunConditions& result) {
  for (const auto* khz : {&conditions.freq_khz, &conditions.before_khz, &conditions.lowest_khz}) {
    for (const auto& [part, value] : *khz) {
      Range& range = part.starts_with("cpu") ? result.freq_khz : result.other_khz[part];
      range.add(static_cast<double>(value));
    }
  }
  for (const auto* celsius : {&conditions.temp_c, &conditions.before_c, &conditions.hottest_c}) {
    for (const auto& [zone, value] : *celsius) result.temp_c[zone].add(value);
  }
}

void add_speed(const BlockSpeedRecord& one, BlockSpeedRecord& sum) {
  sum.blocks += one.blocks;
  sum.slow += one.slow;
  sum.discarded += one.discarded;
  sum.slowest = std::max(sum.slowest, one.slowest);
  sum.cooled_s = std::max(sum.cooled_s, one.cooled_s);
  sum.gave_up_cooling = sum.gave_up_cooling || one.gave_up_cooling;
}

RunConditions conditions_of(const Summary& summary, std::size_t run) {
  RunConditions result;
  for (const Row& row : summary.rows) {
    if (row.run != run) continue;
    const ConditionsRecord& conditions = row.record->conditions;
    ++result.rows;
    if (!conditions.launch.empty()) result.launches.insert(conditions.launch);
    if (!conditions.governor.empty()) result.governors.insert(conditions.governor);
    if (!conditions.affinity.empty()) result.affinities.insert(cpu_list_text(conditions.affinity));
    add_moving(conditions, result);
    result.cooling.insert(conditions.cooling.begin(), conditions.cooling.end());
    if (!conditions.thermal_status.empty()) result.thermal_statuses.insert(conditions.thermal_status);
    if (conditions.battery && !conditions.battery->status.empty()) result.battery.insert(conditions.battery->status);
    if (conditions.speed) add_speed(*conditions.speed, result.speed);
    if (std::isfinite(conditions.load)) result.loads.push_back(conditions.load);
  }
  return result;
}

std::string joined_or_unknown(const std::set<std::string>& texts) {
  std::string result;
  for (const std::string& text : texts) result += (result.empty() ? "" : "; ") + text;
  return result.empty() ? "not readable" : result;
}

std::string percent(double share) { return format_number(100 * share, 2) + " %"; }

Table facts_table(const Facts& facts) {
  Table table;
  table.is_facts = true;
  table.columns = {{"what"}, {"value"}};
  for (const auto& [name, value] : facts) table.rows.push_back({{name}, {value}});
  return table;
}

std::string frequency_text(const Range& khz) {
  return format_si(1e3 * khz.low, "Hz") + " to " + format_si(1e3 * khz.high, "Hz");
}

// What the reference loops and the gate saw.
void add_speed_facts(const BlockSpeedRecord& speed, Facts& facts) {
  if (speed.blocks == 0) return;
  facts.emplace_back("slow blocks", "discarded " + std::to_string(speed.discarded) + " of " +
                                        std::to_string(speed.blocks) + ", kept " +
                                        std::to_string(speed.slow - speed.discarded) +
                                        " in cases that were slow most of the time; slowest reference loop " +
                                        format_number(speed.slowest) + " times its time at the start");
  if (speed.cooled_s > 0) {
    facts.emplace_back("waited to cool", "up to " + format_number(speed.cooled_s) + " s in a group" +
                                             (speed.gave_up_cooling ? ", and gave up" : ""));
  }
}

Facts facts_of(const RunConditions& conditions) {
  Facts facts;
  facts.emplace_back("launched from", joined_or_unknown(conditions.launches));
  facts.emplace_back("CPUs allowed", joined_or_unknown(conditions.affinities));
  facts.emplace_back("governor of cpu0", joined_or_unknown(conditions.governors));
  facts.emplace_back("CPU frequency",
                     conditions.freq_khz.empty() ? "not readable" : frequency_text(conditions.freq_khz));
  for (const auto& [part, range] : conditions.other_khz) {
    if (!range.empty()) facts.emplace_back(part, frequency_text(range));
  }
  std::string temperatures;
  for (const auto& [zone, range] : conditions.temp_c) {
    if (range.empty()) continue;
    temperatures += (temperatures.empty() ? "" : "; ") + zone + " " + format_number(range.low) + " to " +
                    format_number(range.high) + " \u00b0C";
  }
  facts.emplace_back("temperatures", temperatures.empty() ? "not readable" : temperatures);
  if (!conditions.cooling.empty()) facts.emplace_back("cooling at work", joined_or_unknown(conditions.cooling));
  if (!conditions.thermal_statuses.empty())
    facts.emplace_back("thermal status", joined_or_unknown(conditions.thermal_statuses));
  if (!conditions.battery.empty()) facts.emplace_back("battery", joined_or_unknown(conditions.battery));
  add_speed_facts(conditions.speed, facts);
  facts.emplace_back("load by other processes", conditions.loads.empty()
                                                    ? "not readable"
                                                    : "median " + percent(median(conditions.loads)) + ", highest " +
                                                          percent(quantile(conditions.loads, 1)));
  return facts;
}

Facts identity_of(const Summary& summary, std::size_t run) {
  const RunInfo& info = summary.runs[run];
  Facts facts;
  if (!info.directory.empty()) facts.emplace_back("input", info.directory);
  if (!info.started_at.empty()) facts.emplace_back("started at", info.started_at);
  if (!info.run_uuid.empty()) facts.emplace_back("run id", info.run_uuid);
  std::set<std::string> sessions;
  std::set<std::string> boots;
  for (const Row& row : summary.rows) {
    if (row.run != run) continue;
    sessions.insert(row.record->session);
    boots.insert(row.record->boot);
  }
  facts.emplace_back("sessions", std::to_string(sessions.size()) + " in " + count_of(boots.size(), "boot"));
  for (const auto& [name, value] : info.host) {
    facts.emplace_back(name, name == "memory_bytes" ? format_bytes(std::atof(value.c_str())) : value);
  }
  return facts;
}

Table processors_table(const RunInfo& info) {
  Table table;
  table.columns = {{"processor"}, {"kind"}, {"model"}, {"more"}};
  for (const ProcessorFacts& processor : info.processors) {
    std::string more;
    for (const auto& [name, value] : processor.others) more += (more.empty() ? "" : "; ") + name + " " + value;
    const std::string label = info.processor_label(processor.name);
    const bool is_disguised = processor.runs_on_host_cpu && label != processor.name;
    table.rows.push_back(
        {{label}, {is_disguised ? "the host's CPU, not a GPU" : processor.kind}, {processor.model}, {more}});
  }
  return table;
}

void add_run(const Summary& summary, std::size_t run, Document& document) {
  const RunInfo& info = summary.runs[run];
  const RunConditions conditions = conditions_of(summary, run);
  if (summary.runs.size() > 1) document.add(Heading{3, "Run " + std::to_string(run + 1)});
  if (!info.imported.empty()) {
    document.add(Paragraph{"Imported: another program measured, and its conditions are not known."});
    document.add(facts_table(info.imported));
  } else if (conditions.rows > 0) {
    document.add(facts_table(facts_of(conditions)));
  }
  Details details{"Device, processors and build", {}};
  details.blocks.push_back({facts_table(identity_of(summary, run))});
  if (!info.processors.empty()) details.blocks.push_back({processors_table(info)});
  if (!info.missing.empty()) {
    details.blocks.push_back({Paragraph{"Not available on this device:"}});
    details.blocks.push_back({List{info.missing}});
  }
  if (!info.build.empty()) details.blocks.push_back({facts_table(info.build)});
  if (!info.scenarios.empty()) {
    Table scenarios;
    scenarios.columns = {{"scenario"}, {"file"}, {"SHA-256"}};
    for (const ScenarioInfo& item : info.scenarios) scenarios.rows.push_back({{item.name}, {item.path}, {item.sha256}});
    details.blocks.push_back({std::move(scenarios)});
  }
  document.add(std::move(details));
}

}  // namespace

void compose_conditions(const Summary& summary, Document& document) {
  if (summary.runs.empty()) return;
  document.add(Heading{2, "Device and conditions"});
  for (std::size_t run = 0; run < summary.runs.size(); ++run) add_run(summary, run, document);
}

}  // namespace hetscope

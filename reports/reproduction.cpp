// The rules of reproduction.hpp, and the differences between two runs.
#include "reports/reproduction.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/core/units.hpp"
#include "harness/statistics/verdict.hpp"
#include "reports/run_info.hpp"

namespace hetscope {
namespace {

std::string text_or_nothing(const std::string& text) { return text.empty() ? "not known" : text; }

class Differences {
 public:
  void add(const std::string& what, const std::string& then, const std::string& now) {
    if (then != now) list_.push_back({what, text_or_nothing(then), text_or_nothing(now)});
  }
  void add(const std::string& prefix, const Facts& then, const Facts& now) {
    std::map<std::string, std::pair<std::string, std::string>> both;
    for (const auto& [name, value] : then) both[name].first = value;
    for (const auto& [name, value] : now) both[name].second = value;
    for (const auto& [name, values] : both) add(prefix + name, values.first, values.second);
  }
  std::vector<Difference> take() { return std::move(list_); }

 private:
  std::vector<Difference> list_;
};

RunInfo info_of(const ReproducedRow& row) {
  LoadedRun run;
  run.run_json = row.run_json;
  return read_run_info(run);
}

Facts facts_of(const RunInfo& info, const std::string& processor) {
  const ProcessorFacts* found = info.processor(processor);
  if (found == nullptr) return {};
  Facts facts = found->others;
  facts.emplace_back("model", found->model);
  return facts;
}

std::string energy_text(const Record& record) {
  for (const EnergyRecord& energy : record.energies) {
    if (energy.value_j) return format_si(*energy.value_j, "J") + " (" + energy.kind + ", " + energy.meter + ")";
  }
  return "not measured";
}

std::string error_text(const Record& record) {
  return record.verify ? format_number(record.verify->max_scaled_error, 6) : "not verified";
}

std::string affinity_text(const Record& record) {
  std::string text;
  for (const int cpu : record.conditions.affinity) text += (text.empty() ? "" : ",") + std::to_string(cpu);
  return text;
}

// What run.json and the conditions say, then and now; figures that change from run to run by themselves (load,
// temperature, frequency) are not differences.
std::vector<Difference> differences_of(const ReproducedRow& then, const ReproducedRow& now) {
  Differences differences;
  const Record& before = then.record;
  const Record& after = now.record;
  differences.add("device model", before.device_model, after.device_model);
  differences.add("device unit", before.device_unit, after.device_unit);
  differences.add("boot", before.boot, after.boot);
  if (then.run_json.empty()) {
    differences.add("run.json", "missing: build, drivers and system are not known", "there");
  } else {
    const RunInfo info_then = info_of(then);
    const RunInfo info_now = info_of(now);
    Facts host_then = info_then.host;
    Facts host_now = info_now.host;
    for (Facts* facts : {&host_then, &host_now}) {
      std::erase_if(*facts, [](const auto& fact) {
        return fact.first == "boot_id" || fact.first == "device_unit" || fact.first == "device_model";
      });
    }
    differences.add("host: ", host_then, host_now);
    differences.add("build: ", info_then.build, info_now.build);
    for (const std::string& name : before.item.processors()) {
      differences.add(name + ": ", facts_of(info_then, name), facts_of(info_now, name));
    }
  }
  differences.add("case", before.item.line(), after.item.line());
  differences.add("governor", before.conditions.governor, after.conditions.governor);
  differences.add("launched from", before.conditions.launch, after.conditions.launch);
  differences.add("CPUs allowed", affinity_text(before), affinity_text(after));
  differences.add("measured together with", std::to_string(then.group_size - 1) + " other cases",
                  std::to_string(now.group_size - 1) + " other cases");
  differences.add("largest scaled error", error_text(before), error_text(after));
  differences.add("energy", energy_text(before), energy_text(after));
  return differences.take();
}

// Nothing when the statuses decide nothing; times must.
std::optional<ReproductionCheck> check_statuses(const Record& then, const std::vector<ReproducedRow>& now) {
  ReproductionCheck check;
  for (const ReproducedRow& row : now) {
    const Status status = row.record.status;
    if (then.status == Status::skipped || status == Status::skipped) {
      check.reason = "it was skipped: " + (status == Status::skipped ? row.record.reason : then.reason);
      return check;
    }
    if (status == then.status) continue;
    const bool is_doubtful = status == Status::unstable || status == Status::mistrusted ||
                             then.status == Status::unstable || then.status == Status::mistrusted;
    check.verdict = is_doubtful ? Reproduction::not_comparable : Reproduction::different;
    check.reason = "it was " + std::string(to_string(then.status)) + " and is " + std::string(to_string(status)) +
                   (row.record.reason.empty() ? "" : ": " + row.record.reason);
    return check;
  }
  if (then.status == Status::ok) return std::nullopt;
  check.verdict = Reproduction::same;
  check.reason = std::string(to_string(then.status)) + " then and now";
  return check;
}

bool is_interval(const LatencyRecord& latency) {
  return latency.ci95_low_ns > 0 && std::isfinite(latency.ci95_low_ns) && std::isfinite(latency.ci95_high_ns);
}

ReproductionCheck check_times(const Record& then, const std::vector<ReproducedRow>& now, double margin) {
  ReproductionCheck check;
  check.clock = then.clock;
  const LatencyRecord* before = then.latency();
  if (before == nullptr || !is_interval(*before)) {
    check.reason = "the record has no time with an interval";
    return check;
  }
  double low_ns = INFINITY;
  double high_ns = 0;
  for (const ReproducedRow& row : now) {
    const auto after = row.record.latencies.find(then.clock);
    if (after == row.record.latencies.end() || !is_interval(after->second)) {
      check.reason = "there is no time on the clock '" + then.clock + "' now";
      return check;
    }
    low_ns = std::min(low_ns, after->second.ci95_low_ns);
    high_ns = std::max(high_ns, after->second.ci95_high_ns);
  }
  check.ratio = Interval{low_ns / before->ci95_high_ns, high_ns / before->ci95_low_ns};
  const std::string percent = format_number(100 * margin, 3) + " %";
  switch (judge(*check.ratio, margin)) {
    case Verdict::same:
      check.verdict = Reproduction::same;
      check.reason = "the time is the same within " + percent;
      break;
    case Verdict::faster:
      check.verdict = Reproduction::different;
      check.reason = "faster by more than " + percent;
      break;
    case Verdict::slower:
      check.verdict = Reproduction::different;
      check.reason = "slower by more than " + percent;
      break;
    case Verdict::unclear:
      check.reason = "the interval is too wide to tell " + percent + " apart: measure on a quieter device or give a " +
                     "larger --margin";
      break;
  }
  return check;
}

}  // namespace

std::string_view to_string(Reproduction verdict) {
  switch (verdict) {
    case Reproduction::same:
      return "SAME";
    case Reproduction::different:
      return "DIFFERENT";
    case Reproduction::not_comparable:
      return "NOT COMPARABLE";
  }
  return "";
}

std::string why_not_reproducible(const Record& record, std::string_view device_model, std::string_view device_unit) {
  if (record.source) return "it was imported from " + record.source->tool + ", which hetscope does not run";
  if (!record.device_unit.empty() && !device_unit.empty() && record.device_unit != device_unit) {
    return "another device measured it";
  }
  if (!record.device_model.empty() && !device_model.empty() && record.device_model != device_model) {
    return "another kind of device measured it";
  }
  return {};
}

ReproductionCheck check_reproduction(const ReproducedRow& then, const std::vector<ReproducedRow>& now, double margin) {
  ReproductionCheck check;
  if (now.empty()) {
    check.reason = "it was not run again";
    return check;
  }
  const Record& latest = now.back().record;
  if (std::string why = why_not_reproducible(then.record, latest.device_model, latest.device_unit); !why.empty()) {
    check.reason = std::move(why);
  } else if (std::optional<ReproductionCheck> decided = check_statuses(then.record, now)) {
    check = std::move(*decided);
  } else {
    check = check_times(then.record, now, margin);
  }
  check.differences = differences_of(then, now.back());
  return check;
}

}  // namespace hetscope

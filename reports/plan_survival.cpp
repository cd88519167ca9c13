// Rows sorted by what ran beside them, and the plan of the idle device found again among them.
#include "reports/plan_survival.hpp"

#include <map>

#include "reports/latency_series.hpp"

namespace hetscope {
namespace {

using Alternatives = std::map<std::string, const Row*>;  // by its words, without the load

CaseWords plan_of(const Case& item) { return words_without(words_of(item), kLoadWord); }

const Row* fastest(const Alternatives& rows, const std::string& clock) {
  const Row* best = nullptr;
  for (const auto& [words, row] : rows) {
    if (best == nullptr ||
        row->record->latencies.at(clock).figure_ns() < best->record->latencies.at(clock).figure_ns()) {
      best = row;
    }
  }
  return best;
}

// The clock of most rows: that of the first that has a time.
std::map<std::string, Alternatives> by_load(const std::vector<const Row*>& rows, std::string& clock) {
  std::map<std::string, Alternatives> loads;
  for (const Row* row : rows) {
    const Record& record = *row->record;
    if (!has_time(record)) continue;
    if (clock.empty()) clock = record.clock;
    const auto latency = record.latencies.find(clock);
    if (latency == record.latencies.end() || !(latency->second.figure_ns() > 0)) continue;
    const AxisValue* load = record.item.find(kLoadWord);
    loads[load == nullptr ? std::string() : to_string(*load)][words_text(plan_of(record.item))] = row;
  }
  return loads;
}

}  // namespace

std::vector<PlanUnderLoad> plans_under_load(const RowSection& section) {
  std::map<std::string, std::vector<const Row*>> by_group;
  for (const Row* row : section.rows) {
    if (!row->record->group.empty()) by_group[row->record->group].push_back(row);
  }
  std::vector<PlanUnderLoad> plans;
  for (const auto& [name, rows] : by_group) {
    std::string clock;
    const std::map<std::string, Alternatives> loads = by_load(rows, clock);
    const auto idle = loads.find("");
    if (idle == loads.end() || loads.size() < 2) continue;
    const Row* chosen = fastest(idle->second, clock);
    WordSpread spread;
    for (const auto& [words, row] : idle->second) spread.add(plan_of(row->record->item));
    for (const auto& [load, alternatives] : loads) {
      const auto kept = alternatives.find(words_text(plan_of(chosen->record->item)));
      if (load.empty() || kept == alternatives.end() || alternatives.size() < 2) continue;
      PlanUnderLoad plan{
          spread.shared(), load, alternatives.size(), chosen, kept->second, fastest(alternatives, clock), {}};
      if (!plan.survives()) plan.regret = compare_pair(*plan.kept, *plan.best);
      plans.push_back(std::move(plan));
    }
  }
  return plans;
}

}  // namespace hetscope

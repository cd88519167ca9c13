// Divided rows and their processors alone, out of the rows of a section.
#include "reports/split_summary.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "reports/latency_series.hpp"
#include "reports/row_values.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kAlone = "alone.";

// Every processor has a part of it.
bool is_divided(const Record& record) {
  return record.item.processors().size() > 1 &&
         std::ranges::all_of(shares_of(record), [](double share) { return share > 0; });
}

bool is_timed_on(const Row& row, const std::string& clock) {
  return has_time(*row.record) && row.record->latencies.count(clock) > 0 && time_on(row, clock) > 0;
}

void keep_faster(const Row* row, const std::string& clock, const Row*& best) {
  if (best == nullptr || time_on(*row, clock) < time_on(*best, clock)) best = row;
}

// Nothing when the group has no divided row with its processors alone.
std::optional<SplitGroup> group_of(const std::vector<const Row*>& rows) {
  SplitGroup group;
  for (const Row* row : rows) {
    if (!is_divided(*row->record) || !is_timed_on(*row, row->record->clock)) continue;
    // Divided rows of one group are timed on one clock: the host's, which sees all parts.
    if (group.best != nullptr && row->record->clock != group.best->record->clock) continue;
    group.splits.push_back(row);
    keep_faster(row, row->record->clock, group.best);
  }
  if (group.best == nullptr) return std::nullopt;
  const std::string& clock = group.best->record->clock;
  const std::vector<std::string>& processors = group.best->record->item.processors();
  group.alone.assign(processors.size(), nullptr);
  const Row* best_alone = nullptr;
  WordSpread spread;
  for (const Row* row : rows) {
    spread.add(words_of(row->record->item));
    if (row->record->item.processors().size() != 1 || !is_timed_on(*row, clock)) continue;
    group.solos.push_back(row);
    keep_faster(row, clock, best_alone);
    const auto part = std::find(processors.begin(), processors.end(), row->record->item.processors().front());
    if (part != processors.end()) keep_faster(row, clock, group.alone[std::size_t(part - processors.begin())]);
  }
  double speed = 0;
  for (const Row* row : group.alone) {
    if (row == nullptr) return std::nullopt;
    speed += 1 / time_on(*row, clock);
  }
  group.work = spread.shared();
  group.rows = rows;
  group.ideal_ns = 1 / speed;
  group.share_of_ideal = group.ideal_ns / time_on(*group.best, clock);
  group.against_best_alone = compare_pair(*group.best, *best_alone);
  return group;
}

}  // namespace

double time_on(const Row& row, const std::string& clock) { return row.record->latencies.at(clock).figure_ns(); }

double sum_of(const StageTimes& stages) {
  double sum = 0;
  for (const auto& [name, ns] : stages) sum += ns;
  return sum;
}

bool is_computing(std::string_view stage) { return stage == "compute" || stage.starts_with("compute."); }

double computing_ns(const StageTimes& stages) {
  double sum = 0;
  for (const auto& [name, ns] : stages) sum += is_computing(name) ? ns : 0;
  return sum;
}

std::vector<double> shares_of(const Record& record) {
  std::vector<double> shares;
  for (const char* axis : {"ratio", "ratio_of_second"}) {
    if (!record.item.has(axis)) continue;
    const auto whole = axis_value<std::int64_t>(record, axis);
    shares.push_back(whole ? static_cast<double>(*whole) : axis_value<double>(record, axis).value_or(NAN));
  }
  if (const auto got = metric_of(record, "share_of_first")) {
    if (shares.empty()) shares.push_back(*got);
    shares.front() = *got;
  }
  double rest = 1;
  for (const double share : shares) rest -= share;
  shares.push_back(rest);
  return shares;
}

StagesOfRun stages_of(const Record& record) {
  StagesOfRun stages;
  for (const auto& [name, ns] : record.stages_ns) {
    const std::size_t end = name.rfind('.');
    if (name.compare(0, kAlone.size(), kAlone) == 0 && end != std::string::npos && end > kAlone.size()) {
      stages.alone[name.substr(kAlone.size(), end - kAlone.size())].emplace_back(name.substr(end + 1), ns);
    } else {
      stages.whole.emplace_back(name, ns);
    }
  }
  return stages;
}

std::vector<SplitGroup> split_groups(const RowSection& section) {
  std::map<std::string, std::vector<const Row*>> by_group;
  for (const Row* row : section.rows) {
    // Beside a load everything is slower: plan_survival.hpp looks at these.
    if (row->record->item.find(kLoadWord) != nullptr) continue;
    if (!row->record->group.empty()) by_group[row->record->group].push_back(row);
  }
  std::vector<SplitGroup> groups;
  for (const auto& [name, rows] : by_group) {
    if (auto group = group_of(rows)) groups.push_back(std::move(*group));
  }
  return groups;
}

}  // namespace hetscope

// Detectors that look at divided rows: D1, D2, D3, D7, D10.
#include <algorithm>
#include <cmath>
#include <optional>

#include "harness/core/wildcard.hpp"
#include "reports/detectors/detectors.hpp"
#include "reports/plan_survival.hpp"
#include "reports/split_summary.hpp"

namespace hetscope {
namespace {

template <class Look>
std::vector<Measured> of_each_group(const Summary& summary, Look look) {
  std::vector<Measured> values;
  for (const RowSection& section : summary.results) {
    for (const SplitGroup& group : split_groups(section)) {
      if (const auto value = look(group)) values.push_back({*value, group.best->line});
    }
  }
  return values;
}

double sum_of(const StageTimes& stages) {
  double sum = 0;
  for (const auto& [name, ns] : stages) sum += ns;
  return sum;
}

bool is_computing(const std::string& stage) { return stage == "compute" || matches_wildcard("compute.*", stage); }

}  // namespace

std::vector<Measured> slower_than_alone(const Summary& summary) {
  return of_each_group(summary, [](const SplitGroup& group) -> std::optional<double> {
    if (!group.against_best_alone.ratio) return std::nullopt;
    return group.against_best_alone.ratio->interval.low;
  });
}

// Waiting for a slower part is imbalance, not sharing. What a device does before and after computing is known from its
// part alone only.
std::vector<Measured> sharing_shares(const Summary& summary) {
  return of_each_group(summary, [](const SplitGroup& group) -> std::optional<double> {
    const StagesOfRun stages = stages_of(*group.best->record);
    const double total = sum_of(stages.whole);
    if (!(total > 0)) return std::nullopt;
    double sharing = 0;
    for (const auto& [name, ns] : stages.whole) {
      if (!is_computing(name) && name != "wait") sharing += ns;
    }
    for (const auto& [processor, alone] : stages.alone) {
      for (const auto& [name, ns] : alone) {
        if (!is_computing(name)) sharing += ns;
      }
    }
    return sharing / total;
  });
}

std::vector<Measured> imbalances(const Summary& summary) {
  return of_each_group(summary, [](const SplitGroup& group) -> std::optional<double> {
    const StagesOfRun stages = stages_of(*group.best->record);
    std::vector<double> parts;
    for (const auto& [name, ns] : stages.whole) {
      if (is_computing(name)) parts.push_back(ns);
    }
    for (const auto& [processor, alone] : stages.alone) parts.push_back(sum_of(alone));
    if (parts.size() < 2) return std::nullopt;
    const auto [least, most] = std::minmax_element(parts.begin(), parts.end());
    if (!(*most > 0)) return std::nullopt;
    return (*most - *least) / *most;
  });
}

// A plan that stays the best has nothing to regret: 1.
std::vector<Measured> regrets_of_plans(const Summary& summary) {
  std::vector<Measured> values;
  for (const RowSection& section : summary.results) {
    for (const PlanUnderLoad& plan : plans_under_load(section)) {
      if (plan.survives()) {
        values.push_back({1, plan.kept->line});
      } else if (plan.regret.ratio) {
        values.push_back({plan.regret.ratio->interval.low, plan.kept->line});
      }
    }
  }
  return values;
}

std::vector<Measured> seam_errors(const Summary& summary) {
  constexpr double kLeast = 0.1;  // of the tolerance: rounding below it is noise
  std::vector<Measured> values;
  for (const Row& row : summary.rows) {
    const auto& metrics = row.record->metrics;
    const auto seam = metrics.find("max_scaled_error_at_seam");
    const auto elsewhere = metrics.find("max_scaled_error_elsewhere");
    if (seam == metrics.end() || elsewhere == metrics.end()) continue;
    const double floor = std::max(elsewhere->second.value, kLeast / 2);
    const double ratio = seam->second.value / floor;
    if (std::isfinite(ratio)) values.push_back({ratio, row.line});
  }
  return values;
}

}  // namespace hetscope

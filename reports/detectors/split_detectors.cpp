// Detectors that look at divided rows: D1, D2, D3, D9, D10, D14 (slowed).
#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "harness/core/split_text.hpp"
#include "harness/core/units.hpp"
#include "reports/case_words.hpp"
#include "reports/detectors/detector_rows.hpp"
#include "reports/plan_survival.hpp"
#include "reports/row_values.hpp"
#include "reports/split_summary.hpp"

namespace hetscope {
namespace {

// The row of one processor alone that runs what it runs in `divided`; the fastest where that one was not measured.
const Row* alone_like(const SplitGroup& group, const Row& divided, std::size_t part) {
  const auto parts = axis_value<std::string>(*divided.record, "parts");
  if (!parts) return group.alone[part];
  const std::vector<std::string_view> kernels = split_text(*parts, ',');
  const auto threads = axis_value<std::int64_t>(*divided.record, "threads");
  for (const Row* row : group.rows) {
    const Case& item = row->record->item;
    const auto own_threads = axis_value<std::int64_t>(*row->record, "threads");
    if (item.processors().size() == 1 && item.processors()[0] == divided.record->item.processors()[part] &&
        part < kernels.size() && item.kernel() == kernels[part] && (!own_threads || own_threads == threads) &&
        latency_on(*row, divided.record->clock) != nullptr) {
      return row;
    }
  }
  return group.alone[part];
}

// What the slowest part would take if each were its share of the whole: the simplest predictor there is.
double predicted_ns(const SplitGroup& group, const Row& divided) {
  const std::vector<double> shares = shares_of(*divided.record);
  double slowest = 0;
  for (std::size_t part = 0; part < std::min(shares.size(), group.alone.size()); ++part) {
    const LatencyRecord* alone = latency_on(*alone_like(group, divided, part), divided.record->clock);
    if (alone != nullptr) slowest = std::max(slowest, shares[part] * alone->figure_ns());
  }
  return slowest;
}

// One pass by stages: the whole division, or a part alone, where what a device does before and after computing is
// known.
struct StagePass {
  std::string name;
  double sharing_ns = 0;  // neither computing nor waiting: that a part is slower is imbalance
  double total_ns = 0;
};

std::vector<StagePass> stage_passes(const Record& record) {
  const auto pass_of = [](std::string name, const StageTimes& stages) {
    StagePass pass{std::move(name), 0, sum_of(stages)};
    for (const auto& [stage, ns] : stages) pass.sharing_ns += is_computing(stage) || stage == "wait" ? 0 : ns;
    return pass;
  };
  const StagesOfRun stages = stages_of(record);
  std::vector<StagePass> passes = {pass_of("the whole division", stages.whole)};
  for (const auto& [processor, alone] : stages.alone) passes.push_back(pass_of("the part on " + processor, alone));
  std::erase_if(passes, [](const StagePass& pass) { return !(pass.total_ns > 0); });
  return passes;
}

// The measured division whose shares come nearest to those that the times alone ask for, among those that differ from
// the best in nothing but their ratio; nullptr where there is no other.
const Row* computed_choice(const SplitGroup& group) {
  static const std::set<std::string> kRatios = {"ratio", "ratio_of_second"};
  const CaseWords best = words_of(group.best->record->item);
  const Row* nearest = nullptr;
  double least = INFINITY;
  std::size_t alternatives = 0;
  for (const Row* row : group.splits) {
    const std::vector<std::string> differing = differing_words(best, words_of(row->record->item));
    if (!std::ranges::all_of(differing, [](const auto& name) { return kRatios.contains(name); })) continue;
    ++alternatives;
    const std::vector<double> shares = shares_of(*row->record);
    double distance = 0;
    for (std::size_t part = 0; part < std::min(shares.size(), group.alone.size()); ++part) {
      const LatencyRecord* alone = latency_on(*group.alone[part], group.best->record->clock);
      distance = std::max(distance, std::abs(shares[part] - group.ideal_ns / alone->figure_ns()));
    }
    if (distance < least) {
      least = distance;
      nearest = row;
    }
  }
  return alternatives < 2 ? nullptr : nearest;
}

// Whether the thread that waits is known to spin, or to sleep.
std::optional<bool> is_spinning(const Row& row) {
  const auto share = metric_of(*row.record, "waiting_cpu_share");
  if (!share) return std::nullopt;
  return *share > threshold_of("D14", "spinning");
}

// The division that differs from `spinning` in nothing but how it waits, and sleeps; of several the one whose host
// computes fastest.
const Row* asleep_like(const SplitGroup& group, const Row& spinning) {
  const Row* fastest = nullptr;
  double least_ns = INFINITY;
  for (const Row* row : group.splits) {
    const double own_ns = computing_ns(stages_of(*row->record).whole);
    if (is_spinning(*row) != false || !(own_ns > 0) || own_ns >= least_ns ||
        differing_words(words_of(spinning.record->item), words_of(row->record->item)) !=
            std::vector<std::string>{"sync"}) {
      continue;
    }
    fastest = row;
    least_ns = own_ns;
  }
  return fastest;
}

}  // namespace

std::vector<Measured> slower_than_alone(const Summary& summary) {
  return of_each_division(summary, [](const SplitGroup& group) -> std::optional<Measured> {
    if (!group.against_best_alone.ratio) return std::nullopt;
    return Measured{group.against_best_alone.ratio->interval.low};
  });
}

std::vector<Measured> sharing_shares(const Summary& summary) {
  return of_each_division(summary, [](const SplitGroup& group) -> std::optional<Measured> {
    std::optional<Measured> largest;
    for (const StagePass& pass : stage_passes(*group.best->record)) {
      const double share = pass.sharing_ns / pass.total_ns;
      if (!largest || share > largest->value) {
        largest =
            Measured{share, {}, format_ns(pass.sharing_ns) + " of " + format_ns(pass.total_ns) + " of " + pass.name};
      }
    }
    return largest;
  });
}

std::vector<Measured> sharing_over_gain(const Summary& summary) {
  return of_each_division(summary, [](const SplitGroup& group) -> std::optional<Measured> {
    double alone_ns = INFINITY, sharing_ns = -1;
    for (const Row* row : group.alone) {
      alone_ns = std::min(alone_ns, latency_on(*row, group.best->record->clock)->figure_ns());
    }
    for (const StagePass& pass : stage_passes(*group.best->record)) sharing_ns = std::max(sharing_ns, pass.sharing_ns);
    if (sharing_ns < 0) return std::nullopt;
    const double gain_ns = alone_ns - group.ideal_ns;
    return Measured{sharing_ns / gain_ns, {}, format_ns(sharing_ns) + " of sharing to save " + format_ns(gain_ns)};
  });
}

std::vector<Measured> imbalances(const Summary& summary) {
  return of_each_division(summary, [](const SplitGroup& group) -> std::optional<Measured> {
    const StagesOfRun stages = stages_of(*group.best->record);
    std::vector<double> parts;
    for (const auto& [name, ns] : stages.whole) {
      if (is_computing(name)) parts.push_back(ns);
    }
    for (const auto& [processor, alone] : stages.alone) parts.push_back(sum_of(alone));
    if (parts.size() < 2) return std::nullopt;
    const auto [least, most] = std::minmax_element(parts.begin(), parts.end());
    if (!(*most > 0)) return std::nullopt;
    return Measured{(*most - *least) / *most};
  });
}

// A choice that is the best has nothing to regret: 1.
std::vector<Measured> regrets_of_ratios(const Summary& summary) {
  return of_each_division(summary, [](const SplitGroup& group) -> std::optional<Measured> {
    const Row* chosen = computed_choice(group);
    if (chosen == nullptr) return std::nullopt;
    if (chosen == group.best) return Measured{1};
    const Comparison regret = compare_pair(*chosen, *group.best);
    if (!regret.ratio) return std::nullopt;
    return Measured{regret.ratio->interval.low, chosen->line, "the best is " + group.best->line};
  });
}

std::vector<Measured> mispredictions(const Summary& summary) {
  const double hit = limit_of("D9", "hit");
  const double least_rows = limit_of("D9", "rows");
  return of_each_division(summary, [hit, least_rows](const SplitGroup& group) -> std::optional<Measured> {
    const auto count = static_cast<double>(group.splits.size());
    if (count < least_rows) return std::nullopt;
    double misses = 0;
    for (const Row* row : group.splits) {
      const double predicted = predicted_ns(group, *row);
      const double measured = row->record->latency()->figure_ns();
      if (!(predicted > 0) || std::abs(measured / predicted - 1) > hit) ++misses;
    }
    return Measured{misses / count};
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

std::vector<Measured> slowed_by_waiters(const Summary& summary) {
  std::vector<Measured> values;
  for (const RowSection& section : summary.results) {
    for (const SplitGroup& group : split_groups(section)) {
      for (const Row* row : group.splits) {
        const double own_ns = computing_ns(stages_of(*row->record).whole);
        const Row* asleep = is_spinning(*row) == true && own_ns > 0 ? asleep_like(group, *row) : nullptr;
        if (asleep == nullptr) continue;
        const double asleep_ns = computing_ns(stages_of(*asleep->record).whole);
        values.push_back({own_ns / asleep_ns, row->line, format_ns(own_ns) + " beside " + format_ns(asleep_ns)});
      }
    }
  }
  return values;
}

}  // namespace hetscope

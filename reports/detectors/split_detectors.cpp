// Detectors that look at divided rows: D1, D2, D3, D4, D7, D9, D10.
#include <algorithm>
#include <cmath>
#include <optional>

#include "harness/core/split_text.hpp"
#include "harness/core/wildcard.hpp"
#include "reports/case_words.hpp"
#include "reports/detectors/detectors.hpp"
#include "reports/latency_series.hpp"
#include "reports/plan_survival.hpp"
#include "reports/row_values.hpp"
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

// Times of one row on one clock, nullptr when it has none there.
const LatencyRecord* latency_on(const Row& row, const std::string& clock) {
  if (!has_time(*row.record)) return nullptr;
  const auto latency = row.record->latencies.find(clock);
  return latency == row.record->latencies.end() ? nullptr : &latency->second;
}

// Transforms of textures read and write textures.
bool is_in_textures(const Case& item) { return item.kernel().ends_with("_image2d"); }

// The upper end of the fastest transform of x from one layout to another on the processor of `like`, in its run.
std::optional<double> repacking_ns(const Summary& summary, const Row& like, const std::string& to,
                                   const std::string& clock) {
  const Case& item = like.record->item;
  std::optional<double> least;
  for (const Row& row : summary.rows) {
    const Case& transform = row.record->item;
    if (row.run != like.run || transform.operation() != "layout_transform" ||
        transform.processors() != item.processors() || is_in_textures(transform) != is_in_textures(item)) {
      continue;
    }
    const bool is_same_tensor =
        axis_value<Dims>(*row.record, "shape") == axis_value<Dims>(*like.record, "shape") &&
        axis_value<std::string>(*row.record, "dtype") == axis_value<std::string>(*like.record, "dtype");
    if (!is_same_tensor || axis_value<std::string>(*row.record, "to") != to ||
        axis_value<std::string>(*row.record, "from") != axis_value<std::string>(*like.record, "layout")) {
      continue;
    }
    if (const LatencyRecord* latency = latency_on(row, clock)) {
      least = std::min(least.value_or(latency->ci95_high_ns), latency->ci95_high_ns);
    }
  }
  return least;
}

// The largest ratio of a device's row to the same kernel on another layout of x, repacking included.
std::optional<double> over_another_layout(const Summary& summary, const Row& used, const std::string& clock) {
  const LatencyRecord* latency = latency_on(used, clock);
  if (latency == nullptr || used.record->item.find("layout") == nullptr) return std::nullopt;
  std::optional<double> largest;
  for (const Row& other : summary.rows) {
    const Case& item = other.record->item;
    if (other.run != used.run || item.operation() != used.record->item.operation() ||
        item.kernel() != used.record->item.kernel() || item.processors() != used.record->item.processors()) {
      continue;
    }
    const auto layout = axis_value<std::string>(*other.record, "layout");
    const LatencyRecord* beside = latency_on(other, clock);
    if (!layout || beside == nullptr ||
        differing_words(words_of(used.record->item), words_of(item)) != std::vector<std::string>{"layout"}) {
      continue;
    }
    const auto repacking = repacking_ns(summary, used, *layout, clock);
    if (!repacking) continue;
    const double ratio = latency->ci95_low_ns / (beside->ci95_high_ns + *repacking);
    if (std::isfinite(ratio)) largest = std::max(largest.value_or(ratio), ratio);
  }
  return largest;
}

// The shares that a divided row asks for, one for each processor.
std::vector<double> shares_of(const Record& record) {
  std::vector<double> shares;
  double rest = 1;
  for (const char* axis : {"ratio", "ratio_of_second"}) {
    if (const auto share = axis_value<double>(record, axis)) shares.push_back(*share);
  }
  for (const double share : shares) rest -= share;
  shares.push_back(rest);
  return shares;
}

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

// Only of processors that are no CPUs, and where the same run has the kernel on another layout and the way there.
std::vector<Measured> wrong_layouts(const Summary& summary) {
  return of_each_group(summary, [&summary](const SplitGroup& group) -> std::optional<double> {
    std::optional<double> largest;
    for (const Row* row : group.alone) {
      if (whole_processor(row->record->item.processors()[0]) == "cpu") continue;
      const auto ratio = over_another_layout(summary, *row, group.best->record->clock);
      if (ratio) largest = std::max(largest.value_or(*ratio), *ratio);
    }
    return largest;
  });
}

std::vector<Measured> mispredictions(const Summary& summary) {
  constexpr double kHit = 0.1;
  constexpr std::size_t kLeastRows = 3;
  return of_each_group(summary, [](const SplitGroup& group) -> std::optional<double> {
    if (group.splits.size() < kLeastRows) return std::nullopt;
    double misses = 0;
    for (const Row* row : group.splits) {
      const double predicted = predicted_ns(group, *row);
      const double measured = row->record->latency()->figure_ns();
      if (!(predicted > 0) || std::abs(measured / predicted - 1) > kHit) ++misses;
    }
    return misses / static_cast<double>(group.splits.size());
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

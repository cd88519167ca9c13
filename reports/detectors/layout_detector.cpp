// D4: a device in another layout than its fastest.
#include <algorithm>
#include <cmath>
#include <optional>

#include "reports/case_words.hpp"
#include "reports/detectors/detector_rows.hpp"
#include "reports/row_values.hpp"

namespace hetscope {
namespace {

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

}  // namespace

// Only of processors that are no CPUs, and where the same run has the kernel on another layout and the way there.
std::vector<Measured> wrong_layouts(const Summary& summary) {
  return of_each_division(summary, [&summary](const SplitGroup& group) -> std::optional<Measured> {
    std::optional<double> largest;
    for (const Row* row : group.alone) {
      if (whole_processor(row->record->item.processors()[0]) == "cpu") continue;
      const auto ratio = over_another_layout(summary, *row, group.best->record->clock);
      if (ratio) largest = std::max(largest.value_or(*ratio), *ratio);
    }
    if (!largest) return std::nullopt;
    return Measured{*largest};
  });
}

}  // namespace hetscope

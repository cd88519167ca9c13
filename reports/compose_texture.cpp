// Texture against buffer: the caches that each kind of memory shows, and from which working set on an image wins.
#include <algorithm>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/text.hpp"
#include "reports/texture_walks.hpp"

namespace hetscope {
namespace {

std::string size_text(double bytes) { return format_bytes(bytes); }
std::string rate_text(double bytes_per_s) { return format_number(bytes_per_s / 1e9) + " GB/s"; }

// "31.2 GB/s to 512 KiB, from 1.00 MiB 11.8 GB/s (x 0.378 [0.350, 0.410]) to 64.0 MiB".
std::string plateaus_text(const KneeSearch& search) {
  std::string text;
  for (std::size_t i = 0; i < search.plateaus.size(); ++i) {
    const Plateau& plateau = search.plateaus[i];
    if (i > 0) {
      const Knee& knee = search.knees[i - 1];
      text += fmt::format(", from {} {} (x {} {})", size_text(knee.next_x), rate_text(plateau.rate),
                          ratio_text(knee.ratio), ratio_range_text(knee.interval.low, knee.interval.high));
    } else {
      text += rate_text(plateau.rate);
    }
    text += " to " + size_text(plateau.last_x);
  }
  return text;
}

std::string knees_text(const KneeSearch& search) {
  std::string text;
  for (const Knee& knee : search.knees) {
    text += fmt::format("{}{} between {} and {}", text.empty() ? "" : "; ", knee.ratio < 1 ? "falls" : "rises",
                        size_text(knee.last_x), size_text(knee.next_x));
  }
  return text.empty() ? "none" : text;
}

std::string crossover_text(const std::string& memory, const WalkCrossover& found) {
  if (!found.not_testable.empty()) return found.not_testable;
  const Crossover& crossover = found.crossover;
  const std::string unclear = crossover.unclear > 0
                                  ? fmt::format(", {} of {} unclear", crossover.unclear,
                                                count_of(static_cast<std::size_t>(found.sizes), "size"))
                                  : "";
  switch (crossover.kind) {
    case CrossoverKind::always:
      return memory + " wins at every size";
    case CrossoverKind::from:
      return memory + " wins from " + size_text(crossover.x) + " on" + unclear;
    case CrossoverKind::up_to:
      return memory + " wins up to " + size_text(crossover.x) + unclear;
    case CrossoverKind::never:
      return "buffer always: " + memory + " wins at no size";
    case CrossoverKind::mixed:
      return "neither from one size on";
    case CrossoverKind::undecided:
      return "undecided" + unclear;
  }
  return "";
}

Tone tone_of_crossover(const WalkCrossover& found) {
  if (!found.not_testable.empty()) return Tone::neutral;
  switch (found.crossover.kind) {
    case CrossoverKind::always:
    case CrossoverKind::from:
    case CrossoverKind::up_to:
      return Tone::good;
    case CrossoverKind::never:
      return Tone::plain;
    case CrossoverKind::mixed:
    case CrossoverKind::undecided:
      return Tone::warning;
  }
  return Tone::plain;
}

std::vector<Cell> cells_of(const WalkWay& way, const WalkSeries& series) {
  std::vector<Cell> cells = {{std::get<2>(way)}, {std::get<3>(way)}, {std::get<4>(way)}};
  const auto best = std::ranges::max_element(series.points, {}, &RatePoint::rate);
  cells.push_back(number_cell(format_number(best->rate / 1e9), best->rate));
  const auto sizes = static_cast<double>(series.points.size());
  cells.push_back(number_cell(std::to_string(series.points.size()), sizes));
  if (!series.knees) {
    cells.push_back({"not looked for: fewer than four sizes have a time"});
    cells.push_back({std::string(kMissing)});
    return cells;
  }
  cells.push_back({knees_text(*series.knees)});
  cells.push_back({plateaus_text(*series.knees)});
  return cells;
}

Table knee_table() {
  Table table;
  table.columns = {{"pattern"}, {"type"}, {"memory"}, {"best GB/s", true}, {"sizes", true}, {"knees"}, {"levels"}};
  return table;
}

Table crossover_table() {
  Table table;
  table.columns = {{"pattern"}, {"type"}, {"image"}, {"against the buffer"}};
  return table;
}

}  // namespace

void compose_texture(const Summary& summary, Document& document) {
  const std::map<WalkWay, WalkSeries> series = walk_series(summary);
  if (series.empty()) return;
  const std::map<WalkWay, WalkCrossover> crossovers = walk_crossovers(summary, series);
  document.add(Heading{2, "Texture against buffer"});
  document.add(Paragraph{fmt::format(
      "Bytes read in each order over the working set, on the device's own clock where it has one. A knee is where the "
      "level changes by more than a factor of {}, by least squares with a penalty for each change (docs/texture.md); "
      "an image wins at a size when the whole interval of the ratio to the buffer, by rounds on the host's clock, is "
      "below 1 by more than {:.0f} %.",
      kLeastKnee, 100 * kMargin)});
  for (auto at = series.begin(); at != series.end();) {
    const auto& [run, processor, pattern, dtype, memory] = at->first;
    const auto is_here = [run = run, processor = processor](const WalkWay& way) {
      return std::get<0>(way) == run && std::get<1>(way) == processor;
    };
    document.add(Heading{3, summary.run_prefix(run) + processor});
    Table knees = knee_table();
    for (; at != series.end() && is_here(at->first); ++at) knees.rows.push_back(cells_of(at->first, at->second));
    Table verdicts = crossover_table();
    for (const auto& [way, found] : crossovers) {
      if (!is_here(way)) continue;
      verdicts.rows.push_back({{std::get<2>(way)},
                               {std::get<3>(way)},
                               {std::get<4>(way)},
                               {crossover_text(std::get<4>(way), found), {}, tone_of_crossover(found)}});
    }
    if (!verdicts.rows.empty()) document.add(std::move(verdicts));
    document.add(std::move(knees));
  }
}

}  // namespace hetscope

// The first screen: candidates against their baselines, with verdicts.
#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "reports/compose.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMostDifferences = 40;

struct ComparisonSection {
  std::string title;
  std::vector<const Comparison*> compared;
  WordSpread spread;  // over the words that a candidate and its baseline share
};

CaseWords shared_words(const Summary& summary, const Comparison& comparison) {
  WordSpread pair;
  pair.add(labelled_words(summary, *comparison.candidate));
  pair.add(labelled_words(summary, *comparison.baseline));
  return pair.shared();
}

std::vector<ComparisonSection> sections_of(const Summary& summary) {
  std::vector<ComparisonSection> sections;
  std::map<std::tuple<std::size_t, std::string, std::string>, std::size_t> places;
  for (const Comparison& comparison : summary.comparisons) {
    if (!comparison.ratio) continue;
    const Row& row = *comparison.candidate;
    const auto& [scenario, operation] = std::tie(row.record->scenario, row.record->item.operation());
    const auto [place, is_new] = places.try_emplace({row.run, scenario, operation}, sections.size());
    if (is_new) {
      sections.emplace_back();
      sections.back().title = summary.run_prefix(row.run) + operation + (scenario.empty() ? "" : " (" + scenario + ")");
    }
    sections[place->second].compared.push_back(&comparison);
    sections[place->second].spread.add(shared_words(summary, comparison));
  }
  return sections;
}

std::string remarks_of(const Comparison& comparison) {
  std::string text = comparison.reason;
  const auto add = [&text](const std::string& remark) { text += (text.empty() ? "" : "; ") + remark; };
  for (const auto& [name, row] : {std::pair("candidate", comparison.candidate), {"baseline", comparison.baseline}}) {
    const LatencyRecord& latency = row->record->latencies.at(comparison.clock);
    if (row->record->status == Status::unstable) add(std::string(name) + " unstable");
    if (!latency.converged) add(std::string(name) + " not converged");
    if (!latency.steady) add(std::string(name) + " not steady");
  }
  return text;
}

std::string point_ratio(const std::optional<double>& ratio, const std::string& kind) {
  if (!ratio) return std::string(kMissing);
  return (kind == "modelled" ? "~" : "") + ratio_text(*ratio) + " (" + kind + ")";
}

Table table_of(const Summary& summary, const ComparisonSection& section) {
  const std::vector<std::string> varying = section.spread.varying();
  Table table;
  const bool has_energy = std::any_of(section.compared.begin(), section.compared.end(),
                                      [](const Comparison* item) { return item->energy_ratio || item->edp_ratio; });
  // What stands in the way of trust is beside the verdict, where a narrow window still shows it.
  table.columns = {
      {"verdict"}, {"ratio", true},          {"95 % interval", true}, {"remarks"},      {"candidate"}, {"baseline"},
      {"group"},   {"candidate time", true}, {"baseline time", true}, {"rounds", true}, {"clock"}};
  if (has_energy) {
    table.columns.push_back({"energy ratio", true});
    table.columns.push_back({"EDP ratio", true});
  }
  for (const Comparison* item : section.compared) {
    const ComparisonNames names = names_of(summary, *item, varying);
    const double ours = item->candidate->record->latencies.at(item->clock).median_ns;
    const double theirs = item->baseline->record->latencies.at(item->clock).median_ns;
    std::vector<Cell> cells;
    cells.push_back({std::string(to_string(item->verdict)), {}, tone_of(item->verdict)});
    cells.push_back(number_cell(ratio_text(item->ratio->ratio), item->ratio->ratio));
    cells.push_back(number_cell(ratio_range_text(item->ratio->interval.low, item->ratio->interval.high),
                                item->ratio->interval.low));
    cells.push_back({remarks_of(*item)});
    cells.push_back({names.candidate});
    cells.push_back({names.baseline});
    cells.push_back({names.where.empty() ? item->candidate->record->group : names.where});
    cells.push_back(number_cell(time_text(ours), ours));
    cells.push_back(number_cell(time_text(theirs), theirs));
    cells.push_back(number_cell(std::to_string(item->ratio->rounds), item->ratio->rounds));
    cells.push_back({item->clock});
    if (has_energy) {
      cells.push_back(
          number_cell(point_ratio(item->energy_ratio, item->energy_kind), item->energy_ratio.value_or(NAN)));
      cells.push_back(number_cell(point_ratio(item->edp_ratio, item->edp_kind), item->edp_ratio.value_or(NAN)));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

Plot plot_of(const Summary& summary, const ComparisonSection& section) {
  std::vector<const Comparison*> drawn = section.compared;
  const std::vector<std::string> varying = section.spread.varying();
  Plot plot;
  plot.title = "Time of the candidate over time of its baseline";
  if (drawn.size() > kMostDifferences) {
    std::stable_sort(drawn.begin(), drawn.end(), [](const Comparison* a, const Comparison* b) {
      return std::abs(std::log(a->ratio->ratio)) > std::abs(std::log(b->ratio->ratio));
    });
    drawn.resize(kMostDifferences);
    plot.title += " (the " + std::to_string(kMostDifferences) + " largest differences of " +
                  std::to_string(section.compared.size()) + "; the table has all)";
  }
  plot.quantity = Quantity::ratio;
  plot.band = Interval{1 - kMargin, 1 + kMargin};
  for (const Comparison* item : drawn) {
    const ComparisonNames names = names_of(summary, *item, varying);
    PlotRow row;
    row.label = names.candidate;
    row.detail = "against " + names.baseline + (names.where.empty() ? "" : "; " + names.where);
    row.axis_label = names.where + (names.where.empty() ? "" : " \u00b7 ") + names.candidate;
    row.centre = item->ratio->ratio;
    row.interval = item->ratio->interval;
    row.value = ratio_text(item->ratio->ratio) + " " + std::string(to_string(item->verdict));
    row.tone = tone_of(item->verdict);
    plot.rows.push_back(std::move(row));
  }
  return plot;
}

std::string verdict_counts(const Summary& summary) {
  std::map<Verdict, std::size_t> counts;
  std::size_t compared = 0;
  for (const Comparison& comparison : summary.comparisons) {
    if (!comparison.ratio) continue;
    ++counts[comparison.verdict];
    ++compared;
  }
  std::string text;
  for (const auto& [verdict, count] : counts) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(to_string(verdict));
  }
  return count_of(compared, "comparison") + ": " + text + ".";
}

void add_method(Document& document) {
  Details details{"How sure is this? How to read the verdicts", {}};
  details.blocks.push_back({Paragraph{
      "A time is the median of samples taken after a warm-up. A ratio is formed on one clock, round by round, "
      "from the rounds in which both were visited, and its 95 % interval comes from a bootstrap over whole "
      "rounds. The margin, fixed beforehand, is 2 %: FASTER and SLOWER need the whole interval beyond it, SAME "
      "the whole interval inside it, and everything else, and fewer than " +
      std::to_string(kMinRounds) +
      " shared rounds, is UNCLEAR. FASTER and SLOWER must also be discoveries at a false discovery rate of 5 % among "
      "all "
      "comparisons here. Energy and EDP ratios have no interval."}});
  document.add(std::move(details));
}

void add_not_compared(const Summary& summary, Document& document) {
  Table table;
  table.columns = {{"candidate"}, {"baseline"}, {"reason"}};
  for (const Comparison& comparison : summary.comparisons) {
    if (comparison.ratio) continue;
    table.rows.push_back({{comparison.candidate->line, {}, Tone::plain, true},
                          {comparison.candidate->record->baseline_case, {}, Tone::plain, true},
                          {comparison.reason}});
  }
  if (table.rows.empty()) return;
  Details details{"Not compared: " + count_of(table.rows.size(), "candidate"), {}};
  details.blocks.push_back({std::move(table)});
  document.add(std::move(details));
}

}  // namespace

Tone tone_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::faster:
      return Tone::good;
    case Verdict::slower:
      return Tone::bad;
    case Verdict::same:
      return Tone::neutral;
    case Verdict::unclear:
      return Tone::warning;
  }
  return Tone::plain;
}

ComparisonNames names_of(const Summary& summary, const Comparison& comparison,
                         const std::vector<std::string>& varying) {
  const CaseWords candidate = labelled_words(summary, *comparison.candidate);
  const CaseWords baseline = labelled_words(summary, *comparison.baseline);
  const std::vector<std::string> differing = differing_words(candidate, baseline);
  ComparisonNames names;
  names.where = words_text(shared_words(summary, comparison), varying);
  names.candidate = words_text(candidate, differing);
  names.baseline = words_text(baseline, differing);
  if (names.candidate.empty()) names.candidate = "(without " + names.baseline + ")";
  if (names.baseline.empty()) names.baseline = "(without " + names.candidate + ")";
  return names;
}

void compose_comparisons(const Summary& summary, bool with_figures, Document& document) {
  if (summary.rows.empty()) return;
  document.add(Heading{2, "Comparisons"});
  if (summary.comparisons.empty()) {
    document.add(Paragraph{"No row names a baseline, so nothing is compared."});
    return;
  }
  const std::vector<ComparisonSection> sections = sections_of(summary);
  if (!sections.empty()) {
    document.add(Paragraph{verdict_counts(summary) +
                           " A ratio is time of the candidate over time of its baseline: below 1 is faster."});
    add_method(document);
  }
  for (const ComparisonSection& section : sections) {
    document.add(Heading{3, section.title});
    const std::string shared = words_text(section.spread.shared());
    if (!shared.empty()) document.add(Paragraph{"All with " + shared + "."});
    if (with_figures) document.add(plot_of(summary, section));
    document.add(table_of(summary, section));
  }
  add_not_compared(summary, document);
}

}  // namespace hetscope

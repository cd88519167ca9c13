// Splitting on this device: for each product or layer its processors alone, the best division, the share of the ideal
// that it reaches, and where the rest went.
#include <cmath>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/plan_survival.hpp"
#include "reports/split_summary.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

constexpr double kLeastShare = 0.005;

// "compute.cpu@0 71 %, wait 20 %".
std::string shares_text(const StageTimes& stages) {
  double total = 0;
  for (const auto& [name, ns] : stages) total += ns;
  std::string text;
  for (const auto& [name, ns] : stages) {
    if (!(ns / total >= kLeastShare)) continue;
    text += (text.empty() ? "" : ", ") + name + " " + format_number(100 * ns / total, 2) + " %";
  }
  return text.empty() ? std::string(kMissing) : text;
}

Cell time_cell(double ns) { return number_cell(time_text(ns), ns); }

double time_of(const Row& row, const std::string& clock) { return row.record->latencies.at(clock).figure_ns(); }

std::vector<Cell> cells_of(const Summary& summary, const SplitGroup& group) {
  const Record& best = *group.best->record;
  std::string alone;
  for (const Row* row : group.alone) {
    alone += (alone.empty() ? "" : "; ") + summary.runs[row->run].processor_label(row->record->item.processors()[0]) +
             " " + time_text(time_of(*row, best.clock)) + " (" + row->record->item.kernel() + ")";
  }
  const Comparison& comparison = group.against_best_alone;
  const Record& rival = *comparison.baseline->record;
  const std::vector<std::string> differing = differing_words(words_of(best.item), words_of(rival.item));
  std::vector<Cell> cells = {
      {words_text(group.work)},
      {alone},
      time_cell(group.ideal_ns),
      time_cell(time_of(*group.best, best.clock)),
      {words_text(words_of(best.item), differing) + ", fastest of " + std::to_string(group.splits.size())},
      number_cell(format_number(100 * group.share_of_ideal, 2) + " %", group.share_of_ideal),
      {rival.item.kernel() + " on " +
       summary.runs[comparison.baseline->run].processor_label(rival.item.processors()[0])}};
  if (comparison.ratio) {
    const RatioEstimate& ratio = *comparison.ratio;
    cells.push_back(number_cell(ratio_text(ratio.ratio), ratio.ratio));
    cells.push_back(number_cell(ratio_range_text(ratio.interval.low, ratio.interval.high), ratio.interval.low));
    cells.push_back({std::string(to_string(comparison.verdict)), {}, tone_of(comparison.verdict)});
  } else {
    cells.insert(cells.end(), 3, Cell{std::string(kMissing)});
  }
  cells.push_back({shares_text(stages_of(best).whole)});
  std::string remark = comparison.reason;
  if (best.status == Status::unstable) remark += (remark.empty() ? "" : "; ") + std::string("unstable: ") + best.reason;
  cells.push_back({remark, {}, remark.empty() ? Tone::plain : Tone::warning});
  return cells;
}

Table survival_table(const Summary& summary) {
  Table table;
  table.columns = {{"work"},   {"beside"}, {"plan"}, {"best beside it"}, {"plan / best", true}, {"95 % interval", true},
                   {"remarks"}};
  for (const RowSection& section : summary.results) {
    for (const PlanUnderLoad& plan : plans_under_load(section)) {
      CaseWords chosen = words_of(plan.chosen->record->item);
      CaseWords best = words_of(plan.best->record->item);
      for (CaseWords* words : {&chosen, &best}) {
        std::erase_if(*words, [&plan](const auto& word) {
          return word.first == kLoadWord || word_of(plan.work, word.first) == word.second;
        });
      }
      std::vector<Cell> cells = {
          {words_text(plan.work)},
          {plan.load},
          {words_text(chosen)},
          {plan.survives() ? "the plan" : words_text(best) + ", fastest of " + std::to_string(plan.alternatives)}};
      if (plan.survives()) {
        cells.push_back(number_cell(ratio_text(1), 1));
        cells.insert(cells.end(), 2, Cell{""});
      } else if (plan.regret.ratio) {
        const RatioEstimate& ratio = *plan.regret.ratio;
        cells.push_back(number_cell(ratio_text(ratio.ratio), ratio.ratio));
        cells.push_back(number_cell(ratio_range_text(ratio.interval.low, ratio.interval.high), ratio.interval.low));
        cells.push_back({plan.regret.reason});
      } else {
        cells.insert(cells.end(), 2, Cell{std::string(kMissing)});
        cells.push_back({plan.regret.reason, {}, Tone::warning});
      }
      table.rows.push_back(std::move(cells));
    }
  }
  return table;
}

}  // namespace

void compose_splits(const Summary& summary, Document& document) {
  Table table;
  table.columns = {{"work"},
                   {"each processor alone, its fastest kernel"},
                   {"ideal", true},
                   {"divided", true},
                   {"how"},
                   {"of the ideal", true},
                   {"best alone of all"},
                   {"divided / best alone", true},
                   {"95 % interval", true},
                   {"within the session"},
                   {"where the time went"},
                   {"remarks"}};
  for (const RowSection& section : summary.results) {
    for (const SplitGroup& group : split_groups(section)) table.rows.push_back(cells_of(summary, group));
  }
  Table survival = survival_table(summary);
  if (table.rows.empty() && survival.rows.empty()) return;
  document.add(Heading{2, "Splitting on this device"});
  if (!survival.rows.empty()) {
    document.add(Paragraph{
        "What was fastest on the otherwise idle device, kept while something else runs, over what is fastest then. The "
        "fastest of many flatters itself."});
    document.add(std::move(survival));
  }
  if (table.rows.empty()) return;
  document.add(Paragraph{
      "The ideal is 1 / sum of 1 / time over the processors of the division, each alone with its fastest kernel. "
      "Whether dividing pays is said by the last ratio: against the fastest single processor of the group, the CPU on "
      "all its cores included. The fastest of many divisions flatters itself; a verdict over sessions is that of "
      "--questions scenarios/decisions/split.json."});
  document.add(std::move(table));
}

}  // namespace hetscope

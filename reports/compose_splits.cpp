// Splitting on this device: for each list of operations whether dividing pays and from which size on, and for each
// product or layer its processors alone, the best division, the share of the ideal that it reaches, and where the rest
// went.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/plan_survival.hpp"
#include "reports/row_values.hpp"
#include "reports/split_lists.hpp"
#include "reports/split_rest.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

Cell time_cell(double ns) { return number_cell(time_text(ns), ns); }
Cell share_cell(double share) { return number_cell(format_number(100 * share, 2) + " %", share); }

// "matmul_onednn on cpu, 2 threads".
std::string solo_text(const Summary& summary, const Row& row) {
  const Case& item = row.record->item;
  const auto threads = axis_value<std::int64_t>(*row.record, "threads");
  return item.kernel() + " on " + summary.runs[row.run].processor_label(item.processors()[0]) +
         (threads ? ", " + count_of(static_cast<std::size_t>(*threads), "thread") : "");
}

// "imbalance 3.1 %, transfers and sync 1 %; not recorded: when opencl:0 ends", of the divided time.
std::string rest_text(const SplitRest& rest) {
  std::string text;
  for (const RestPart& part : rest.parts) {
    const double share = part.ns / rest.divided_ns;
    if (!(std::abs(share) >= kLeastShare)) continue;
    text += (text.empty() ? "" : ", ") + part.name + " " + format_number(100 * share, 2) + " %";
  }
  if (text.empty() && !rest.parts.empty()) text = fmt::format("nothing above {} %", 100 * kLeastShare);
  if (rest.not_recorded.empty()) return text;
  return fmt::format("{}{}not recorded: {}", text, text.empty() ? "" : "; ", fmt::join(rest.not_recorded, ", "));
}

std::vector<Cell> cells_of(const Summary& summary, const SplitGroup& group) {
  const Record& best = *group.best->record;
  std::string alone;
  for (const Row* row : group.alone) {
    alone += (alone.empty() ? "" : "; ") + time_text(time_on(*row, best.clock)) + " (" + solo_text(summary, *row) + ")";
  }
  const Comparison& comparison = group.against_best_alone;
  const Row& rival = *comparison.baseline;
  const Row* whole_cpu = whole_cpu_row(summary, group);
  const std::vector<std::string> differing = differing_words(words_of(best.item), words_of(rival.record->item));
  std::vector<Cell> cells = {
      {summary.run_prefix(group.best->run) + words_text(group.work)},
      {alone},
      time_cell(group.ideal_ns),
      time_cell(time_on(*group.best, best.clock)),
      {words_text(words_of(best.item), differing) + ", fastest of " + std::to_string(group.splits.size())},
      share_cell(group.share_of_ideal),
      whole_cpu == nullptr ? Cell{"not measured"} : time_cell(time_on(*whole_cpu, best.clock)),
      {solo_text(summary, rival)}};
  if (comparison.ratio) {
    const RatioEstimate& ratio = *comparison.ratio;
    cells.push_back(number_cell(ratio_text(ratio.ratio), ratio.ratio));
    cells.push_back(number_cell(ratio_range_text(ratio.interval.low, ratio.interval.high), ratio.interval.low));
    cells.push_back({std::string(to_string(comparison.verdict)), {}, tone_of(comparison.verdict)});
  } else {
    cells.insert(cells.end(), 3, Cell{std::string(kMissing)});
  }
  cells.push_back({rest_text(rest_of(group))});
  std::string remark = comparison.reason;
  if (best.status == Status::unstable) remark += (remark.empty() ? "" : "; ") + std::string("unstable: ") + best.reason;
  cells.push_back({remark, {}, remark.empty() ? Tone::plain : Tone::warning});
  return cells;
}

// "a (3), b" of a, b, a, a.
std::string counted_text(const std::vector<std::string>& texts) {
  std::map<std::string, int> counts;
  for (const std::string& text : texts) ++counts[text];
  std::string result;
  for (const auto& [text, count] : counts) {
    result += (result.empty() ? "" : "; ") + text + (count > 1 ? " (" + std::to_string(count) + ")" : "");
  }
  return result;
}

std::string best_alone_text(const Summary& summary, const SplitList& list) {
  std::vector<std::string> places;
  for (const SplitWork& work : list.works) places.push_back(solo_text(summary, *work.solo));
  return counted_text(places);
}

std::string divisions_text(const Summary& summary, const SplitList& list) {
  std::vector<std::string> divisions;
  for (const SplitWork& work : list.works) {
    const CaseWords words = labelled_words(summary, *work.division);
    divisions.push_back(words_text(words, {"processor", "split", "ratio", "ratio_of_second", "sharing", "sync"}));
  }
  return counted_text(divisions);
}

// "SLOWER 8, UNCLEAR 1": the best division of each session by itself.
std::string within_text(const SplitList& list) {
  std::map<std::string_view, int> counts;
  for (const SplitWork& work : list.works) {
    for (const SplitGroup& group : work.sessions) ++counts[to_string(group.against_best_alone.verdict)];
  }
  std::string text;
  for (const auto& [verdict, count] : counts) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", verdict, count);
  return text;
}

std::string break_even_text(const BreakEven& found) {
  if (found.sizes < 2) return "not looked for: all work is of one size";
  const auto size_text = [&found](double x) {
    return found.is_by_flops ? format_si(x, "flop") : time_text(x) + " on the best processor alone";
  };
  const Crossover& crossover = found.crossover;
  const std::string unclear =
      crossover.unclear > 0 ? fmt::format(", {} of {} unclear", crossover.unclear, count_of(found.sizes, "size")) : "";
  switch (crossover.kind) {
    case CrossoverKind::always:
      return "at every size measured";
    case CrossoverKind::from:
      return "from " + size_text(crossover.x) + " on" + unclear;
    case CrossoverKind::up_to:
      return "up to " + size_text(crossover.x) + unclear;
    case CrossoverKind::never:
      return "at no size measured";
    case CrossoverKind::mixed:
      return "at some sizes, but not from one on";
    case CrossoverKind::undecided:
      return "undecided" + unclear;
  }
  return "";
}

// Of each work's first session.
SplitRest rest_of_works(const SplitList& list) {
  SplitRest sum;
  for (const SplitWork& work : list.works) {
    const SplitRest rest = rest_of(work.sessions.front());
    sum.divided_ns += rest.divided_ns;
    for (const RestPart& part : rest.parts) add_part(part, sum);
    for (const std::string& what : rest.not_recorded) {
      if (std::ranges::find(sum.not_recorded, what) == sum.not_recorded.end()) sum.not_recorded.push_back(what);
    }
  }
  return sum;
}

std::size_t sessions_of(const SplitList& list) {
  std::size_t most = 0;
  for (const SplitWork& work : list.works) most = std::max(most, work.sessions.size());
  return most;
}

std::string title_of(const SplitList& list) {
  std::string title = list.name == list.operation ? list.name : list.name + ": " + list.operation;
  if (!list.dtype.empty()) title += ", " + list.dtype;
  return title + (list.scenario.empty() ? "" : " (" + list.scenario + ")");
}

Table list_table() {
  Table table;
  table.columns = {{"operations"},
                   {"works", true},
                   {"sessions", true},
                   {"best alone", true},
                   {"where"},
                   {"CPU on all cores", true},
                   {"divided", true},
                   {"how"},
                   {"ideal", true},
                   {"of the ideal", true},
                   {"speed-up", true},
                   {"interval", true},
                   {"verdict"},
                   {"dividing pays"},
                   {"where the rest went"},
                   {"pitfalls"},
                   {"within the sessions"},
                   {"remarks"}};
  return table;
}

std::vector<Cell> cells_of(const Summary& summary, const SplitList& list) {
  const Evidence& combined = *list.decision.alternatives.front().combined;
  const SplitTimes& times = list.times;
  const std::size_t sessions = sessions_of(list);
  const bool has_interval = std::isfinite(combined.interval.high) && combined.interval.low > 0;
  return {{title_of(list)},
          number_cell(std::to_string(list.works.size()), static_cast<double>(list.works.size())),
          number_cell(std::to_string(sessions), static_cast<double>(sessions)),
          time_cell(times.solo_ns),
          {best_alone_text(summary, list)},
          times.whole_cpu_ns ? time_cell(*times.whole_cpu_ns) : Cell{"not measured"},
          time_cell(times.divided_ns),
          {divisions_text(summary, list)},
          time_cell(times.ideal_ns),
          share_cell(times.ideal_ns / times.divided_ns),
          number_cell(gain_text(1 / combined.ratio), 1 / combined.ratio),
          has_interval ? number_cell(ratio_range_text(1 / combined.interval.high, 1 / combined.interval.low),
                                     1 / combined.interval.high)
                       : Cell{std::string(kMissing)},
          {std::string(to_string(list.decision.verdict)), {}, tone_of(list.decision.verdict)},
          {break_even_text(list.break_even)},
          {rest_text(rest_of_works(list))},
          {list.fired.empty() ? "none of those evaluated" : fmt::format("{}", fmt::join(list.fired, ", "))},
          {within_text(list)},
          {combined.candidate + (list.decision.reason.empty() ? "" : "; " + list.decision.reason)}};
}

Table work_table(const Summary& summary, const SplitList& list) {
  Table table;
  table.columns = {{"work"},
                   {"each processor alone, its fastest kernel"},
                   {"ideal", true},
                   {"divided", true},
                   {"how"},
                   {"of the ideal", true},
                   {"CPU on all cores", true},
                   {"best alone of all"},
                   {"divided / best alone", true},
                   {"95 % interval", true},
                   {"within the session"},
                   {"where the rest went"},
                   {"remarks"}};
  for (const SplitWork& work : list.works) {
    for (const SplitGroup& group : work.sessions) table.rows.push_back(cells_of(summary, group));
  }
  return table;
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

void compose_splits(const Summary& summary, const std::vector<InstrumentNote>& instruments,
                    const std::vector<Finding>& findings, Document& document) {
  const std::vector<SplitList> lists = split_lists(summary, instruments, findings);
  Table survival = survival_table(summary);
  if (lists.empty() && survival.rows.empty()) return;
  document.add(Heading{2, "Splitting on this device"});
  if (!survival.rows.empty()) {
    document.add(Paragraph{
        "What was fastest on the otherwise idle device, kept while something else runs, over what is fastest then. The "
        "fastest of many flatters itself."});
    document.add(std::move(survival));
  }
  if (lists.empty()) return;
  document.add(Paragraph{fmt::format(
      "Layers of a model, or all cases of an operation, with times summed over them. The ideal is 1 / sum of 1 / time "
      "over the processors of the division, each alone with its fastest kernel. The verdict is that of a question "
      "(docs/decide.md): GO when the whole interval of the geometric mean of divided / best alone, the CPU on all its "
      "cores included, is below 1 - {0}, NO-GO when it is above 1 + {0} or within both, UNCLEAR else and from fewer "
      "than {1} sessions. Works whose division was chosen out of n have an interval of 1 - 0.05 / n. Where the rest "
      "went is in per cent of the divided time, and with what the ideal is of it makes up the whole (docs/split.md).",
      kMargin, kMinSessions)});
  Table table = list_table();
  for (const SplitList& list : lists) table.rows.push_back(cells_of(summary, list));
  document.add(std::move(table));
  for (const SplitList& list : lists) {
    document.add(Heading{3, title_of(list)});
    document.add(work_table(summary, list));
  }
}

}  // namespace hetscope

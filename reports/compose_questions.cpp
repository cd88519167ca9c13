// The first screen, a sheet for each question: the verdict, the numbers that carry it, and what stood in the way of
// trust.
#include <algorithm>
#include <cmath>
#include <set>

#include "reports/compose.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMostEvidence = 12;

// The comparisons within sessions that a question's rule speaks of, the strongest first.
std::vector<const Comparison*> comparisons_of(const Summary& summary, const DecisionRule& rule) {
  std::vector<const Comparison*> result;
  for (const Comparison& comparison : summary.comparisons) {
    if (!comparison.ratio || comparison.baseline == nullptr) continue;
    const Record& candidate = *comparison.candidate->record;
    if (!rule.where.matches(candidate) || !rule.candidate.matches(candidate)) continue;
    if (rule.baseline && !rule.baseline->matches(*comparison.baseline->record)) continue;
    result.push_back(&comparison);
  }
  std::stable_sort(result.begin(), result.end(), [](const Comparison* a, const Comparison* b) {
    return std::abs(std::log(a->ratio->ratio)) > std::abs(std::log(b->ratio->ratio));
  });
  return result;
}

// Of one session there is no interval over sessions; its own rounds still say how sure that session is.
Table table_within_session(const Summary& summary, const std::vector<const Comparison*>& comparisons) {
  Table table;
  table.columns = {{"within this session"}, {"ratio", true},   {"95 % interval", true}, {"what"},
                   {"candidate", true},     {"baseline", true}};
  WordSpread spread;
  for (const Comparison* item : comparisons) spread.add(words_of(item->candidate->record->item));
  const std::vector<std::string> varying = spread.varying();
  for (std::size_t i = 0; i < std::min(kCarryingRows, comparisons.size()); ++i) {
    const Comparison& item = *comparisons[i];
    const ComparisonNames names = names_of(summary, item, varying);
    const double ours = item.candidate->record->latencies.at(item.clock).median_ns;
    const double theirs = item.baseline->record->latencies.at(item.clock).median_ns;
    const Interval& interval = item.ratio->interval;
    table.rows.push_back({{std::string(to_string(item.verdict)), {}, tone_of(item.verdict)},
                          number_cell(ratio_text(item.ratio->ratio), item.ratio->ratio),
                          number_cell(ratio_range_text(interval.low, interval.high), interval.low),
                          {names.candidate + " against " + names.baseline + "; " +
                           (names.where.empty() ? item.candidate->record->group : names.where)},
                          number_cell(time_text(ours), ours),
                          number_cell(time_text(theirs), theirs)});
  }
  return table;
}

Plot plot_of(const QuestionDecision& answer) {
  Plot plot;
  plot.title = "Candidate over baseline, over sessions: below 1 the candidate is better; shaded: within the margin";
  plot.band = Interval{1 - answer.question->rule.margin, 1 + answer.question->rule.margin};
  const std::vector<const Evidence*> rows = answer.carrying(kMostEvidence);
  WordSpread spread;
  for (const Evidence* row : rows) {
    if (!row->baseline.empty()) spread.add(words_of(Case::parse(row->candidate)));
  }
  const std::vector<std::string> varying = spread.varying();
  for (const Evidence* row : rows) {
    if (!std::isfinite(row->interval.high)) continue;
    PlotRow drawn;
    if (!row->baseline.empty()) drawn.axis_label = words_text(words_of(Case::parse(row->candidate)), varying);
    if (drawn.axis_label.empty()) drawn.axis_label = evidence_name(*row);
    drawn.label = drawn.axis_label;
    drawn.detail = evidence_name(*row);
    drawn.centre = row->ratio;
    drawn.interval = row->interval;
    drawn.value = ratio_text(row->ratio) + " " + std::string(to_string(row->verdict));
    drawn.tone = tone_of(row->verdict);
    plot.rows.push_back(std::move(drawn));
  }
  return plot;
}

Plot plot_within_session(const Summary& summary, const std::vector<const Comparison*>& comparisons, double margin) {
  Plot plot;
  plot.title =
      "Time of the candidate over time of its baseline within this session: below 1 is faster; shaded: within the "
      "margin";
  plot.band = Interval{1 - margin, 1 + margin};
  WordSpread spread;
  for (const Comparison* item : comparisons) spread.add(words_of(item->candidate->record->item));
  for (std::size_t i = 0; i < std::min(kMostEvidence, comparisons.size()); ++i) {
    const Comparison& item = *comparisons[i];
    const ComparisonNames names = names_of(summary, item, spread.varying());
    PlotRow row;
    row.label = names.candidate;
    row.detail = "against " + names.baseline + (names.where.empty() ? "" : "; " + names.where);
    row.axis_label = names.where + (names.where.empty() ? "" : " \u00b7 ") + names.candidate;
    row.centre = item.ratio->ratio;
    row.interval = item.ratio->interval;
    row.value = ratio_text(item.ratio->ratio) + " " + std::string(to_string(item.verdict));
    row.tone = tone_of(item.verdict);
    plot.rows.push_back(std::move(row));
  }
  return plot;
}

// What a reader must know before believing the numbers of this sheet.
List doubts_of(const Summary& summary, const QuestionDecision& answer,
               const std::vector<const Comparison*>& comparisons) {
  List doubts;
  for (const GenerationDecision& generation : answer.generations) {
    doubts.items.push_back("Instrument on " + generation.device() + ": " + generation.instrument + ".");
  }
  std::size_t unsettled = 0;
  for (const Comparison* item : comparisons) {
    for (const Row* row : {item->candidate, item->baseline}) {
      const LatencyRecord& latency = row->record->latencies.at(item->clock);
      if (!latency.converged || !latency.steady || row->record->status == Status::unstable) {
        ++unsettled;
        break;
      }
    }
  }
  if (unsettled > 0) {
    doubts.items.push_back("Of " + count_of(comparisons.size(), "comparison") + " " + std::to_string(unsettled) +
                           " with a time that did not converge or was not steady.");
  }
  for (const std::string& caution : summary.cautions) doubts.items.push_back(caution);
  constexpr std::size_t kMostReasons = 4;
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < answer.not_counted.size(); ++i) {
    const NotCounted& item = answer.not_counted[i];
    if (i < kMostReasons) {
      doubts.items.push_back(count_of(item.rows, "row") + " not counted: " + item.reason + ".");
    } else {
      left_out += item.rows;
    }
  }
  if (left_out > 0) doubts.items.push_back(count_of(left_out, "more row") + " not counted, for other reasons.");
  return doubts;
}

Code reproduction_of(const QuestionDecision& answer, const std::vector<const Comparison*>& comparisons) {
  std::vector<std::string> lines;
  for (const Evidence* row : answer.carrying(kCarryingRows)) {
    if (row->baseline.empty()) continue;
    lines.push_back("hetscope run --case " + shell_quoted(row->candidate) + " --case " + shell_quoted(row->baseline) +
                    " --out DIR");
  }
  if (lines.empty() && !comparisons.empty()) {
    lines.push_back("hetscope run --case " + shell_quoted(comparisons[0]->candidate->line) + " --case " +
                    shell_quoted(comparisons[0]->baseline->line) + " --out DIR");
  }
  return {std::move(lines)};
}

Sheet sheet_of(const Summary& summary, const QuestionDecision& answer, bool with_figures) {
  Document sheet;
  const std::vector<const Comparison*> comparisons = comparisons_of(summary, answer.question->rule);
  sheet.add(
      Banner{std::string(verdict_text(answer)), answer.question->question, answer.reason, tone_of(answer.verdict)});
  const std::vector<const Evidence*> carrying = answer.carrying(kCarryingRows);
  const bool has_interval = std::any_of(carrying.begin(), carrying.end(),
                                        [](const Evidence* row) { return std::isfinite(row->interval.high); });
  if (has_interval || (comparisons.empty() && !carrying.empty())) {
    sheet.add(evidence_table(answer.question->rule, carrying));
    Plot plot = plot_of(answer);
    if (with_figures && !plot.rows.empty()) sheet.add(std::move(plot));
  } else if (!comparisons.empty()) {
    sheet.add(table_within_session(summary, comparisons));
    if (with_figures) sheet.add(plot_within_session(summary, comparisons, answer.question->rule.margin));
  }
  if (List doubts = doubts_of(summary, answer, comparisons); !doubts.items.empty()) {
    sheet.add(Heading{3, "What stood in the way of trust"});
    sheet.add(std::move(doubts));
  }
  if (!answer.would_change.empty()) {
    sheet.add(Heading{3, "What would change the answer"});
    sheet.add(List{answer.would_change});
  }
  if (Code code = reproduction_of(answer, comparisons); !code.lines.empty()) {
    sheet.add(Heading{3, "Measure it again"});
    sheet.add(std::move(code));
  }
  Details rule{"The rule, fixed beforehand", {}};
  rule.blocks.push_back({Paragraph{rule_text(answer.question->rule)}});
  sheet.add(std::move(rule));
  return {std::move(sheet.blocks)};
}

// The report's own rule for a scenario whose file states none.
Question question_of(const ScenarioInfo& scenario) {
  Question question;
  question.name = scenario.name;
  question.question = scenario.question.empty() ? scenario.title : scenario.question;
  question.rule.margin = kMargin;
  question.rule.where.words = {{"scenario", {scenario.name}}};
  question.rule.over = Over::geometric_mean;
  question.rule.alternatives_by = {"kernel", "processor"};
  if (!scenario.path.empty()) question.to_run = {scenario.path};
  return question;
}

}  // namespace

Answers answer_questions(const ReportInput& input, const Summary& summary) {
  Answers answers;
  answers.sets = input.questions;
  if (answers.sets.empty()) {
    std::set<std::string> compared;
    for (const Comparison& comparison : summary.comparisons) compared.insert(comparison.candidate->record->scenario);
    QuestionSet own;
    for (const RunInfo& run : summary.runs) {
      for (const ScenarioInfo& scenario : run.scenarios) {
        if (compared.erase(scenario.name) > 0) own.questions.push_back(question_of(scenario));
      }
    }
    answers.sets.push_back(std::move(own));
  }
  for (const QuestionSet& set : answers.sets) answers.decisions.push_back(decide(input, set, input.instruments));
  return answers;
}

void compose_questions(const Summary& summary, const Answers& answers, bool with_figures, Document& document) {
  for (const Decision& decision : answers.decisions) {
    for (const QuestionDecision& answer : decision.questions) document.add(sheet_of(summary, answer, with_figures));
  }
}

}  // namespace hetscope

// A decision as a page for people: per question the verdict, the three numbers that carry it, what stood in the way of
// trust, what would change it, and the evidence.
#include <algorithm>
#include <cmath>

#include "harness/core/units.hpp"
#include "reports/case_words.hpp"
#include "reports/claims.hpp"
#include "reports/compose.hpp"
#include "reports/decision.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

// A page, not a book: the rest is in decision.json.
constexpr std::size_t kMostRows = 12;

std::string value_text(const DecisionRule& rule, const Evidence& row, double value) {
  if (!(value > 0)) return std::string(kMissing);
  if (rule.metric == "latency") return time_text(value);
  if (rule.metric == "energy") return format_si(value, "J");
  if (rule.metric == "EDP") return format_si(value, "J s");
  return format_number(value) + (row.source.empty() || row.source == "1" ? "" : " " + row.source);
}

std::vector<Cell> row_cells(const DecisionRule& rule, const Evidence& row) {
  const bool is_known = std::isfinite(row.interval.high);
  return {{std::string(to_string(row.verdict)), {}, tone_of(row.verdict)},
          number_cell(ratio_text(row.ratio), row.ratio),
          number_cell(is_known ? ratio_range_text(row.interval.low, row.interval.high) : std::string(kMissing),
                      row.interval.low),
          number_cell(std::to_string(row.sessions.size()), static_cast<double>(row.sessions.size())),
          number_cell(std::to_string(row.units.size()), static_cast<double>(row.units.size())),
          {evidence_name(row)},
          number_cell(value_text(rule, row, row.candidate_value), row.candidate_value),
          number_cell(value_text(rule, row, row.baseline_value), row.baseline_value),
          {row.reason}};
}

Table empty_table() {
  Table table;
  table.columns = {{"verdict"},  {"ratio", true},     {"95 % interval", true}, {"sessions", true}, {"units", true},
                   {"evidence"}, {"candidate", true}, {"baseline", true},      {"remarks"}};
  return table;
}

void add_units(const GenerationDecision& generation, Document& document) {
  if (generation.units.size() < 2) return;
  Table table;
  table.columns = {{"evidence"}, {"unit"}, {"ratio", true}, {"95 % interval", true}, {"sessions", true}};
  const auto add = [&table](const Evidence& row) {
    for (const UnitEvidence& unit : row.units) {
      const bool is_known = std::isfinite(unit.interval.high);
      table.rows.push_back(
          {{evidence_name(row)},
           {unit.unit},
           number_cell(ratio_text(unit.ratio), unit.ratio),
           number_cell(is_known ? ratio_range_text(unit.interval.low, unit.interval.high) : std::string(kMissing),
                       unit.interval.low),
           number_cell(std::to_string(unit.sessions), unit.sessions)});
    }
  };
  std::size_t shown = 0;
  for (const Alternative& alternative : generation.alternatives) {
    if (alternative.combined) add(*alternative.combined);
    for (const Evidence& row : alternative.rows) {
      if (!alternative.combined && shown++ < kMostRows) add(row);
    }
  }
  Details details{"By device unit: " + count_of(generation.units.size(), "unit"), {}};
  details.blocks.push_back({std::move(table)});
  document.add(std::move(details));
}

void add_generation(const DecisionRule& rule, const GenerationDecision& generation, Document& document) {
  document.add(Paragraph{
      generation.device() + " (" + generation.processors + ", " + count_of(generation.units.size(), "unit") + "): " +
      std::string(to_string(generation.verdict)) + (generation.reason.empty() ? "" : ", " + generation.reason) + "."});
  Table table = empty_table();
  std::size_t left_out = 0;
  const auto add = [&](const Evidence& row) {
    if (table.rows.size() < kMostRows) {
      table.rows.push_back(row_cells(rule, row));
    } else {
      ++left_out;
    }
  };
  for (const Alternative& alternative : generation.alternatives) {
    if (alternative.combined) add(*alternative.combined);
  }
  for (const Alternative& alternative : generation.alternatives) {
    for (const Evidence& row : alternative.rows) add(row);
  }
  document.add(std::move(table));
  if (left_out > 0) {
    document.add(Paragraph{count_of(left_out, "more row") + (left_out == 1 ? " is" : " are") + " in decision.json."});
  }
  add_units(generation, document);
}

}  // namespace

Tone tone_of(Go verdict) { return verdict == Go::go ? Tone::good : verdict == Go::no_go ? Tone::bad : Tone::warning; }

std::string evidence_name(const Evidence& row) {
  if (row.baseline.empty()) return row.candidate;
  const CaseWords candidate = words_of(Case::parse(row.candidate));
  const CaseWords baseline = words_of(Case::parse(row.baseline));
  const std::vector<std::string> differing = differing_words(candidate, baseline);
  CaseWords shared;
  for (const auto& word : candidate) {
    if (std::find(differing.begin(), differing.end(), word.first) == differing.end()) shared.push_back(word);
  }
  return words_text(candidate, differing) + " against " + words_text(baseline, differing) + "; " + words_text(shared);
}

Table evidence_table(const DecisionRule& rule, const std::vector<const Evidence*>& rows) {
  Table table = empty_table();
  for (const Evidence* row : rows) table.rows.push_back(row_cells(rule, *row));
  return table;
}

void compose_answer(const QuestionDecision& decision, Document& document) {
  document.add(Banner{std::string(verdict_text(decision)), decision.question->question, decision.reason,
                      tone_of(decision.verdict)});
  const std::vector<const Evidence*> carrying = decision.carrying(kCarryingRows);
  if (!carrying.empty()) document.add(evidence_table(decision.question->rule, carrying));
}

void compose_evidence(const QuestionDecision& decision, Document& document) {
  document.add(Paragraph{rule_text(decision.question->rule)});
  List trust;
  for (const GenerationDecision& generation : decision.generations) {
    trust.items.push_back("Instrument on " + generation.device() + ": " + generation.instrument + ".");
  }
  for (const NotCounted& item : decision.not_counted) {
    trust.items.push_back(count_of(item.rows, "row") + " not counted: " + item.reason + " (" + item.example + ").");
  }
  if (!trust.items.empty()) {
    document.add(Heading{4, "What stands in the way of trust"});
    document.add(std::move(trust));
  }
  if (!decision.would_change.empty()) {
    document.add(Heading{4, "What would change it"});
    document.add(List{decision.would_change});
  }
  if (decision.generations.empty()) return;
  document.add(Heading{4, "Evidence"});
  for (const GenerationDecision& generation : decision.generations) {
    add_generation(decision.question->rule, generation, document);
  }
}

Document decision_document(const Decision& decision, const QuestionSet& questions) {
  Document document;
  document.title = questions.title;
  document.add(
      Paragraph{"A ratio is the candidate over the baseline: below 1 the candidate is better. Sessions and device "
                "units are resampled; one session alone never gives GO."});
  for (const std::string& caution : decision.cautions) document.add(Paragraph{caution, Tone::warning});
  for (const QuestionDecision& question : decision.questions) {
    document.add(Heading{2, question.question->name});
    compose_answer(question, document);
    compose_evidence(question, document);
  }
  compose_claims(questions.title, decision, document);
  return document;
}

}  // namespace hetscope

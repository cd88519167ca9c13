// Gains out of decisions, and the section that sets them beside the published ones.
#include "reports/claims.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

const Evidence* best_of(const GenerationDecision& generation) {
  const Evidence* best = nullptr;
  for (const Alternative& alternative : generation.alternatives) {
    if (!alternative.combined || !(alternative.combined->ratio > 0)) continue;
    if (best == nullptr || alternative.combined->ratio < best->ratio) best = &*alternative.combined;
  }
  return best;
}

ClaimAnswer answer_of(const GenerationDecision& generation, const std::optional<double>& published) {
  ClaimAnswer answer;
  answer.device = generation.device();
  answer.processors = generation.processors;
  const Evidence* evidence = best_of(generation);
  if (evidence == nullptr) {
    answer.reason = generation.reason.empty() ? "no case that every session has" : generation.reason;
    return answer;
  }
  answer.gain = 1 / evidence->ratio;
  answer.sessions = evidence->sessions.size();
  const bool is_known = std::isfinite(evidence->interval.high) && evidence->interval.low > 0;
  answer.interval =
      is_known ? Interval{1 / evidence->interval.high, 1 / evidence->interval.low} : Interval{0, INFINITY};
  if (!evidence->withheld.empty()) {
    answer.outcome = ClaimOutcome::undecided;
    answer.reason = evidence->withheld;
  } else if (!is_known) {
    answer.outcome = ClaimOutcome::undecided;
    answer.reason = "no interval over " + count_of(answer.sessions, "session");
  } else if (generation.is_unqualified) {
    answer.outcome = ClaimOutcome::undecided;
    answer.reason = generation.instrument;
  } else if (!published) {
    answer.outcome = ClaimOutcome::no_figure;
  } else if (answer.interval.low >= *published) {
    answer.outcome = ClaimOutcome::holds;
  } else if (answer.interval.high < *published) {
    answer.outcome = ClaimOutcome::does_not_hold;
  } else {
    answer.outcome = ClaimOutcome::undecided;
    answer.reason = "the published gain lies within the interval";
  }
  return answer;
}

Tone tone_of_outcome(ClaimOutcome outcome) {
  switch (outcome) {
    case ClaimOutcome::holds:
      return Tone::good;
    case ClaimOutcome::does_not_hold:
      return Tone::bad;
    case ClaimOutcome::undecided:
      return Tone::warning;
    case ClaimOutcome::no_figure:
    case ClaimOutcome::not_testable:
    case ClaimOutcome::not_measured:
      return Tone::neutral;
  }
  return Tone::plain;
}

std::vector<Cell> row_of(const Question& question, const ClaimAnswer& answer) {
  const PublishedGain& published = *question.published;
  const bool is_measured = has_gain(answer.outcome);
  const bool has_interval = is_measured && std::isfinite(answer.interval.high);
  const std::string missing(kMissing);
  return {{question.question},
          published.gain ? number_cell(gain_text(*published.gain), *published.gain) : Cell{"none given"},
          {published.what + "; " + published.source},
          is_measured ? number_cell(gain_text(answer.gain), answer.gain) : Cell{missing},
          has_interval ? number_cell(gain_text(answer.interval.low) + " to " + gain_text(answer.interval.high),
                                     answer.interval.low)
                       : Cell{missing},
          number_cell(std::to_string(answer.sessions), static_cast<double>(answer.sessions)),
          {answer.device.empty() ? missing : answer.device + ", " + answer.processors},
          {std::string(to_string(answer.outcome)), {}, tone_of_outcome(answer.outcome)},
          {answer.reason}};
}

}  // namespace

std::string_view to_string(ClaimOutcome outcome) {
  switch (outcome) {
    case ClaimOutcome::holds:
      return "holds";
    case ClaimOutcome::does_not_hold:
      return "does not hold";
    case ClaimOutcome::undecided:
      return "undecided";
    case ClaimOutcome::no_figure:
      return "no figure to reach";
    case ClaimOutcome::not_testable:
      return "not testable here";
    case ClaimOutcome::not_measured:
      return "not measured";
  }
  return "";
}

bool has_gain(ClaimOutcome outcome) {
  return outcome != ClaimOutcome::not_testable && outcome != ClaimOutcome::not_measured;
}

std::vector<ClaimAnswer> answer_claim(const QuestionDecision& decision) {
  std::vector<ClaimAnswer> answers;
  if (!decision.is_testable()) {
    answers.emplace_back().reason = decision.question->published->not_testable;
    return answers;
  }
  for (const GenerationDecision& generation : decision.generations) {
    answers.push_back(answer_of(generation, decision.question->published->gain));
  }
  if (answers.empty()) {
    ClaimAnswer answer;
    if (decision.not_counted.empty() && !decision.names_missing_metric) answer.outcome = ClaimOutcome::not_measured;
    answer.reason = decision.reason;
    answers.push_back(std::move(answer));
  }
  return answers;
}

Table claims_table(const Decision& decision) {
  Table table;
  table.columns = {
      {"claim"}, {"published", true}, {"where"}, {"measured", true}, {"95 % interval", true}, {"sessions", true},
      {"on"},    {"outcome"},         {"why"}};
  for (const QuestionDecision& question : decision.questions) {
    if (!question.question->published) continue;
    for (const ClaimAnswer& answer : answer_claim(question)) {
      table.rows.push_back(row_of(*question.question, answer));
    }
  }
  return table;
}

Paragraph about_claims() {
  return {
      "A gain is the baseline's figure over the candidate's, as geometric mean over the cases that every session has; "
      "the published one was measured on another device. A claim holds when the whole interval is at or above it; "
      "where the paper gives no figure, what was measured stands alone."};
}

void compose_claims(const std::string& title, const Decision& decision, Document& document) {
  Table table = claims_table(decision);
  if (table.rows.empty()) return;
  document.add(Heading{2, title + ": on this device"});
  document.add(about_claims());
  document.add(std::move(table));
}

}  // namespace hetscope

// The answer to a question by a rule that was fixed beforehand: GO, NO-GO or UNCLEAR, with the rows it rests on, what
// did not count and why, and what would change it. Pure: records, questions and what is known of the instrument in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/statistics/verdict.hpp"
#include "reports/document.hpp"
#include "reports/instrument_note.hpp"
#include "reports/paired_sessions.hpp"
#include "reports/questions.hpp"
#include "reports/report.hpp"
#include "reports/run_info.hpp"

namespace hetscope {

enum class Go { go, no_go, unclear };
std::string_view to_string(Go verdict);  // "GO", "NO-GO", "UNCLEAR"

struct UnitEvidence {
  std::string unit;
  int sessions = 0;
  double ratio = 0;
  Interval interval;  // [0, inf] for one session
};

// A ratio over sessions and the verdict that it gives at the rule's margin; below 1 the candidate is better.
struct Evidence {
  std::string candidate;  // case lines; of a mean over cases a text
  std::string baseline;
  std::string source;
  std::vector<SessionRatio> sessions;
  double ratio = 0;
  Interval interval;
  double baseline_value = 0;  // medians over the sessions
  double candidate_value = 0;
  double unit_spread = 0;
  std::vector<UnitEvidence> units;
  Go verdict = Go::unclear;
  std::string reason;    // of UNCLEAR
  std::string withheld;  // why no verdict may be drawn whatever the interval: sessions, units, a modelled value
  // About as many more sessions would decide it at today's spread; nothing when no number would.
  std::optional<int> more_sessions;
};

// Candidates that share the words of the rule's alternatives_by.
struct Alternative {
  std::string name;  // "kernel=x series=2:4", "" when the rule has no alternatives
  Go verdict = Go::unclear;
  std::string reason;
  std::optional<Evidence> combined;  // over Over::geometric_mean
  std::vector<Evidence> rows;
  std::size_t chances = 1;  // candidates of which each row's was taken for being the fastest
};

// One device model and the processors that computed: a GPU generation.
struct GenerationDecision {
  std::string device_model;
  std::string processors;
  std::vector<std::string> units;
  std::string instrument;  // what is known about the instrument on these units
  bool is_unqualified = false;
  Go verdict = Go::unclear;
  std::string reason;
  std::vector<Alternative> alternatives;
  // "Board X", or that it has no name.
  std::string device() const { return device_model.empty() ? "an unnamed device" : device_model; }
};

struct NotCounted {
  std::string reason;
  std::size_t rows = 0;
  std::string example;  // a case line
};

// Rows that a first look shows for a verdict.
inline constexpr std::size_t kCarryingRows = 3;

struct QuestionDecision {
  const Question* question = nullptr;
  Go verdict = Go::unclear;
  std::string reason;
  std::vector<GenerationDecision> generations;
  std::vector<NotCounted> not_counted;
  std::vector<std::string> would_change;
  bool names_missing_metric = false;

  // Whether the question's file says that rows can speak of it: else it has a reason and neither evidence nor verdict.
  bool is_testable() const;
  // At most `count` rows that carry the verdict, the most telling first.
  std::vector<const Evidence*> carrying(std::size_t count) const;
};

// "GO", "NO-GO", "UNCLEAR", or "NOT TESTABLE".
std::string_view verdict_text(const QuestionDecision& decision);

struct Decision {
  std::vector<QuestionDecision> questions;
  std::vector<std::string> cautions;  // about the input as a whole
};

// Keeps pointers into `questions`. The records of a run may be of several sessions.
Decision decide(const ReportInput& input, const QuestionSet& questions, const std::vector<InstrumentNote>& instruments);

// decision_evidence.cpp: the rows of one question, by generation and alternative, without verdicts of these.
void collect_evidence(const ReportInput& input, const std::vector<RunInfo>& runs, QuestionDecision& decision);
// A verdict from a ratio: sessions and units are enough, no modelled value, the interval beyond the margin.
void judge_evidence(const DecisionRule& rule, double confidence, std::uint64_t seed, Evidence& evidence);
// The verdicts of its alternatives, and its own: withheld where the instrument was refused, or tried on others only.
void judge_generation(const DecisionRule& rule, const std::vector<InstrumentNote>& notes,
                      GenerationDecision& generation);

// "hetscope/decision/1", harness/record/schema/decision-1.json.
struct DecisionInput {
  std::string questions_path;
  std::vector<std::string> directories;
};
std::string decision_json(const Decision& decision, const QuestionSet& questions, const DecisionInput& input);
// decision_page.cpp: the answer, the numbers that carry it, and what stood in the way of trust; then everything else.
Document decision_document(const Decision& decision, const QuestionSet& questions);
void compose_answer(const QuestionDecision& decision, Document& document);
void compose_evidence(const QuestionDecision& decision, Document& document);
Table evidence_table(const DecisionRule& rule, const std::vector<const Evidence*>& rows);
// "kernel=x against kernel=y; dtype=f16 shape=64x64": what differs first.
std::string evidence_name(const Evidence& row);
Tone tone_of(Go verdict);

}  // namespace hetscope

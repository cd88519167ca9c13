// Questions with the rule by which each is decided, fixed before any result is seen (scenarios/decisions/*.json;
// docs/decide.md describes the file).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/record/record.hpp"
#include "harness/statistics/hierarchy.hpp"

namespace hetscope {

// Which rows: for each word of the case ("kernel", "processor", an axis; besides "operation", "scenario" and
// "processors", their number) patterns of which one must match. No words: every row.
struct RowSelector {
  std::vector<std::pair<std::string, std::vector<std::string>>> words;
  bool matches(const Record& record) const;
  std::string text() const;  // "kernel=a|b dtype=f16"
};

// A candidate that costs more than this of another metric does not count.
struct MetricLimit {
  std::string metric;
  double most = 0;
};

// How the rows of an alternative become one verdict.
enum class Over {
  every,           // each row by itself must be decided in the same way
  geometric_mean,  // one ratio per session: the geometric mean over the cases that every session has
};
std::string_view to_string(Over over);

struct DecisionRule {
  std::string metric = "latency";  // or "energy", "EDP", or a name in the records' metrics
  bool higher_is_better = false;   // of a name in the metrics
  std::string clock;               // of a latency; "": the principal one
  double margin = 0;               // gain below which it is not worth it: 0.05 is 5 %
  RowSelector where;
  RowSelector candidate;
  // Rows of the same group and session; of several the best one is the baseline. Nothing: the baseline that the record
  // itself names.
  std::optional<RowSelector> baseline;
  std::vector<std::string> alternatives_by;  // words by which candidates are alternatives, each judged by itself
  Over over = Over::every;
  int minimum_units = 1;
  int minimum_sessions = kMinSessions;
  std::vector<MetricLimit> limits;
  bool needs_gpu = false;  // rows of an OpenCL device that is the host's CPU do not count
};

// What a paper reports of the same comparison on its device: the baseline's figure over the candidate's.
struct PublishedGain {
  std::optional<double> gain;     // above 1; nothing: it makes the claim and gives no figure
  std::string what;               // "Conv 3x3, Adreno 740"
  std::string source;             // "SmartMem, section 3.2.2"
  std::string not_testable = {};  // why no row of hetscope's can speak of it; "": some can
};

struct Question {
  std::string name;
  std::string question;
  DecisionRule rule;
  std::optional<PublishedGain> published;
  std::vector<std::string> to_run;  // scenarios whose rows would answer it
};

struct QuestionSet {
  std::string title;
  std::string sha256;  // of the file
  std::vector<Question> questions;
};

// The value of a word of a record's case as a selector sees it; "" when it has none.
std::string selected_word(const Record& record, const std::string& name);
// "the principal clock's median is at least 5 % lower, ..." of a rule in one sentence.
std::string rule_text(const DecisionRule& rule);

// Throws Error with path and JSON pointer for an unknown key, a wrong type, a margin outside (0, 1), fewer sessions
// than kMinSessions, or a name that is there twice.
QuestionSet parse_questions(std::string_view text, const std::string& path);

}  // namespace hetscope

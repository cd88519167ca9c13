// What a paper claims beside what was measured here: the gain of a question's candidate over its baseline, and whether
// the published one is reached on this device.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/statistics/statistics.hpp"
#include "reports/decision.hpp"
#include "reports/document.hpp"

namespace hetscope {

enum class ClaimOutcome {
  holds,          // the whole interval is at or above the published gain
  does_not_hold,  // the whole interval is below it
  undecided,      // it lies within the interval, or there is none yet
  no_figure,      // measured, and nothing published to compare it with
  not_testable,   // no row here can speak of it
  not_measured,   // there is no row
};
std::string_view to_string(ClaimOutcome outcome);
// Whether an answer of this outcome was measured.
bool has_gain(ClaimOutcome outcome);

// Of one generation (device model and processors). A gain is the baseline's figure over the candidate's: 2 is twice as
// good. Of several alternatives the best one.
struct ClaimAnswer {
  std::string device;
  std::string processors;
  double gain = 0;
  Interval interval;  // of the gain; [0, inf] when the sessions are too few
  std::size_t sessions = 0;
  ClaimOutcome outcome = ClaimOutcome::not_testable;
  std::string reason;  // of undecided, not_testable and not_measured
};

// For a decision whose question has a published gain: one answer a generation, at least one.
std::vector<ClaimAnswer> answer_claim(const QuestionDecision& decision);

// All claims of the set, without a row when its questions have none; and what its columns mean.
Table claims_table(const Decision& decision);
Paragraph about_claims();
// "TITLE on this device" and a table of all claims of the set; nothing when its questions have none.
void compose_claims(const std::string& title, const Decision& decision, Document& document);

}  // namespace hetscope

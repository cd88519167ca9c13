// Published gains against measured ones of known truth.
#include "reports/claims.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "reports/markdown.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

std::string set_text(const std::string& published, const std::string& more = "") {
  return R"({"schema":"hetscope/questions/1","title":"Paper","questions":[{"name":"q","question":"Is B better?","rule":
    {"metric":"latency","margin":0.05,"candidate":{"kernel":"tiled"},"baseline":{"kernel":"naive"},"over":"geometric_mean")" +
         more + R"(},"published":)" + published + "}]}";
}

QuestionSet claim_of(double gain, const std::string& more = "") {
  return parse_questions(
      set_text(R"({"gain":)" + std::to_string(gain) + R"(,"what":"a phone","source":"Paper, table 1"})", more),
      "q.json");
}

ReportInput sessions_of_pairs(int count, double ratio) {
  ReportInput input;
  for (int i = 0; i < count; ++i) {
    std::vector<Record> records = make_pair_of(ratio * (1 + 0.002 * i));
    for (Record& record : records) record.session = record.run_uuid = "session-" + std::to_string(i);
    input.runs.push_back(make_run(std::move(records)));
  }
  return input;
}

ClaimAnswer claim_answer(const ReportInput& input, const QuestionSet& set) {
  const std::vector<ClaimAnswer> answers = answer_claim(decide(input, set, {}).questions.front());
  EXPECT_EQ(answers.size(), 1U);
  return answers.front();
}

TEST(Claims, HoldFailOrStayOpenByTheIntervalOfTheGain) {
  const ReportInput twice_as_fast = sessions_of_pairs(5, 0.5);
  const ClaimAnswer holds = claim_answer(twice_as_fast, claim_of(1.5));
  EXPECT_EQ(holds.outcome, ClaimOutcome::holds);
  EXPECT_NEAR(holds.gain, 2, 0.05);
  EXPECT_LT(holds.interval.low, holds.gain);
  EXPECT_GT(holds.interval.high, holds.gain);
  EXPECT_EQ(claim_answer(twice_as_fast, claim_of(2.5)).outcome, ClaimOutcome::does_not_hold);
  EXPECT_EQ(claim_answer(twice_as_fast, claim_of(holds.gain)).outcome, ClaimOutcome::undecided);
}

TEST(Claims, TooFewSessionsDecideNothing) {
  const ClaimAnswer one = claim_answer(sessions_of_pairs(1, 0.5), claim_of(1.5));
  EXPECT_EQ(one.outcome, ClaimOutcome::undecided);
  EXPECT_THAT(one.reason, HasSubstr("1 session of the 3"));
  EXPECT_NEAR(one.gain, 2, 0.05) << "what was seen is shown all the same";
}

TEST(Claims, WhatCannotBeMeasuredHereIsNotTestable) {
  ReportInput input = sessions_of_pairs(4, 0.5);
  for (LoadedRun& run : input.runs) {
    for (Record& record : run.records) record.item.set_processors({"opencl:0"});  // the host's CPU by its fixture
  }
  const ClaimAnswer on_cpu = claim_answer(input, claim_of(1.5, R"(,"gpu":true)"));
  EXPECT_EQ(on_cpu.outcome, ClaimOutcome::not_testable);
  EXPECT_THAT(on_cpu.reason, HasSubstr("host's CPU"));
}

TEST(Claims, WhatNoRowCanSpeakOfSaysWhyWhateverWasMeasured) {
  const QuestionSet set =
      parse_questions(set_text(R"({"what":"a","source":"b","not_testable":"no network is run"})"), "q.json");
  for (const ReportInput& input : {sessions_of_pairs(5, 0.5), ReportInput{}}) {
    const ClaimAnswer answer = claim_answer(input, set);
    EXPECT_EQ(answer.outcome, ClaimOutcome::not_testable);
    EXPECT_EQ(answer.reason, "no network is run");
  }
  const Decision decision = decide(sessions_of_pairs(5, 0.5), set, {});
  EXPECT_TRUE(decision.questions.front().generations.empty());
  const std::string page = markdown_text(decision_document(decision, set));
  EXPECT_THAT(page, HasSubstr("NOT TESTABLE"));
  EXPECT_THAT(page, testing::Not(HasSubstr("UNCLEAR")));
}

TEST(Claims, WithoutARowNothingWasMeasured) {
  const ClaimAnswer nothing = claim_answer(ReportInput{}, claim_of(1.5));
  EXPECT_EQ(nothing.outcome, ClaimOutcome::not_measured);
  EXPECT_THAT(nothing.reason, HasSubstr("nothing of this kind was measured"));
}

TEST(Claims, WithoutAPublishedFigureTheMeasuredOneStandsAlone) {
  const QuestionSet set = parse_questions(set_text(R"({"what":"no figure","source":"Paper, section 2"})"), "q.json");
  const ClaimAnswer alone = claim_answer(sessions_of_pairs(5, 0.5), set);
  EXPECT_EQ(alone.outcome, ClaimOutcome::no_figure);
  EXPECT_NEAR(alone.gain, 2, 0.05);
  EXPECT_EQ(claim_answer(sessions_of_pairs(1, 0.5), set).outcome, ClaimOutcome::undecided);
  const Decision decision = decide(sessions_of_pairs(5, 0.5), set, {});
  const std::string page = markdown_text(decision_document(decision, set));
  EXPECT_THAT(page, HasSubstr("| none given |"));
  EXPECT_THAT(page, HasSubstr("no figure to reach"));
  EXPECT_THAT(decision_json(decision, set, {"q.json", {"results"}}), HasSubstr("\"gain\": null"));
}

TEST(Claims, AreASectionOfThePageAndOfTheJson) {
  const QuestionSet set = claim_of(1.5);
  const Decision decision = decide(sessions_of_pairs(5, 0.5), set, {});
  const std::string page = markdown_text(decision_document(decision, set));
  EXPECT_THAT(page, HasSubstr("Paper: on this device"));
  EXPECT_THAT(page, HasSubstr("| **holds** |"));
  EXPECT_THAT(page, HasSubstr("Paper, table 1"));
  EXPECT_THAT(decision_json(decision, set, {"q.json", {"results"}}), HasSubstr("\"outcome\": \"holds\""));
}

TEST(Claims, RefusesWhatIsNoGain) {
  const auto refuse = [](const std::string& text, const char* what) {
    try {
      parse_questions(text, "q.json");
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(what));
    }
  };
  refuse(set_text(R"({"gain":0.9,"what":"a","source":"b"})"), "no gain");
  refuse(set_text(R"({"gain":1.5,"what":"a"})"), "source");
  refuse(set_text(R"({"gain":1.5,"what":"a","source":"b","unit":"x"})"), "unit");
  std::string every = set_text(R"({"gain":1.5,"what":"a","source":"b"})");
  every.replace(every.find("geometric_mean"), 14, "every");
  refuse(every, "every case by itself");
}

}  // namespace
}  // namespace hetscope

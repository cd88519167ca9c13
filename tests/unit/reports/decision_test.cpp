// Verdicts by rules, on sessions whose truth is known, and what withholds them.
#include "reports/decision.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "reports/markdown.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

QuestionSet questions_of(const std::string& rule) {
  return parse_questions(
      R"({"schema":"hetscope/questions/1","title":"t","questions":[{"name":"q","question":"Does it pay?",
    "rule":)" +
          rule + R"(,"to_run":["scenarios/smoke/layout.json"]}]})",
      "q.json");
}

constexpr const char* kPlainRule =
    R"({"metric":"latency","margin":0.05,"candidate":{"kernel":"tiled"},"baseline":{"kernel":"naive"}})";

// One run per session: a baseline and a candidate, `ratio` apart.
LoadedRun session_run(int number, double ratio, const std::string& unit = "0123456789abcdef",
                      const std::string& model = "Board X") {
  std::vector<Record> records = make_pair_of(ratio);
  for (Record& record : records) {
    record.session = record.run_uuid = "session-" + unit + "-" + std::to_string(number);
    record.device_unit = unit;
    record.device_model = model;
  }
  return make_run(std::move(records));
}

ReportInput sessions(int count, double ratio) {
  ReportInput input;
  for (int i = 0; i < count; ++i) input.runs.push_back(session_run(i, ratio * (1 + 0.002 * i)));
  return input;
}

QuestionDecision answer(const ReportInput& input, const QuestionSet& set,
                        const std::vector<InstrumentNote>& notes = {}) {
  return decide(input, set, notes).questions.front();
}

TEST(Decision, GoNoGoAndUnclearByTheIntervalOfTheSessions) {
  const QuestionSet set = questions_of(kPlainRule);
  EXPECT_EQ(answer(sessions(5, 0.7), set).verdict, Go::go);
  EXPECT_EQ(answer(sessions(5, 1.0), set).verdict, Go::no_go) << "no worthwhile gain";
  EXPECT_EQ(answer(sessions(5, 1.4), set).verdict, Go::no_go);
  EXPECT_EQ(answer(sessions(5, 0.946), set).verdict, Go::unclear) << "on the margin";
}

TEST(Decision, OneSessionNeverGivesGo) {
  const QuestionSet set = questions_of(kPlainRule);
  const QuestionDecision one = answer(sessions(1, 0.2), set);
  EXPECT_EQ(one.verdict, Go::unclear);
  EXPECT_THAT(one.reason, HasSubstr("1 session of the 3"));
  EXPECT_THAT(one.would_change, testing::Contains(HasSubstr("2 more sessions")));
  EXPECT_THAT(one.would_change, testing::Contains(HasSubstr("scenarios/smoke/layout.json")));
}

TEST(Decision, TheSameRunGivenThriceIsOneSession) {
  ReportInput input;
  for (int i = 0; i < 3; ++i) input.runs.push_back(session_run(0, 0.2));
  const QuestionDecision decision = answer(input, questions_of(kPlainRule));
  EXPECT_EQ(decision.verdict, Go::unclear);
  ASSERT_EQ(decision.not_counted.size(), 1U);
  EXPECT_EQ(decision.not_counted[0].rows, 2U);
}

TEST(Decision, UnitsAreAskedForAndShown) {
  QuestionSet set = questions_of(
      R"({"metric":"latency","margin":0.05,"candidate":{"kernel":"tiled"},"baseline":{"kernel":"naive"},"minimum_units":2})");
  const QuestionDecision one = answer(sessions(5, 0.5), set);
  EXPECT_EQ(one.verdict, Go::unclear);
  EXPECT_THAT(one.would_change, testing::Contains(HasSubstr("1 more unit of Board X")));
  ReportInput input;
  for (int i = 0; i < 4; ++i) {
    for (const char* unit : {"aaaa", "bbbb", "cccc", "dddd"}) input.runs.push_back(session_run(i, 0.5, unit));
  }
  const QuestionDecision four = answer(input, set);
  EXPECT_EQ(four.verdict, Go::go) << four.reason;
  EXPECT_EQ(four.generations.at(0).alternatives.at(0).rows.at(0).units.size(), 4U);
}

TEST(Decision, DevicesThatDisagreeAreNotPooled) {
  ReportInput input = sessions(5, 0.5);
  for (int i = 0; i < 5; ++i) input.runs.push_back(session_run(i, 1.5, "other", "Board Y"));
  const QuestionDecision decision = answer(input, questions_of(kPlainRule));
  EXPECT_EQ(decision.verdict, Go::unclear);
  EXPECT_THAT(decision.reason, HasSubstr("GO on Board X"));
  EXPECT_THAT(decision.reason, HasSubstr("NO-GO on Board Y"));
  EXPECT_EQ(decision.generations.size(), 2U);
}

TEST(Decision, AnUnqualifiedInstrumentWithholdsTheVerdict) {
  const ReportInput input = sessions(5, 0.5);
  const QuestionSet set = questions_of(kPlainRule);
  InstrumentNote note{"QUALIFIED", {}, "Board X", "0123456789abcdef", "2026-01-02"};
  EXPECT_EQ(answer(input, set, {note}).verdict, Go::go);
  note.verdict = "RESTRICTED";
  note.reasons = {"no energy meter"};
  const QuestionDecision restricted = answer(input, set, {note});
  EXPECT_EQ(restricted.verdict, Go::go);
  EXPECT_THAT(restricted.generations[0].instrument, HasSubstr("no energy meter"));
  note.verdict = "REJECTED";
  const QuestionDecision rejected = answer(input, set, {note});
  EXPECT_EQ(rejected.verdict, Go::unclear);
  EXPECT_THAT(rejected.reason, HasSubstr("unqualified"));
  EXPECT_THAT(rejected.would_change, testing::Contains(HasSubstr("hetscope qualify")));
  note.verdict = "QUALIFIED";
  note.device_unit = "of another unit";
  EXPECT_EQ(answer(input, set, {note}).verdict, Go::unclear);
}

TEST(Decision, TheNewestQualificationOfAUnitCounts) {
  const ReportInput input = sessions(5, 0.5);
  const QuestionSet set = questions_of(kPlainRule);
  const InstrumentNote before{"QUALIFIED", {}, "Board X", "0123456789abcdef", "2026-01-02T03:04:05Z"};
  const InstrumentNote after{"REJECTED", {"A/A differs"}, "Board X", "0123456789abcdef", "2026-02-01T00:00:00Z"};
  for (const auto& notes : {std::vector{before, after}, std::vector{after, before}}) {
    const QuestionDecision decision = answer(input, set, notes);
    EXPECT_EQ(decision.verdict, Go::unclear);
    EXPECT_THAT(decision.generations[0].instrument, HasSubstr("A/A differs"));
  }
}

TEST(Decision, AMissingMetricIsOneLineAndTheRestIsDecided) {
  ReportInput input = sessions(5, 0.5);
  for (LoadedRun& run : input.runs) {
    for (Record& record : run.records)
      record.metrics["bandwidth"] = {record.item.kernel() == "tiled" ? 20.0 : 10.0, "GB/s", ""};
  }
  const QuestionSet set = parse_questions(R"({"schema":"hetscope/questions/1","title":"t","questions":[
    {"name":"bogus","question":"?","rule":{"metric":"bandwith","better":"higher","margin":0.05,"candidate":{"kernel":"tiled"},"baseline":{"kernel":"naive"}}},
    {"name":"good","question":"?","rule":{"metric":"bandwidth","better":"higher","margin":0.05,"candidate":{"kernel":"tiled"},"baseline":{"kernel":"naive"}}}]})",
                                          "q.json");
  const Decision decision = decide(input, set, {});
  EXPECT_EQ(decision.questions[0].verdict, Go::unclear);
  EXPECT_EQ(decision.questions[0].reason, "no row has the metric 'bandwith' that the rule names; they have bandwidth");
  EXPECT_EQ(decision.questions[1].verdict, Go::go);
  EXPECT_NEAR(decision.questions[1].carrying(1).at(0)->ratio, 0.5, 1e-9);
}

TEST(Decision, ModelledEnergyDecidesNothingAlone) {
  ReportInput input = sessions(5, 0.5);
  for (LoadedRun& run : input.runs) {
    for (Record& record : run.records) {
      EnergyRecord energy;
      energy.value_j = record.item.kernel() == "tiled" ? 1.0 : 4.0;
      energy.kind = "modelled";
      energy.meter = "model/1";
      record.energies = {energy};
    }
  }
  const QuestionSet set =
      questions_of(R"({"metric":"energy","margin":0.05,"candidate":{"kernel":"tiled"},"baseline":{"kernel":"naive"}})");
  const QuestionDecision modelled = answer(input, set);
  EXPECT_EQ(modelled.verdict, Go::unclear);
  EXPECT_THAT(modelled.reason, HasSubstr("modelled"));
  for (LoadedRun& run : input.runs) {
    for (Record& record : run.records) record.energies[0].kind = "measured_counter";
  }
  EXPECT_EQ(answer(input, set).verdict, Go::go);
}

TEST(Decision, AHostCpuIsNoGpu) {
  ReportInput input;
  for (int i = 0; i < 5; ++i) {
    LoadedRun run = session_run(i, 0.5);
    for (Record& record : run.records) record.item.set_processors({"opencl:0"});
    input.runs.push_back(std::move(run));
  }
  const QuestionSet set = questions_of(
      R"({"metric":"latency","margin":0.05,"candidate":{"kernel":"tiled"},"baseline":{"kernel":"naive"},"gpu":true})");
  const QuestionDecision decision = answer(input, set);
  EXPECT_EQ(decision.verdict, Go::unclear);
  EXPECT_THAT(decision.reason, HasSubstr("host's CPU"));
  for (LoadedRun& run : input.runs) {
    for (Record& record : run.records) record.item.set_processors({"opencl:1"});
  }
  EXPECT_EQ(answer(input, set).verdict, Go::go);
}

TEST(Decision, TheBestOfSeveralBaselinesCounts) {
  ReportInput input;
  for (int i = 0; i < 5; ++i) {
    LoadedRun run = session_run(i, 0.5);  // naive 40 us, tiled 20 us
    Record other = make_record("clever", 15000);
    other.group = run.records[0].group;
    other.session = run.records[0].session;
    run.records.push_back(other);
    input.runs.push_back(std::move(run));
  }
  const QuestionDecision decision = answer(
      input,
      questions_of(
          R"({"metric":"latency","margin":0.05,"candidate":{"kernel":"tiled"},"baseline":{"kernel":["naive","clever"]}})"));
  EXPECT_EQ(decision.verdict, Go::no_go);
  EXPECT_THAT(decision.carrying(1).at(0)->baseline, HasSubstr("clever"));
}

TEST(Decision, LimitsAlternativesAndTheMeanOverCases) {
  ReportInput input;
  for (int i = 0; i < 4; ++i) {
    LoadedRun run = session_run(i, 1.0);
    run.records.erase(run.records.begin() + 1);
    const auto add = [&](const std::string& series, int rows, double ratio, double error) {
      Record record = make_record("series", 40000 * ratio);
      record.item.set("series", series);
      record.item.set("rows", std::int64_t{rows});
      record.group = run.records[0].group;
      record.session = record.run_uuid = run.records[0].session;
      record.metrics["error"] = {error, "1", ""};
      run.records.push_back(record);
    };
    add("1:8", 1, 0.2, 0.9);  // fast and wrong
    add("2:4", 1, 0.5, 0.1);
    add("2:4", 2, 1.1, 0.1);  // the mean still gains
    add("4:8", 1, 1.3, 0.1);
    input.runs.push_back(std::move(run));
  }
  const std::string rule =
      R"({"metric":"latency","margin":0.05,"candidate":{"kernel":"series"},"baseline":{"kernel":"naive"},
          "alternatives_by":["series"],"limits":[{"metric":"error","most":0.5}],"over":")";
  const QuestionDecision mean = answer(input, questions_of(rule + "geometric_mean\"}"));
  EXPECT_EQ(mean.verdict, Go::go) << mean.reason;
  ASSERT_EQ(mean.generations.at(0).alternatives.size(), 2U);
  EXPECT_NEAR(mean.carrying(1).at(0)->ratio, std::sqrt(0.5 * 1.1), 0.01);
  EXPECT_THAT(mean.not_counted.at(0).reason, HasSubstr("above the rule's limit"));
  EXPECT_EQ(answer(input, questions_of(rule + "every\"}")).verdict, Go::no_go);
}

TEST(Decision, ARunThatWasGoneOnWithIsOneSessionOfTheMean) {
  const QuestionSet set = questions_of(
      R"({"metric":"latency","margin":0.05,"candidate":{"kernel":"tiled"},"baseline":{"kernel":"naive"},"over":"geometric_mean"})");
  ReportInput input;
  for (int i = 0; i < 3; ++i) {
    LoadedRun run = session_run(i, 0.5 * (1 + 0.002 * i));
    for (Record record : make_pair_of(0.6)) {
      record.item.set("shape", Dims{8, 8});
      record.group += " more";
      record.run_uuid = run.records[0].run_uuid;
      // The first run was interrupted before this group.
      record.session = run.records[0].session + (i == 0 ? " resumed" : "");
      run.records.push_back(std::move(record));
    }
    input.runs.push_back(std::move(run));
  }
  const QuestionDecision decision = answer(input, set);
  EXPECT_EQ(decision.verdict, Go::go) << decision.reason;
  const Evidence& mean = *decision.generations.at(0).alternatives.at(0).combined;
  EXPECT_EQ(mean.sessions.size(), 3U);
  EXPECT_EQ(mean.candidate, "geometric mean over 2 cases");
  EXPECT_NEAR(mean.ratio, std::sqrt(0.5 * 0.6), 0.01);
}

TEST(Decision, WhatWasNotMeasuredIsUnclear) {
  const QuestionDecision decision = answer(
      sessions(3, 0.5),
      questions_of(
          R"({"metric":"latency","margin":0.05,"candidate":{"kernel":"folded"},"baseline":{"kernel":"naive"}})"));
  EXPECT_EQ(decision.verdict, Go::unclear);
  EXPECT_THAT(decision.reason, HasSubstr("nothing of this kind was measured"));
  EXPECT_FALSE(decision.would_change.empty());
}

TEST(Questions, RefusesWhatIsNoRule) {
  const auto refuse = [](const std::string& rule, const char* what) {
    try {
      questions_of(rule);
      FAIL() << rule;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(what));
      EXPECT_THAT(error.what(), HasSubstr("q.json"));
    }
  };
  refuse(R"({"metric":"latency","margin":0,"candidate":{}})", "between 0 and 1");
  refuse(R"({"metric":"latency","candidate":{}})", "margin");
  refuse(R"({"metric":"latency","margin":0.05,"candidate":{},"minimum_sessions":1})", "out of range");
  refuse(R"({"metric":"bandwidth","margin":0.05,"candidate":{}})", "better");
  refuse(R"({"metric":"latency","margin":0.05,"candidate":{},"overr":"every"})", "overr");
  refuse(R"({"metric":"latency","margin":0.05,"candidate":{"shape":[[1,2]]}})", "shape as a text");
}

TEST(DecisionPage, SaysVerdictRuleAndWhatWouldChangeIt) {
  const QuestionSet set = questions_of(kPlainRule);
  ReportInput input = sessions(4, 0.5);
  input.runs[0].records[0].device_model = input.runs[0].records[1].device_model = "<script>alert(1)</script> | board";
  const Decision decision = decide(input, set, {});
  const std::string page = markdown_text(decision_document(decision, set));
  EXPECT_THAT(page, HasSubstr("GO when the latency"));
  EXPECT_THAT(page, HasSubstr("What would change it"));
  EXPECT_THAT(page, testing::Not(HasSubstr("<script>")));
  EXPECT_THAT(decision_json(decision, set, {"q.json", {"results"}}), HasSubstr("\"hetscope/decision/1\""));
}

}  // namespace
}  // namespace hetscope

// Lists of divided operations of known truth: verdicts over sessions, what withholds them, break-even sizes and the
// detectors that fire.
#include "reports/split_lists.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/compose.hpp"
#include "reports/markdown.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// A layer: its useful operations, and what its division takes over the CPU on all cores.
struct SeededLayer {
  std::string name;
  std::int64_t flops = 0;
  double ratio = 1;
};

// A layer takes 22 us on all cores, 30 and 60 us on the processors that share it.
std::vector<Record> rows_of(const SeededLayer& layer) {
  std::vector<Record> records = {make_record("fast", 22000, "cpu"), make_record("fast", 30000, "cpu@0"),
                                 make_record("only", 60000, "opencl:0"), make_division(0.65, 22000 * layer.ratio)};
  for (Record& record : records) {
    record.item.set("layer", layer.name);
    record.group = layer.name;
    record.useful_flops = layer.flops;
  }
  return records;
}

LoadedRun split_run(int number, std::vector<Record> records) {
  for (Record& record : records) {
    record.session = "session-" + std::to_string(number);
    record.run_uuid = "run-" + std::to_string(number);
  }
  return make_run(std::move(records));
}

// Sessions that differ by `spread` from one to the next.
ReportInput split_sessions(int count, const std::vector<SeededLayer>& layers, double spread = 0.002) {
  ReportInput input;
  for (int i = 0; i < count; ++i) {
    std::vector<Record> records;
    for (SeededLayer layer : layers) {
      layer.ratio *= 1 + spread * i;
      for (Record& record : rows_of(layer)) records.push_back(std::move(record));
    }
    input.runs.push_back(split_run(i, std::move(records)));
  }
  return input;
}

std::vector<SplitList> lists_of(const Summary& summary, const std::vector<InstrumentNote>& instruments = {}) {
  return split_lists(summary, instruments, detect(summary));
}

// The only list of `input`; the summary that it points into is gone, its numbers and verdicts are not.
SplitList list_of(const ReportInput& input, const std::vector<InstrumentNote>& instruments = {}) {
  const std::vector<SplitList> lists = lists_of(summarise(input), instruments);
  EXPECT_EQ(lists.size(), 1U);
  return lists.at(0);
}

Go go_of(const ReportInput& input) { return list_of(input).decision.verdict; }

std::string report_on(const ReportInput& input) {
  const Summary summary = summarise(input);
  Document document;
  compose_splits(summary, {}, detect(summary), document);
  return markdown_text(document);
}

TEST(SplitLists, GoNoGoAndUnclearByTheSessions) {
  EXPECT_EQ(go_of(split_sessions(5, {{"Net/a", 1, 0.7}, {"Net/b", 2, 0.8}})), Go::go);
  EXPECT_EQ(go_of(split_sessions(5, {{"Net/a", 1, 1.2}, {"Net/b", 2, 1.3}})), Go::no_go);
  EXPECT_EQ(go_of(split_sessions(5, {{"Net/a", 1, 0.995}})), Go::no_go) << "no worthwhile gain";
  EXPECT_EQ(go_of(split_sessions(5, {{"Net/a", 1, 0.976}})), Go::unclear) << "on the margin";
}

TEST(SplitLists, FewerSessionsThanARuleAsksForDecideNothing) {
  for (const double ratio : {0.7, 1.3}) {
    const SplitList list = list_of(split_sessions(1, {{"Net/a", 1, ratio}}));
    EXPECT_EQ(list.decision.verdict, Go::unclear) << ratio;
    EXPECT_THAT(list.decision.reason, HasSubstr("1 session of the 3"));
  }
}

TEST(SplitLists, WithoutTheCpuOnAllCoresThereIsNoGo) {
  ReportInput input = split_sessions(5, {{"Net/a", 1, 0.7}});
  for (LoadedRun& run : input.runs) run.records.erase(run.records.begin());
  const SplitList list = list_of(input);
  EXPECT_EQ(list.decision.verdict, Go::unclear);
  EXPECT_THAT(list.decision.reason, HasSubstr("all its cores was not measured beside 1 of 1 work"));
  EXPECT_FALSE(list.times.whole_cpu_ns);
}

TEST(SplitLists, ARefusedInstrumentWithholdsTheVerdict) {
  const ReportInput input = split_sessions(5, {{"Net/a", 1, 0.7}});
  const SplitList list = list_of(input, {{"REJECTED", {}, "Board X", "0123456789abcdef", "2026-01-01"}});
  EXPECT_EQ(list.decision.verdict, Go::unclear);
  EXPECT_THAT(list.decision.reason, HasSubstr("GO is withheld"));
}

TEST(SplitLists, AllCoresAreAsManyThreadsAsTheCpuHas) {
  const auto has_whole_cpu = [](std::int64_t threads) {
    ReportInput input = split_sessions(1, {{"Net/a", 1, 0.7}});
    input.runs[0].records[0].item.set("threads", threads);
    std::string& facts = input.runs[0].run_json;
    const std::string name = R"({"name":"cpu",)";
    facts.replace(facts.find(name), name.size(), name + R"("compute_units":8,)");
    return list_of(input).times.whole_cpu_ns.has_value();
  };
  EXPECT_TRUE(has_whole_cpu(8));
  EXPECT_FALSE(has_whole_cpu(1));
}

TEST(SplitLists, TimesAreSumsOverTheWorks) {
  const SplitList list = list_of(split_sessions(3, {{"Net/a", 1, 0.7}, {"Net/b", 2, 1.3}}, 0));
  EXPECT_DOUBLE_EQ(list.times.solo_ns, 44000);
  EXPECT_DOUBLE_EQ(list.times.whole_cpu_ns.value(), 44000);
  EXPECT_DOUBLE_EQ(list.times.divided_ns, 44000);
  EXPECT_DOUBLE_EQ(list.times.ideal_ns, 40000);
}

// A session that is fast with one ratio does not choose it for the others.
TEST(SplitLists, TheDivisionIsChosenOverAllSessions) {
  ReportInput input = split_sessions(3, {{"Net/a", 1, 0.8}}, 0);
  for (std::size_t i = 0; i < input.runs.size(); ++i) {
    Record other = rows_of({"Net/a", 1, i == 0 ? 0.6 : 0.9})[3];
    other.item.set("ratio", 0.5);
    other.session = input.runs[i].records[0].session;
    input.runs[i].records.push_back(std::move(other));
  }
  const Summary summary = summarise(input);
  const std::vector<SplitList> lists = lists_of(summary);
  ASSERT_EQ(lists.size(), 1U);
  ASSERT_EQ(lists[0].works.size(), 1U);
  EXPECT_EQ(lists[0].works[0].sessions.size(), 3U);
  EXPECT_EQ(lists[0].works[0].division->record->item.real("ratio"), 0.65);
}

TEST(SplitLists, TheChoiceOutOfManyWidensTheInterval) {
  ReportInput input = split_sessions(5, {{"Net/a", 1, 0.7}});
  const Interval of_one = list_of(input).decision.alternatives[0].combined->interval;
  for (LoadedRun& run : input.runs) {
    for (const double ratio : {0.2, 0.3, 0.4, 0.5}) {
      Record other = run.records[3];
      other.item.set("ratio", ratio);
      other.latencies["host_monotonic"] = make_latency(40000, 7);
      run.records.push_back(std::move(other));
    }
  }
  const SplitList list = list_of(input);
  EXPECT_EQ(list.decision.alternatives[0].chances, 5U);
  const Interval of_five = list.decision.alternatives[0].combined->interval;
  EXPECT_LT(of_five.low, of_one.low);
  EXPECT_GT(of_five.high, of_one.high);
}

TEST(SplitLists, TheSameSessionGivenTwiceCountsOnce) {
  ReportInput input = split_sessions(1, {{"Net/a", 1, 0.7}});
  input.runs.push_back(input.runs[0]);
  EXPECT_EQ(list_of(input).works.at(0).sessions.size(), 1U);
}

TEST(SplitLists, AWorkThatASessionLacksIsNotInTheMean) {
  ReportInput input = split_sessions(5, {{"Net/a", 1, 0.7}, {"Net/b", 2, 1.6}});
  input.runs[0].records.resize(4);
  const SplitList list = list_of(input);
  EXPECT_EQ(list.works.size(), 2U);
  EXPECT_EQ(list.decision.verdict, Go::go);
  EXPECT_THAT(list.decision.alternatives[0].combined->candidate, HasSubstr("1 more are not in every session"));
}

TEST(SplitLists, LayersBelongToTheirModelAndTheRestToTheOperation) {
  const ReportInput input = split_sessions(1, {{"Net/a", 1, 0.7}, {"Other/a", 1, 0.7}, {"by hand", 1, 0.7}});
  std::vector<std::string> names;
  for (const SplitList& list : lists_of(summarise(input))) names.push_back(list.name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("Net", "Other", "transpose"));
}

TEST(SplitLists, DetectorsAreThoseThatFireOnRowsOfTheList) {
  const ReportInput input = split_sessions(1, {{"Slow/a", 1, 1.5}, {"Quick/a", 1, 0.7}});
  for (const SplitList& list : lists_of(summarise(input))) {
    if (list.name == "Slow") {
      EXPECT_THAT(list.fired, Contains("D1"));
    } else {
      EXPECT_THAT(list.fired, Not(Contains("D1")));
    }
  }
  EXPECT_THAT(report_on(input), HasSubstr("| D1 |"));
}

TEST(SplitLists, BreakEvenIsFoundBetweenSizes) {
  const std::vector<SeededLayer> layers = {{"Net/a", 1'000'000, 1.4},
                                           {"Net/b", 10'000'000, 1.2},
                                           {"Net/c", 100'000'000, 0.8},
                                           {"Net/d", 1'000'000'000, 0.6}};
  for (const int count : {1, 5}) {
    const BreakEven found = list_of(split_sessions(count, layers)).break_even;
    EXPECT_TRUE(found.is_by_flops);
    EXPECT_EQ(found.sizes, 4U);
    EXPECT_EQ(found.crossover.kind, CrossoverKind::from) << count;
    EXPECT_EQ(found.crossover.x, 1e8) << count;
  }
  EXPECT_THAT(report_on(split_sessions(1, layers)), HasSubstr("from 100 Mflop on"));
}

TEST(SplitLists, BreakEvenIsNotFoundWhereNothingPaysOrNothingIsToBeCompared) {
  const ReportInput never = split_sessions(1, {{"Net/a", 1, 1.4}, {"Net/b", 2, 1.2}});
  EXPECT_EQ(list_of(never).break_even.crossover.kind, CrossoverKind::never);
  EXPECT_THAT(report_on(never), HasSubstr("at no size measured"));
  const ReportInput one_size = split_sessions(1, {{"Net/a", 5, 0.7}, {"Net/b", 5, 0.7}});
  EXPECT_EQ(list_of(one_size).break_even.sizes, 1U);
  EXPECT_THAT(report_on(one_size), HasSubstr("not looked for: all work is of one size"));
}

// At one size dividing pays when it pays for all work of that size.
TEST(SplitLists, WorkOfOneSizeIsOneSize) {
  const std::vector<SeededLayer> layers = {{"Net/a", 1, 1.4}, {"Net/b", 2, 0.7}, {"Net/c", 2, 1.4}, {"Net/d", 3, 0.7}};
  const BreakEven found = list_of(split_sessions(1, layers)).break_even;
  EXPECT_EQ(found.sizes, 3U);
  EXPECT_EQ(found.crossover.kind, CrossoverKind::from);
  EXPECT_EQ(found.crossover.x, 3);
}

TEST(SplitLists, WorkWithoutOperationsIsSizedByItsTimeAlone) {
  ReportInput input = split_sessions(1, {{"Net/a", 0, 1.4}, {"Net/b", 0, 0.7}});
  for (std::size_t i = 4; i < 8; ++i) {
    LatencyRecord& latency = input.runs[0].records[i].latencies.at("host_monotonic");
    latency = make_latency(10 * latency.median_ns, seed_from(input.runs[0].records[i].item.kernel()));
  }
  const BreakEven found = list_of(input).break_even;
  EXPECT_FALSE(found.is_by_flops);
  EXPECT_EQ(found.crossover.kind, CrossoverKind::from);
  EXPECT_EQ(found.crossover.x, 220000);
}

TEST(SplitLists, TheReportSaysVerdictIntervalAndTheCpuBesideIt) {
  const std::string text = report_on(split_sessions(5, {{"Net/a", 1, 0.5}, {"Net/b", 2, 0.5}}, 0.001));
  EXPECT_THAT(text, HasSubstr("Net: transpose, f32 (layouts)"));
  EXPECT_THAT(text, HasSubstr("| **GO** |"));
  EXPECT_THAT(text, HasSubstr("| 44.0 us |"));
  EXPECT_THAT(text, HasSubstr("fast on cpu (2)"));
  EXPECT_THAT(text, HasSubstr("FASTER 10"));
  EXPECT_THAT(text, HasSubstr("geometric mean over 2 cases"));
  EXPECT_THAT(text, HasSubstr("none of those evaluated"));
  EXPECT_THAT(text, HasSubstr("not recorded: stages of the row"));
}

}  // namespace
}  // namespace hetscope

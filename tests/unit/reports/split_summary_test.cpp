// Divisions of known truth: the ideal, its share, the rival, and what is no division.
#include "reports/split_summary.hpp"

#include <cmath>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/compose.hpp"
#include "reports/markdown.hpp"
#include "reports/plan_survival.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Record alone(const std::string& kernel, const std::string& processor, double level_ns) {
  Record record = make_record(kernel, level_ns, processor);
  record.group = "g";
  return record;
}

// 30 us and 60 us alone: an ideal of 20 us. The divisions reach 25 us at best; the ends are no divisions.
std::vector<Record> a_sweep() {
  std::vector<Record> records = {alone("slow", "cpu@0", 50000),    alone("fast", "cpu@0", 30000),
                                 alone("only", "opencl:0", 60000), alone("fast", "cpu", 22000),
                                 make_division(0.5, 32000),        make_division(0.7, 25000),
                                 make_division(0.0, 1000),         make_division(1.0, 1000)};
  records[5].stages_ns = stages_of_division(1500);
  return records;
}

ReportInput input_of(std::vector<Record> records) {
  ReportInput input;
  input.runs.push_back(make_run(std::move(records)));
  return input;
}

TEST(SplitSummary, FindsIdealShareAndRival) {
  const ReportInput input = input_of(a_sweep());
  const Summary summary = summarise(input);
  ASSERT_EQ(summary.results.size(), 1U);
  const std::vector<SplitGroup> groups = split_groups(summary.results[0]);
  ASSERT_EQ(groups.size(), 1U);
  const SplitGroup& group = groups[0];
  EXPECT_EQ(group.splits.size(), 2U);
  EXPECT_DOUBLE_EQ(group.ideal_ns, 20000);
  EXPECT_DOUBLE_EQ(group.share_of_ideal, 0.8);
  EXPECT_EQ(group.against_best_alone.baseline->record->item.processors(), std::vector<std::string>{"cpu"});
  ASSERT_TRUE(group.against_best_alone.ratio);
  EXPECT_NEAR(group.against_best_alone.ratio->ratio, 25.0 / 22.0, 0.02);
  EXPECT_EQ(group.against_best_alone.verdict, Verdict::slower);
  EXPECT_EQ(word_of(group.work, "dtype"), "f32");
  EXPECT_EQ(word_of(group.work, "ratio"), "");
}

TEST(SplitSummary, ADivisionWithoutOneOfItsProcessorsAloneSaysNothing) {
  std::vector<Record> records = a_sweep();
  records.erase(records.begin() + 2);
  const ReportInput input = input_of(std::move(records));
  EXPECT_TRUE(split_groups(summarise(input).results[0]).empty());
}

TEST(SplitSummary, ThreePartsLeaveSomethingForTheThird) {
  std::vector<Record> records = a_sweep();
  records.push_back(alone("only", "opencl:1", 60000));
  for (const double second : {0.5, 0.3}) {
    Record three = make_division(0.5, 15000);
    three.item.set_processors({"cpu@0", "opencl:0", "opencl:1"});
    three.item.set("ratio_of_second", second);
    records.push_back(three);
  }
  const ReportInput input = input_of(std::move(records));
  const std::vector<SplitGroup> groups = split_groups(summarise(input).results[0]);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].splits.size(), 3U) << "0.5 and 0.5 leave nothing";
  EXPECT_DOUBLE_EQ(groups[0].ideal_ns, 15000);
}

TEST(SplitSummary, AShareThatComesToNothingIsNoDivision) {
  std::vector<Record> records = a_sweep();
  records.push_back(make_division(0.98, 1000));
  records.back().metrics["share_of_first"] = {1, "1", ""};
  const ReportInput input = input_of(std::move(records));
  const Summary summary = summarise(input);
  const std::vector<SplitGroup> groups = split_groups(summary.results[0]);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].splits.size(), 2U);
}

TEST(SplitSummary, StagesAloneAreNoPartOfTheWhole) {
  const StagesOfRun stages = stages_of(a_sweep()[5]);
  EXPECT_EQ(stages.whole.size(), 5U);
  ASSERT_EQ(stages.alone.count("opencl:0"), 1U);
  EXPECT_EQ(stages.alone.at("opencl:0").at(0).first, "compute");
}

TEST(SplitSummary, TheFirstShareIsWhatTheRowSaysItCameTo) {
  Record record = make_division(0.7, 25000);
  EXPECT_THAT(shares_of(record), ElementsAre(0.7, DoubleEq(0.3)));
  record.metrics["share_of_first"] = {0.75, "1", ""};
  EXPECT_THAT(shares_of(record), ElementsAre(0.75, 0.25));
  record.item.set("ratio_of_second", 0.125);
  EXPECT_THAT(shares_of(record), ElementsAre(0.75, 0.125, 0.125));
  record.item.set("ratio", std::string("half"));
  record.metrics.clear();
  EXPECT_TRUE(std::isnan(shares_of(record).front()));
}

TEST(SplitSummary, TheReportHasASectionOnlyWhereWorkWasDivided) {
  const ReportInput input = input_of(a_sweep());
  const Summary summary = summarise(input);
  Document document;
  compose_splits(summary, {}, detect(summary), document);
  const std::string text = markdown_text(document);
  EXPECT_THAT(text, HasSubstr("Splitting on this device"));
  EXPECT_THAT(text, HasSubstr("80 %"));
  EXPECT_THAT(text, HasSubstr("imbalance 4.0 %"));
  EXPECT_THAT(text, HasSubstr("transfers and sync 2.0 %"));
  EXPECT_THAT(text, HasSubstr("22.0 us"));
  EXPECT_THAT(text, HasSubstr("fastest of 2"));
  EXPECT_THAT(text, HasSubstr("SLOWER"));
  const ReportInput plain = input_of(make_pair_of(0.5));
  const Summary other = summarise(plain);
  Document empty;
  compose_splits(other, {}, detect(other), empty);
  EXPECT_TRUE(empty.blocks.empty());
}

TEST(SplitSummary, ThePlanOfAnIdleDeviceIsHeldAgainstWhatIsBestBesideALoad) {
  std::vector<Record> records;
  for (const auto& [ratio, load, level_ns] :
       {std::tuple{0.7, "", 20000.0}, std::tuple{1.0, "", 30000.0}, std::tuple{0.7, "spin", 40000.0},
        std::tuple{1.0, "spin", 32000.0}, std::tuple{0.7, "chase", 21000.0}, std::tuple{1.0, "chase", 33000.0}}) {
    Record record = make_division(ratio, level_ns);
    if (*load != 0) record.item.set("load", std::string(load));
    records.push_back(std::move(record));
  }
  const ReportInput input = input_of(std::move(records));
  const Summary summary = summarise(input);
  const std::vector<PlanUnderLoad> plans = plans_under_load(summary.results[0]);
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(plans[0].load, "chase");
  EXPECT_TRUE(plans[0].survives());
  EXPECT_EQ(plans[1].load, "spin");
  EXPECT_EQ(plans[1].alternatives, 2U);
  ASSERT_TRUE(plans[1].regret.ratio);
  EXPECT_NEAR(plans[1].regret.ratio->ratio, 1.25, 0.05);
  Document document;
  compose_splits(summary, {}, detect(summary), document);
  const std::string text = markdown_text(document);
  EXPECT_THAT(text, HasSubstr("| chase | ratio=0.7 | the plan | 1.000 |"));
  EXPECT_THAT(text, HasSubstr("| spin | ratio=0.7 | ratio=1.0, fastest of 2 | 1.2"));
}

}  // namespace
}  // namespace hetscope

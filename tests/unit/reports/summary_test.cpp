// Sorting of records and comparisons of candidates with their baselines.
#include "reports/summary.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using testing::Contains;
using testing::HasSubstr;

TEST(Comparison, RecoversTheRatioAndItsVerdict) {
  for (const auto& [ratio, verdict] :
       {std::pair(0.8, Verdict::faster), {1.25, Verdict::slower}, {1.0, Verdict::same}}) {
    const ReportInput input = make_input(make_pair_of(ratio));
    const Summary summary = summarise(input);
    ASSERT_EQ(summary.comparisons.size(), 1U);
    const Comparison& comparison = summary.comparisons.front();
    ASSERT_TRUE(comparison.ratio);
    EXPECT_NEAR(comparison.ratio->ratio, ratio, 0.01);
    EXPECT_EQ(comparison.ratio->rounds, 12);
    EXPECT_EQ(comparison.verdict, verdict);
    EXPECT_EQ(comparison.clock, "host_monotonic");
    EXPECT_EQ(comparison.reason, "");
  }
}

// Why the only comparison of `records` was not made; "" when it was.
std::string refusal(std::vector<Record> records) {
  const ReportInput input = make_input(std::move(records));
  const Summary summary = summarise(input);
  if (summary.comparisons.size() != 1 || summary.comparisons.front().ratio) return "";
  EXPECT_EQ(summary.comparisons.front().verdict, Verdict::unclear);
  return summary.comparisons.front().reason;
}

TEST(Comparison, IsRefusedWithItsReason) {
  auto records = make_pair_of(0.8);
  records.erase(records.begin());
  EXPECT_THAT(refusal(records), HasSubstr("no row"));

  records = make_pair_of(0.8);
  records[0].status = Status::mismatch;
  EXPECT_EQ(refusal(records), "the baseline is mismatch");

  records = make_pair_of(0.8);
  records[1].status = Status::mistrusted;
  EXPECT_EQ(refusal(records), "the candidate is mistrusted");

  records = make_pair_of(0.8);
  records[0].session = "another";
  EXPECT_THAT(refusal(records), HasSubstr("different sessions"));

  records = make_pair_of(0.8);
  records[0].group = "another";
  EXPECT_THAT(refusal(records), HasSubstr("another group"));

  records = make_pair_of(0.8);
  for (auto& round : records[0].latencies["host_monotonic"].rounds) round += 1000;
  EXPECT_THAT(refusal(records), HasSubstr("shared rounds"));
}

TEST(Comparison, NeverCrossesClocks) {
  auto records = make_pair_of(0.8);
  records[0].clock = "opencl_events";
  records[0].latencies = {{"opencl_events", make_latency(40000, 1)}};
  EXPECT_EQ(refusal(records), "no clock in common");

  // Where the principal clocks differ, one that both have is taken.
  records = make_pair_of(0.8);
  records[1].latencies["opencl_events"] = make_latency(10, 5);
  records[1].clock = "opencl_events";
  const ReportInput input = make_input(records);
  const Summary summary = summarise(input);
  ASSERT_TRUE(summary.comparisons.at(0).ratio);
  EXPECT_EQ(summary.comparisons[0].clock, "host_monotonic");
  EXPECT_NEAR(summary.comparisons[0].ratio->ratio, 0.8, 0.01);
}

TEST(Comparison, FewSharedRoundsAreUnclear) {
  auto records = make_pair_of(0.5);
  for (Record& record : records) {
    record.latencies["host_monotonic"] = make_latency(record.latency()->median_ns, 1, kMinRounds - 1);
  }
  const ReportInput input = make_input(records);
  const Summary summary = summarise(input);
  ASSERT_TRUE(summary.comparisons.at(0).ratio);
  EXPECT_EQ(summary.comparisons[0].verdict, Verdict::unclear);
  EXPECT_EQ(summary.comparisons[0].reason, "only 4 shared rounds");
}

TEST(Comparison, StaysWithinItsRun) {
  const auto records = make_pair_of(0.8);
  Record candidate = records[1];
  candidate.run_uuid = "other";
  ReportInput input = make_input({records[0]});
  input.runs.push_back(make_run({candidate}));
  const Summary summary = summarise(input);
  ASSERT_EQ(summary.comparisons.size(), 1U);
  EXPECT_FALSE(summary.comparisons[0].ratio);
}

TEST(Comparison, EnergyOnlyBetweenEqualKinds) {
  auto records = make_pair_of(0.8);
  EnergyRecord energy;
  energy.value_j = 2;
  energy.kind = "measured_counter";
  energy.meter = "rapl:package-0";
  energy.scope = "package";
  records[0].energies = {energy};
  records[0].edp = EdpRecord{4, "measured_counter"};
  energy.value_j = 1;
  records[1].energies = {energy};
  records[1].edp = EdpRecord{1, "measured_counter"};
  {
    const ReportInput input = make_input(records);
    const Summary summary = summarise(input);
    EXPECT_EQ(summary.comparisons.at(0).energy_ratio, 0.5);
    EXPECT_EQ(summary.comparisons.at(0).edp_ratio, 0.25);
  }
  records[1].energies[0].kind = "modelled";
  {
    const ReportInput input = make_input(records);
    const Summary summary = summarise(input);
    EXPECT_FALSE(summary.comparisons.at(0).energy_ratio);
    EXPECT_FALSE(summary.comparisons.at(0).edp_ratio);
  }
}

TEST(Summary, EveryRowIsInExactlyOnePlace) {
  std::vector<Record> records = make_pair_of(0.9);
  records.push_back(make_record("copy", 10));
  records.back().item = Case("copy_bandwidth", "memcpy", {"cpu"});
  for (Status status :
       {Status::unsupported, Status::skipped, Status::mismatch, Status::unstable, Status::mistrusted, Status::failed}) {
    records.push_back(make_problem(status, "k_" + std::string(to_string(status)), "reason"));
  }
  const ReportInput input = make_input(records);
  const Summary summary = summarise(input);
  std::size_t placed = 0;
  for (const RowSection& section : summary.roofs) placed += section.rows.size();
  for (const RowSection& section : summary.results) placed += section.rows.size();
  for (const ReasonGroup& group : summary.problems) placed += group.rows.size();
  EXPECT_EQ(placed, records.size());
  EXPECT_EQ(summary.roofs.size(), 1U);
  EXPECT_EQ(summary.problems.size(), 6U);
  EXPECT_EQ(summary.problems.front().status, Status::mismatch);
}

TEST(Summary, ReasonsAreGrouped) {
  std::vector<Record> records;
  for (int i = 0; i < 5; ++i) records.push_back(make_problem(Status::failed, "k" + std::to_string(i), "SIGSEGV"));
  records.push_back(make_problem(Status::failed, "slow", "timeout"));
  const ReportInput input = make_input(records);
  const Summary summary = summarise(input);
  ASSERT_EQ(summary.problems.size(), 2U);
  EXPECT_EQ(summary.problems[0].reason, "SIGSEGV");
  EXPECT_EQ(summary.problems[0].rows.size(), 5U);
}

TEST(Summary, TheSameRunTwiceCountsOnce) {
  ReportInput input = make_input(make_pair_of(0.8));
  input.runs.push_back(input.runs.front());
  const Summary summary = summarise(input);
  EXPECT_EQ(summary.rows.size(), 2U);
  EXPECT_THAT(summary.cautions, Contains(HasSubstr("counted once")));
}

TEST(Summary, OneRunIdWithDifferentRowsIsSaid) {
  ReportInput input = make_input(make_pair_of(0.8));
  input.runs.push_back(make_run(make_pair_of(0.7)));
  const Summary summary = summarise(input);
  EXPECT_EQ(summary.rows.size(), 3U);  // the baseline is the same in both
  EXPECT_THAT(summary.cautions, Contains(HasSubstr("occurs in 2")));
}

TEST(Summary, MixedDevicesAreSaid) {
  auto records = make_pair_of(0.8);
  records[0].device_unit = "ffff";
  records[0].device_model = "Board Y";
  const ReportInput input = make_input(records);
  EXPECT_THAT(summarise(input).cautions, Contains(HasSubstr("Mixed devices")));
}

TEST(Summary, OpenClOnTheHostCpuIsNoGpu) {
  const ReportInput host = make_input({make_record("k", 10, "opencl:0")});
  EXPECT_THAT(summarise(host).cautions, Contains(HasSubstr("nothing about any GPU")));
  const ReportInput part = make_input({make_record("k", 10, "opencl:0/0of2")});
  EXPECT_THAT(summarise(part).cautions, Contains(HasSubstr("nothing about any GPU")));
  const ReportInput gpu = make_input({make_record("k", 10, "opencl:1")});
  EXPECT_TRUE(summarise(gpu).cautions.empty());
  const ReportInput unknown = make_input({make_record("k", 10, "opencl:7")});
  EXPECT_THAT(summarise(unknown).cautions, Contains(HasSubstr("not recorded")));
}

TEST(Summary, ABusyDeviceIsSaid) {
  auto records = make_pair_of(0.8);
  const ReportInput quiet = make_input(records);
  EXPECT_TRUE(summarise(quiet).cautions.empty());
  records[0].conditions.load = 0.5;
  const ReportInput busy = make_input(records);
  EXPECT_THAT(summarise(busy).cautions, Contains(HasSubstr("1 row was measured while other processes")));
  records[0].conditions.load = std::numeric_limits<double>::quiet_NaN();
  const ReportInput unknown = make_input(records);
  EXPECT_THAT(summarise(unknown).cautions, Contains(HasSubstr("while 1 row was measured could not be read")));
}

TEST(RunInfo, MalformedPartsBecomeFaults) {
  for (const char* text :
       {"", "[1,2]", "{", "null", "{\"scenarios\":7,\"host\":[1],\"processors\":[3],\"missing\":{}}"}) {
    LoadedRun run;
    run.run_json = text;
    EXPECT_FALSE(read_run_info(run).faults.empty()) << text;
  }
  LoadedRun run;
  run.run_json = run_json_text();
  const RunInfo info = read_run_info(run);
  EXPECT_TRUE(info.faults.empty());
  EXPECT_EQ(info.scenarios.at(0).question, "Which layout transforms can be removed?");
  EXPECT_EQ(info.processor_label("cpu"), "cpu");
  EXPECT_EQ(info.processor_label("opencl:0"), "opencl:0 (host CPU)");
  EXPECT_EQ(info.processor_label("opencl:1"), "opencl:1");
  EXPECT_EQ(info.processor("cpu@0-1"), info.processor("cpu")) << "a part is described by the whole";
  EXPECT_EQ(info.processor("opencl:0/1of2"), info.processor("opencl:0"));
  ASSERT_NE(info.processor("cpu@0-1"), nullptr);
}

}  // namespace
}  // namespace hetscope

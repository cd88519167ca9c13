// From a group of cases to its records, whatever the cases do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/run/contention.hpp"
#include "harness/run/soak.hpp"
#include "tests/error_of.hpp"
#include "tests/unit/run/runner_fixture.hpp"

namespace hetscope {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(RunnerTest, AGroupBecomesOneRecordPerCaseWithItsIdentity) {
  add("slow", taking(40'000));
  add("quick", taking(20'000));
  const std::vector<Record> records = run(group({"slow", "quick"}));
  ASSERT_EQ(records.size(), 2U);
  for (const Record& record : records) {
    EXPECT_EQ(record.status, Status::ok) << record.reason;
    EXPECT_EQ(record.session, "session");
    EXPECT_EQ(record.group, "fake_double shape=[16]");
    EXPECT_EQ(record.useful_bytes, 128);
    ASSERT_TRUE(record.verify.has_value());
    EXPECT_EQ(record.verify->checked, 16);
    ASSERT_EQ(record.energies.size(), 1U);
    EXPECT_FALSE(record.energies[0].value_j.has_value());
  }
  EXPECT_NEAR(records[0].latency()->median_ns, 40'000, 5);
  EXPECT_NEAR(records[1].latency()->median_ns, 20'000, 5);
  EXPECT_EQ(records[0].latency()->rounds.back(), records[1].latency()->rounds.back());
}

TEST_F(RunnerTest, AWrongAnswerHasNoLatency) {
  FakeScript wrong = taking(20'000);
  wrong.error = 0.5;
  add("wrong", wrong);
  add("right", taking(20'000));
  const std::vector<Record> records = run(group({"wrong", "right"}));
  EXPECT_EQ(records[0].status, Status::mismatch);
  EXPECT_TRUE(records[0].latencies.empty());
  EXPECT_FALSE(records[0].reason.empty());
  EXPECT_NEAR(records[0].verify->max_abs_error, 0.5, 1e-6);
  EXPECT_EQ(records[1].status, Status::ok);
}

TEST_F(RunnerTest, WhatNobodyVerifiesSaysSoAndHasItsOwnClockAlone) {
  FakeScript tool = taking(20'000);
  tool.is_tool = true;
  tool.own_clock_share = 0.5;
  tool.error = 0.5;  // that nobody sees
  add("tool", tool);
  add("right", taking(20'000));
  PlannedGroup planned = group({"tool", "right"});
  planned.energy = true;
  const std::vector<Record> records = run(planned);
  EXPECT_EQ(records[0].status, Status::ok) << records[0].reason;
  EXPECT_FALSE(records[0].verify);
  EXPECT_EQ(records[0].notes.at("not_verified"), "it prints times only");
  EXPECT_EQ(records[0].clock, "fake_device");
  ASSERT_EQ(records[0].latencies.size(), 1U);
  EXPECT_NEAR(records[0].latency()->median_ns, 10'000, 5);
  EXPECT_THAT(records[0].energies.at(0).reason, HasSubstr("start of the program"));
  EXPECT_EQ(records[1].clock, kHostClock);
  EXPECT_TRUE(records[1].verify);
  EXPECT_FALSE(records[1].notes.contains("not_verified"));
}

TEST_F(RunnerTest, StagesThatFailCostNoSamples) {
  FakeScript staged = taking(20'000);
  int passes = 0;
  staged.stages = [&passes]() -> std::map<std::string, double> {
    ++passes;
    throw Error("no counter\nis free");
  };
  add("staged", staged);
  add("well", taking(20'000));
  const std::vector<Record> records = run(group({"staged", "well"}));
  for (const Record& record : records) {
    EXPECT_EQ(record.status, Status::ok) << record.reason;
    EXPECT_NEAR(record.latency()->median_ns, 20'000, 5);
  }
  EXPECT_EQ(passes, 1) << "the group is not measured again";
  EXPECT_TRUE(records[0].stages_ns.empty());
  EXPECT_THAT(records[0].notes.at("no_stages"), AllOf(HasSubstr("no counter"), Not(HasSubstr("\n"))));
  EXPECT_FALSE(records[1].notes.contains("no_stages"));
}

TEST_F(RunnerTest, UnsupportedKeepsTheKernelsReason) {
  FakeScript script;
  script.support = Support::no("needs fp16");
  add("half", script);
  const std::vector<Record> records = run(group({"half"}));
  EXPECT_EQ(records[0].status, Status::unsupported);
  EXPECT_EQ(records[0].reason, "needs fp16");
}

TEST_F(RunnerTest, AnExceptionCostsItsOwnRowOnly) {
  FakeScript at_once = taking(20'000);
  at_once.before = [](std::int64_t) { throw Error("the driver refused"); };
  FakeScript later = taking(20'000);
  later.before = [](std::int64_t execution) {
    if (execution > 500) throw std::runtime_error("the device\nwas lost");
  };
  add("at_once", at_once);
  add("later", later);
  add("well", taking(20'000));
  const std::vector<Record> records = run(group({"at_once", "later", "well"}));
  EXPECT_EQ(records[0].status, Status::failed);
  EXPECT_THAT(records[0].reason, HasSubstr("the driver refused"));
  EXPECT_EQ(records[1].status, Status::failed);
  EXPECT_EQ(records[1].reason, "measuring: the device was lost");
  EXPECT_EQ(records[2].status, Status::ok) << records[2].reason;
}

TEST_F(RunnerTest, AFailureThatLeavesAProcessorLostEndsTheWorker) {
  auto& processor = dynamic_cast<OneProcessor&>(processors_->at("fake"));
  for (const std::int64_t last : {0, 500}) {
    FakeScript fault = taking(20'000);
    fault.before = [&processor, last](std::int64_t execution) {
      if (execution < last) return;
      processor.is_lost = true;
      throw Error("the queue is gone");
    };
    const std::string name = "fault" + std::to_string(last);
    add(name, fault);
    add("well" + std::to_string(last), taking(20'000));
    progress_.clear();
    EXPECT_THAT(error_of([&] {
                  run(group({"well" + std::to_string(last), name}));
                }),
                AllOf(HasSubstr("the queue is gone"), HasSubstr("fake no longer works")));
    EXPECT_EQ(progress_.back(), 1U) << "who is to blame";
    processor.is_lost = false;
  }
}

TEST_F(RunnerTest, AColdCaseThatCannotBeEvictedIsUnsupported) {
  FakeScript script = taking(20'000);
  script.evict = Support::no("the caches stay warm");
  add("warm", script);
  const std::vector<Record> records = run(group({"warm"}, " cache=cold"));
  EXPECT_EQ(records[0].status, Status::unsupported);
  EXPECT_EQ(records[0].reason, "the caches stay warm");
}

TEST_F(RunnerTest, TooFewSamplesAreUnstable) {
  add("glacier", taking(700'000'000));
  const std::vector<Record> records = run(group({"glacier"}));
  EXPECT_EQ(records[0].status, Status::unstable);
  EXPECT_THAT(records[0].reason, HasSubstr("budget_s"));
}

TEST_F(RunnerTest, ProgressNamesTheMemberBeingWorkedOn) {
  add("a", taking(20'000));
  add("b", taking(20'000));
  run(group({"a", "b"}));
  EXPECT_EQ(progress_.front(), 0U);
  EXPECT_THAT(progress_, testing::Contains(1U));
}

TEST_F(RunnerTest, ALoadIsMeasuredBesideItsCase) {
  add("a", taking(200'000));
  add("b", taking(50'000));
  // The load is a thread of its own, and a visit in which a busy machine does not run it says nothing.
  std::vector<Record> records;
  for (int attempt = 0; attempt < 20 && (attempt == 0 || !records[0].metrics.contains("retained")); ++attempt) {
    records = run(group({"a"}, " load=\"fake_double kernel=b processor=fake@1 shape=[16]\""));
  }
  // Both move the one clock, so that the times say nothing.
  ASSERT_NE(records[0].status, Status::failed) << records[0].reason;
  const auto& metrics = records[0].metrics;
  for (const char* name : {"retained", "load_retained", "concurrency_efficiency", "load_rate_alone",
                           "load_rate_together", "load_bandwidth_alone", "bandwidth_together"}) {
    ASSERT_TRUE(metrics.contains(name)) << name;
    EXPECT_GT(metrics.at(name).value, 0) << name;
  }
}

TEST_F(RunnerTest, ALoadThatCannotBeCostsItsOwnRowOnly) {
  add("a", taking(20'000));
  FakeScript refused = taking(20'000);
  refused.support = Support::no("needs images");
  add("refused", refused);
  FakeScript wrong = taking(20'000);
  wrong.error = 0.5;
  add("wrong", wrong);
  FakeScript dying = taking(20'000);
  dying.before = [](std::int64_t execution) {
    if (execution > 200) throw Error("the device was lost");
  };
  add("dying", dying);
  PlannedGroup planned;
  planned.key = "fake_double";
  planned.budget_s = 1;
  for (const std::string load : {"refused", "wrong", "dying"}) {
    const std::string line = "fake_double kernel=a processor=fake shape=[16] load=\"fake_double kernel=" + load +
                             " processor=fake@1 shape=[16]\"";
    planned.cases.push_back({catalog_.complete(Case::parse(line)).line()});
  }
  planned.cases.push_back({catalog_.complete(Case::parse("fake_double kernel=a processor=fake shape=[16]")).line()});
  const std::vector<Record> records = run(planned);
  EXPECT_EQ(records[0].status, Status::unsupported);
  EXPECT_EQ(records[0].reason, "the load: needs images");
  EXPECT_EQ(records[1].status, Status::failed);
  EXPECT_THAT(records[1].reason, HasSubstr("the load computes something wrong"));
  EXPECT_EQ(records[2].status, Status::failed);
  EXPECT_EQ(records[2].reason, "measuring: the load failed: the device was lost");
  EXPECT_EQ(records[3].status, Status::ok) << records[3].reason;
  EXPECT_FALSE(records[3].metrics.contains("retained"));
}

TEST_F(RunnerTest, ARowTellsThePeakOfMemoryThatItsOwnFirstRunReached) {
  std::filesystem::create_directory(procfs_.path() + "/self");
  const auto write = [this](const std::string& name, const std::string& text) {
    std::ofstream(procfs_.path() + "/self/" + name) << text;
  };
  FakeScript growing = taking(20'000);
  growing.before = [&](std::int64_t execution) {
    if (execution > 1) return;
    write("status", execution == 0 ? "VmHWM: 300 kB\nVmRSS: 100 kB\n" : "VmHWM: 900 kB\nVmRSS: 100 kB\n");
  };
  add("growing", growing);
  FakeScript tool = taking(20'000);
  tool.is_tool = true;
  tool.own_clock_share = 0.5;
  add("tool", tool);
  // Without the file that resets the peak there is no figure.
  EXPECT_FALSE(run(group({"growing"}))[0].metrics.contains("peak_memory"));
  write("clear_refs", "");
  write("status", "VmHWM: 800 kB\nVmRSS: 100 kB\n");
  const std::vector<Record> records = run(group({"growing", "tool"}));
  EXPECT_EQ(records[0].metrics.at("peak_memory").value, 300 * 1024);
  EXPECT_EQ(records[0].metrics.at("peak_memory").unit, "B");
  EXPECT_EQ(records[0].metrics.at("peak_memory_added").value, 200 * 1024);
  EXPECT_FALSE(records[1].metrics.contains("peak_memory")) << "it runs in a process of its own";
}

// 100 rounds of one sample of 10 executions, the last half slower by a quarter.
TEST(Soak, ComparesTheEndWithTheBeginning) {
  Measurement lasting;
  for (std::int32_t round = 0; round < 100; ++round) {
    lasting.rounds.push_back(round);
    lasting.iterations.push_back(10);
    lasting.totals_ns[kHostClock].push_back((round < 50 ? 10'000.0 : 12'500.0) + round % 3);
  }
  Record record;
  add_soak(record, lasting, 1);
  EXPECT_NEAR(record.metrics.at("soak_first").value, 1e-6, 1e-9);
  EXPECT_NEAR(record.metrics.at("soak_last").value, 1.25e-6, 1e-9);
  EXPECT_NEAR(record.metrics.at("soak_drift").value, 1.25, 0.001);
  EXPECT_LT(record.metrics.at("soak_drift_low").value, 1.25);
  EXPECT_GT(record.metrics.at("soak_drift_high").value, 1.2499);
  Record none;
  add_soak(none, {}, 1);
  EXPECT_TRUE(none.metrics.empty());
}

TEST(Contention, RatiosAreFormedVisitByVisit) {
  LoadedVisits visits;
  visits.rounds = {0, 1, 2};
  // The device is twice as slow in the last visit, which says nothing about contention.
  visits.case_alone_ns = {80, 80, 160};
  visits.case_together_ns = {100, 100, 200};
  visits.load_alone_per_s = {2e9, 2e9, 1e9};
  visits.load_together_per_s = {1e9, 1e9, 0.5e9};
  Record record;
  record.executed_bytes = 500;
  add_contention(record, visits, {4, 0}, 1);
  EXPECT_DOUBLE_EQ(record.metrics.at("retained").value, 0.8);
  EXPECT_DOUBLE_EQ(record.metrics.at("load_retained").value, 0.5);
  EXPECT_DOUBLE_EQ(record.metrics.at("concurrency_efficiency").value, 1.3);
  EXPECT_DOUBLE_EQ(record.metrics.at("concurrency_efficiency_low").value, 1.3);
  EXPECT_DOUBLE_EQ(record.metrics.at("load_bandwidth_alone").value, 8);
  EXPECT_DOUBLE_EQ(record.metrics.at("load_bandwidth_together").value, 4);
  EXPECT_DOUBLE_EQ(record.metrics.at("bandwidth_together").value, 9);
  Record nothing;
  add_contention(nothing, {}, {4, 0}, 1);
  EXPECT_TRUE(nothing.metrics.empty());
}

TEST_F(RunnerTest, ARowOfAFakeProcessorIsMistrusted) {
  add("right", {});
  PlannedGroup planned = group({"right"});
  ASSERT_EQ(run(planned)[0].status, Status::ok);
  Case elsewhere = planned.cases[0].item();
  elsewhere.set_processors({"fake:made-up"});
  planned.cases[0].line = elsewhere.line();
  const std::vector<Record> records = run(planned);
  EXPECT_EQ(records[0].status, Status::mistrusted);
  EXPECT_EQ(records[0].reason, "fake:made-up is a fake for tests: its times are made up");
}

TEST_F(RunnerTest, ADoubtfulRowKeepsItsTimesAndSaysWhyTheyAreNoEvidence) {
  FakeScript doubtful = taking(20'000);
  doubtful.doubt = "fallback: the CPU did the work";
  add("doubtful", doubtful);
  doubtful.duration_ns = [](std::int64_t) { return std::int64_t{700'000'000}; };
  add("doubtful_and_slow", doubtful);
  add("right", taking(20'000));
  const std::vector<Record> records = run(group({"doubtful", "right"}));
  EXPECT_EQ(records[0].status, Status::mistrusted);
  EXPECT_EQ(records[0].reason, "fallback: the CPU did the work");
  EXPECT_NEAR(records[0].latency()->median_ns, 20'000, 5);
  EXPECT_EQ(records[1].status, Status::ok) << records[1].reason;
  // What else is wrong with a row is told behind the doubt, and a fake's own doubt behind that it is one.
  EXPECT_THAT(run(group({"doubtful_and_slow"}))[0].reason,
              AllOf(StartsWith("fallback: the CPU did the work; "), HasSubstr("budget_s")));
  PlannedGroup planned = group({"doubtful"});
  Case elsewhere = planned.cases[0].item();
  elsewhere.set_processors({"fake:made-up"});
  planned.cases[0].line = elsewhere.line();
  EXPECT_THAT(run(planned)[0].reason, EndsWith("its times are made up; fallback: the CPU did the work"));
}

}  // namespace
}  // namespace hetscope

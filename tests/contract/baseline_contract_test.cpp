// What every baseline must keep, and that one which keeps nothing costs its own row only: a real group of foreign
// processes that crash, hang, lie and talk, measured beside one that works.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <map>
#include <memory>

#include "harness/baseline/baseline_runnable.hpp"
#include "harness/baseline/model_inference.hpp"
#include "harness/core/error.hpp"
#include "harness/run/runner.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

using ::testing::HasSubstr;

Baseline stub(const std::string& how) {
  Baseline baseline;
  baseline.name = how;
  baseline.title = "Stub " + how;
  baseline.program = {"python3", std::string(HETSCOPE_SOURCE_DIR) + "/tests/contract/stub_baseline.py", how};
  baseline.precisions = {"f32"};
  baseline.times = "nothing but itself";
  baseline.licence = "Apache-2.0";
  baseline.publish = "yes";
  return baseline;
}

Model doubling() {
  Model model;
  model.name = "double";
  model.origin = "trained";
  model.file = "double.onnx";
  model.inputs.push_back({"x", "f32", {1, 64}, {}});
  model.outputs.push_back({"y", "f32", {1, 64}, {}});
  model.macs = 64;
  return model;
}

class BaselineContract : public testing::Test {
 protected:
  BaselineContract() {
    directory_.write("models/double.onnx", "not read by the stub");
    ::setenv("HETSCOPE_MODELS", directory_.path("models").c_str(), 1);
    ::setenv("HETSCOPE_CONVERSIONS", directory_.path("conversions").c_str(), 1);
  }

  std::map<std::string, Record> run(const BaselineList& list, const std::string& more = "") {
    Catalog catalog;
    add_baselines(catalog, list, {doubling()});
    PlannedGroup group;
    group.key = "model_inference model=double";
    group.scenario = "test";
    group.budget_s = 0.2;
    for (const Baseline& baseline : list.baselines) {
      const std::string line = "model_inference kernel=" + baseline.name + " processor=cpu model=double" + more;
      group.cases.push_back({catalog.complete(Case::parse(line)).line()});
    }
    ProcessorSet processors;
    MonotonicClock clock;
    Runner runner(catalog, processors, {}, {}, {"run", "session", "boot", "model", "unit"}, clock);
    std::map<std::string, Record> result;
    for (Record& record : runner.run(group)) result[record.item.kernel()] = std::move(record);
    return result;
  }

  TemporaryDirectory directory_;
};

TEST_F(BaselineContract, MeasuresTheOneThatKeepsIt) {
  const auto records = run({"good", {stub("good")}});
  const Record& record = records.at("good");
  // How many samples fit into the budget is this machine's affair.
  EXPECT_TRUE(record.status == Status::ok || record.status == Status::unstable) << record.reason;
  EXPECT_TRUE(record.verify);
  EXPECT_TRUE(record.latencies.contains("host_monotonic"));
  ASSERT_TRUE(record.latencies.contains(kFrameworkClock));  // its own
  EXPECT_GT(record.latencies.at(kFrameworkClock).median_ns, 0);
}

TEST_F(BaselineContract, EachFaultIsARowAndTheRestGoesOn) {
  const std::map<std::string, std::pair<Status, std::string>> wanted = {
      {"crash_load", {Status::failed, "was killed by SIGABRT"}},
      {"exit_load", {Status::failed, "exited with code 3; its last words: no model for me"}},
      {"hang_load", {Status::failed, "gave no answer within 3.00 s and was killed"}},
      {"throw_load", {Status::failed, "unknown operator 'Frobnicate'"}},
      {"unsupported", {Status::unsupported, "no operator Frobnicate"}},
      {"conversion", {Status::skipped, "false ended with 1"}},
      {"missing", {Status::skipped, "its converter is not installed"}},
      {"crash_run", {Status::failed, "was killed by SIGABRT"}},
      {"hang_run", {Status::failed, "gave no answer within 3.00 s and was killed"}},
      {"throw_run", {Status::failed, "no more memory for you"}},
      {"nan", {Status::mismatch, "nan"}},
      {"wrong", {Status::mismatch, "output 0"}},
      {"two_outputs", {Status::failed, "gave 2 outputs, not 1"}},
      {"shape", {Status::failed, "f32 of [65], not f32 of 1x64"}},
      {"short", {Status::failed, "in 252 bytes, not 256"}},
      {"outside", {Status::failed, "outside its directory"}},
      {"link", {Status::failed, "gave no file for the output"}},
      {"garbage", {Status::failed, "that is no answer"}},
      {"endless_line", {Status::failed, "a line without end"}},
      {"fewer", {Status::failed, "told the times of"}},
      {"boaster", {Status::failed, "but they were over after"}},
      {"negative", {Status::failed, "'ns' holds -1"}},
      {"off_topic", {Status::failed, "something else than it was asked"}},
      {"silent_end", {Status::failed, "ended without an answer"}},
      {"closes", {Status::failed, "closed its standard output"}},
  };
  BaselineList list{"good", {stub("good"), stub("chatter")}};
  for (const auto& [how, row] : wanted) {
    Baseline baseline = stub(how);
    baseline.load_timeout_s = baseline.run_timeout_s = how.starts_with("hang") ? 3 : 100;
    list.baselines.push_back(baseline);
  }
  const auto records = run(list);
  for (const auto& [how, row] : wanted) {
    EXPECT_EQ(to_string(records.at(how).status), to_string(row.first)) << how << ": " << records.at(how).reason;
    EXPECT_THAT(records.at(how).reason, HasSubstr(row.second)) << how;
  }
  for (const char* how : {"good", "chatter"}) {
    const Record& record = records.at(how);
    EXPECT_TRUE(record.status == Status::ok || record.status == Status::unstable) << how << ": " << record.reason;
  }
}

TEST_F(BaselineContract, SaysWhatIsMissing) {
  Baseline uninstalled = stub("good");
  uninstalled.name = "uninstalled";
  uninstalled.environment = directory_.path("environments/uninstalled");
  Baseline half = uninstalled;
  half.name = "half";
  half.environment = directory_.path("environments/half");
  directory_.write("environments/half/bin/python", "");
  Baseline gone = stub("good");
  gone.name = "gone";
  gone.program[0] = "/no/such/python";
  const auto records = run({"good", {stub("good"), uninstalled, half, gone}});
  for (const auto& [name, reason] :
       {std::pair{"uninstalled", "is not installed: run scripts/baselines/setup.sh"},
        std::pair{"half", "is half installed"}, std::pair{"gone", "there is no /no/such"}}) {
    EXPECT_EQ(records.at(name).status, Status::skipped);
    EXPECT_THAT(records.at(name).reason, HasSubstr(reason));
  }
  const auto other = run({"good", {stub("good")}}, " precision=f16");
  EXPECT_EQ(other.at("good").status, Status::unsupported);
  EXPECT_THAT(other.at("good").reason, HasSubstr("is run in f32 here, not in f16"));
}

TEST_F(BaselineContract, WithoutAReferenceNothingIsClaimed) {
  for (const auto& [how, reason] : {std::pair{"zero", "is zero everywhere"}, std::pair{"nan", "is not finite"},
                                    std::pair{"crash_load", "no reference"}}) {
    const auto records = run({how, {stub(how), stub("good")}});
    EXPECT_EQ(records.at("good").status, Status::failed) << how;
    EXPECT_THAT(records.at("good").reason, HasSubstr(reason)) << how;
    EXPECT_TRUE(records.at("good").latencies.empty());
  }
  ::setenv("HETSCOPE_MODELS", directory_.path("nowhere").c_str(), 1);
  const auto records = run({"good", {stub("good")}});
  EXPECT_EQ(records.at("good").status, Status::skipped);
  EXPECT_THAT(records.at("good").reason, HasSubstr("the model is not here: run scripts/models/get.sh double"));
}

TEST_F(BaselineContract, IsStoppedWhileOthersAreMeasured) {
  const Baseline baseline = stub("good");
  const Model model = doubling();
  const ModelInference operation(std::make_shared<BaselineWorld>(BaselineWorld{{"good", {baseline}}, {model}}));
  const auto inputs = operation.inputs(Case::parse("model_inference model=double precision=f32"), 1);
  BaselineRunnable runnable(baseline, model, {directory_.path("models/double.onnx"), "", "f32", 1, {}}, inputs,
                            nullptr);
  const auto pid = static_cast<id_t>(std::stoi(runnable.notes().at("pid")));
  const auto next_state = [&](int options) {
    siginfo_t info{};
    EXPECT_EQ(::waitid(P_PID, pid, &info, options), 0);
    return info.si_code;
  };
  EXPECT_EQ(next_state(WSTOPPED | WEXITED), CLD_STOPPED);
  runnable.enter();
  EXPECT_EQ(next_state(WCONTINUED | WEXITED), CLD_CONTINUED);
  runnable.run(2);
  runnable.empty_launch()->run(1);
  EXPECT_TRUE(runnable.own_clocks().contains(kFrameworkClock));
  runnable.leave();
  EXPECT_EQ(next_state(WSTOPPED | WEXITED), CLD_STOPPED);
  EXPECT_EQ(runnable.outputs().size(), 1U);  // asked while stopped, and stopped again
  EXPECT_EQ(runnable.placement().at(0).evidence, "a stub says so");
  EXPECT_EQ(runnable.metrics().at("optimised_operators").value, 1);
  EXPECT_GT(runnable.metrics().at("peak_memory").value, 0);
}

TEST_F(BaselineContract, GivesAReceipt) {
  EXPECT_EQ(baseline_receipt("good", stub("good").program, 60).name, "stub");
  EXPECT_THROW(baseline_receipt("no_receipt", stub("no_receipt").program, 60), Error);
  EXPECT_THROW(baseline_receipt("false", {"false"}, 60), Error);
}

TEST_F(BaselineContract, RefusesAnotherFileThanDescribed) {
  Model model = doubling();
  model.sha256 = std::string(64, '0');
  EXPECT_THROW(model_file(model), Error);
}

}  // namespace
}  // namespace hetscope

// From scenarios to groups of cases: which cases, which groups, which baseline, and which faults end it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/run/scenario.hpp"
#include "tests/error_of.hpp"
#include "tests/unit/run/small_catalog.hpp"

namespace hetscope {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Expand : public ::testing::Test, protected SmallCatalog {
 protected:
  std::vector<PlannedGroup> groups(const std::string& experiments, const std::string& more = "") {
    const std::string text =
        R"({"schema":"hetscope/scenario/1","name":"s",)" + more + R"("experiments":[)" + experiments + "]}";
    return expand(parse_scenario(text, "s.json"), catalog, processors);
  }
  std::string fault(const std::string& experiments) {
    return error_of([&] { groups(experiments); });
  }
  static std::vector<std::string> lines(const std::vector<PlannedGroup>& groups) {
    std::vector<std::string> result;
    for (const PlannedGroup& group : groups) {
      for (const PlannedCase& planned : group.cases) result.push_back(planned.line);
    }
    return result;
  }
};

TEST_F(Expand, MeetsKernelsWithProcessorsOfTheirModelOnly) {
  EXPECT_THAT(lines(groups(R"({"operation":"double","axes":{"shape":[[2,3]]}})")),
              ElementsAre("double kernel=plain processor=cpu shape=2x3 flavour=plain threads=1 cache=hot",
                          "double kernel=plain processor=cpu.big shape=2x3 flavour=plain threads=1 cache=hot",
                          "double kernel=fancy processor=cpu shape=2x3 flavour=plain threads=1 cache=hot",
                          "double kernel=fancy processor=cpu.big shape=2x3 flavour=plain threads=1 cache=hot",
                          "double kernel=device processor=opencl:0 shape=2x3 flavour=plain cache=hot"));
}

TEST_F(Expand, CrossesAxesAndDropsWhatAKernelDoesNotKnow) {
  const auto all = groups(R"({"operation":"double","processors":["cpu","opencl:0"],
      "kernels":["plain","device"],"axes":{"shape":[[2],[3]],"threads":[1,2]}})");
  // plain: 2 shapes x 2 threads; device: 2 shapes, because threads is dropped and equal cases appear once.
  EXPECT_EQ(lines(all).size(), 6u);
  EXPECT_EQ(all.size(), 6u) << "without compare_by each case is a group";
  for (const PlannedGroup& group : all) {
    EXPECT_EQ(group.key, group.cases[0].line);
    EXPECT_EQ(group.scenario, "s");
  }
}

TEST_F(Expand, ReadsAllThreadsAsTheProcessorsComputeUnits) {
  const auto all = groups(
      R"({"operation":"double","kernels":["plain"],"processors":["cpu*"],"axes":{"shape":[[2]],"threads":[4,"all"]}})");
  EXPECT_THAT(lines(all), ElementsAre(HasSubstr("processor=cpu shape=[2] flavour=plain threads=4") /* 4 and all */,
                                      HasSubstr("processor=cpu.big shape=[2] flavour=plain threads=4"),
                                      HasSubstr("processor=cpu.big shape=[2] flavour=plain threads=2")));
}

TEST_F(Expand, GroupsByEverythingButCompareBy) {
  const auto all = groups(R"({"operation":"double","kernels":["plain","fancy"],"processors":["cpu"],
      "axes":{"shape":[[2],[3]],"flavour":["plain","spicy"]},"compare_by":["kernel"],"baseline":{"kernel":"fancy"}})");
  ASSERT_EQ(all.size(), 4u);
  for (const PlannedGroup& group : all) {
    ASSERT_EQ(group.cases.size(), 2u);
    EXPECT_EQ(group.cases[0].item().kernel(), "plain");
    EXPECT_EQ(group.cases[1].item().kernel(), "fancy");
    EXPECT_EQ(group.baseline, group.cases[1].line);
    EXPECT_EQ(group.key, group.cases[0].item().key_without({"kernel"}));
    EXPECT_EQ(group.key, group.cases[1].item().key_without({"kernel"}));
  }
}

TEST_F(Expand, ComparesProcessorsAcrossModels) {
  const auto all = groups(R"({"operation":"double","kernels":["plain","device"],"processors":["cpu","opencl:0"],
      "axes":{"shape":[[2]],"threads":[1,2]},"compare_by":["kernel","processor","threads"],
      "baseline":{"kernel":"plain","threads":2}})");
  ASSERT_EQ(all.size(), 1u);
  ASSERT_EQ(all[0].cases.size(), 3u);
  EXPECT_THAT(all[0].baseline, AllOf(HasSubstr("kernel=plain"), HasSubstr("threads=2")));
}

TEST_F(Expand, LeavesOutABaselineThatIsNotThere) {
  const auto all = groups(R"({"operation":"double","kernels":["plain"],"processors":["cpu"],
      "axes":{"shape":[[2]]},"compare_by":["kernel"],"baseline":{"kernel":"fancy"}})");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].baseline, "");
}

TEST_F(Expand, ACaseThatAnEarlierExperimentPlansIsNotPlannedAgainNorABaseline) {
  const auto all = groups(R"({"operation":"double","kernels":["plain"],"processors":["cpu"],
      "axes":{"shape":[[2],[3]],"threads":[2]}},
    {"operation":"double","kernels":["plain"],"processors":["cpu"],
      "axes":{"shape":[[3],[4]],"threads":[2,1]},"compare_by":["threads","flavour"],"baseline":{"flavour":"plain"}})");
  EXPECT_THAT(
      lines(all),
      ElementsAre(HasSubstr("shape=[2] flavour=plain threads=2"), HasSubstr("shape=[3] flavour=plain threads=2"),
                  HasSubstr("shape=[3] flavour=plain threads=1"), HasSubstr("shape=[4] flavour=plain threads=2"),
                  HasSubstr("shape=[4] flavour=plain threads=1")));
  ASSERT_EQ(all.size(), 4u);
  EXPECT_THAT(all[2].baseline, HasSubstr("shape=[3] flavour=plain threads=1"));
  EXPECT_THAT(all[3].baseline, HasSubstr("shape=[4] flavour=plain threads=2"));
}

TEST_F(Expand, MatchesABaselineOfAllThreads) {
  const auto all = groups(R"({"operation":"double","kernels":["plain"],"processors":["cpu"],
      "axes":{"shape":[[2]],"threads":[1,"all"]},"compare_by":["threads"],"baseline":{"threads":"all"}})");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].baseline, all[0].cases[1].line);
}

TEST_F(Expand, BudgetsAreByCaseAndTheExperimentsOwnComesFirst) {
  const auto all = groups(R"({"operation":"double","kernels":["plain","fancy"],"processors":["cpu"],
      "axes":{"shape":[[2]]},"compare_by":["kernel"]},
      {"operation":"double","kernels":["device"],"axes":{"shape":[[2]]},"budget_s":100,"energy":true})",
                          R"("budget_s":4,)");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_DOUBLE_EQ(all[0].budget_s, 8);
  EXPECT_FALSE(all[0].energy);
  EXPECT_DOUBLE_EQ(all[1].budget_s, 100);
  EXPECT_TRUE(all[1].energy);
  EXPECT_GE(all[0].timeout_s, 120);
  EXPECT_GT(all[1].timeout_s, 300) << "a time-out must leave room for the budget";
  EXPECT_GE(estimate(all).total_s, 108 + estimate(all).energy_s);
  EXPECT_GT(estimate(all).energy_s, 0);
  EXPECT_EQ(estimate({all[0]}).energy_s, 0);
}

TEST_F(Expand, PlansEqualCasesOnceAndKeepsGroupsOfTwoExperimentsApart) {
  const std::string one = R"({"operation":"double","kernels":["plain"],"processors":["cpu"],
      "axes":{"shape":[[2]]},"compare_by":["kernel"]})";
  const std::string two = R"({"operation":"double","kernels":["plain","fancy"],"processors":["cpu"],
      "axes":{"shape":[[2]]},"compare_by":["kernel"]})";
  const auto all = groups(one + "," + two);
  ASSERT_EQ(all.size(), 2u);
  ASSERT_EQ(all[1].cases.size(), 1u);
  EXPECT_EQ(all[1].cases[0].item().kernel(), "fancy");
  EXPECT_NE(all[0].key, all[1].key);
}

TEST_F(Expand, KeepsRowsTogether) {
  Scenario scenario;
  scenario.name = "s";
  scenario.path = "s.json";
  Experiment experiment;
  experiment.operation = "double";
  experiment.kernels = {"plain"};
  experiment.processors = {"cpu"};
  experiment.rows = {{{"shape", Dims{2}}, {"layer", std::string("net/a")}},
                     {{"shape", Dims{3}}, {"layer", std::string("net/b")}}};
  scenario.experiments = {experiment};
  EXPECT_THAT(lines(expand(scenario, catalog, processors)),
              ElementsAre(AllOf(HasSubstr("shape=[2]"), HasSubstr("layer=net/a")),
                          AllOf(HasSubstr("shape=[3]"), HasSubstr("layer=net/b"))));
}

TEST_F(Expand, TellsUnknownNames) {
  EXPECT_THAT(fault(R"({"operation":"doubel"})"),
              AllOf(HasSubstr("s.json#/experiments/0/operation"), HasSubstr("did you mean 'double'")));
  EXPECT_THAT(fault(R"({"operation":"double","kernels":["plane"]})"), HasSubstr("did you mean 'plain'"));
  EXPECT_THAT(fault(R"({"operation":"double","kernels":["copy_a"]})"), HasSubstr("unknown kernel of double 'copy_a'"));
  EXPECT_THAT(
      fault(R"({"operation":"double","processors":["opencl:1"]})"),
      AllOf(HasSubstr("/processors"), HasSubstr("no processor 'opencl:1'"), HasSubstr("cpu, cpu.big, opencl:0")));
  EXPECT_THAT(fault(R"({"operation":"double","processors":["npu*"]})"),
              AllOf(HasSubstr("no processor matches"), HasSubstr("cpu, cpu.big, opencl:0")));
  EXPECT_THAT(fault(R"({"operation":"double","axes":{"shpe":[[2]]}})"), HasSubstr("did you mean 'shape'"));
  EXPECT_THAT(fault(R"({"operation":"double","kernels":["device"],"axes":{"shape":[[2]],"threads":[1]}})"),
              HasSubstr("unknown axis 'threads'"));
  EXPECT_THAT(fault(R"({"operation":"double","axes":{"shape":[[2]]},"compare_by":["kernal"]})"),
              HasSubstr("did you mean 'kernel'"));
  EXPECT_THAT(
      fault(R"({"operation":"double","axes":{"shape":[[2]]},"compare_by":["kernel"],"baseline":{"kernel":"x"}})"),
      HasSubstr("/baseline/kernel"));
}

TEST_F(Expand, APatternWithoutMatchIsFineBesideOneThatMatches) {
  EXPECT_EQ(lines(groups(R"({"operation":"double","kernels":["plain"],"processors":["cpu","npu*"],
      "axes":{"shape":[[2]]}})"))
                .size(),
            1u);
}

TEST_F(Expand, KernelsAndProcessorsThatNeverMeetGiveNoCase) {
  EXPECT_THAT(groups(R"({"operation":"double","kernels":["device"],"processors":["cpu"],"axes":{"shape":[[2]]}})"),
              IsEmpty());
}

TEST_F(Expand, TellsBadValues) {
  EXPECT_THAT(fault(R"({"operation":"double","axes":{"shape":[1,64,56,56]}})"),
              AllOf(HasSubstr("/axes/shape"), HasSubstr("[[1, ...]]")));
  EXPECT_THAT(fault(R"({"operation":"double","axes":{"shape":["a"]}})"), HasSubstr("/axes/shape"));
  EXPECT_THAT(fault(R"({"operation":"double","axes":{"shape":[[2]],"flavour":["sweet"]}})"), HasSubstr("sweet"));
  EXPECT_THAT(fault(R"({"operation":"double","axes":{"shape":[[2]],"threads":["most"]}})"), HasSubstr("threads"));
  EXPECT_THAT(fault(R"({"operation":"double"})"), HasSubstr("'shape'"));
}

TEST_F(Expand, WantsAListForEveryAxisThatIsAShape) {
  Scenario scenario;
  scenario.path = "s.json";
  Experiment experiment;
  experiment.operation = "double";
  experiment.kernels = experiment.processors = {"*"};
  experiment.axes = {{"shape", {std::int64_t{7}}}};
  scenario.experiments = {experiment};
  EXPECT_THROW(expand(scenario, catalog, processors), Error);
}

TEST_F(Expand, RefusesVeryManyCasesBeforeMakingThem) {
  std::string values = "[1]";
  for (int i = 2; i <= 1000; ++i) values += ",[" + std::to_string(i) + "]";
  std::string threads = "1";
  for (int i = 2; i <= 1000; ++i) threads += "," + std::to_string(i);
  EXPECT_THAT(fault(R"({"operation":"double","axes":{"shape":[)" + values + R"(],"threads":[)" + threads + "]}}"),
              HasSubstr("more than 200000 cases"));
}

TEST_F(Expand, RoofsAreProbedWhereKernelsRun) {
  const auto all = groups(R"({"operation":"double","kernels":["plain","device"],"processors":["cpu","opencl:0"],
      "axes":{"shape":[[2]],"threads":[1,2]}})");
  const auto roofs = roof_groups(all, catalog, processors, 0.5);
  // cpu at 1 and 2 threads: copy at two sizes with two kernels each and one peak; opencl:0: copy with one kernel.
  EXPECT_EQ(roofs.size(), 2 * 3 + 2);
  for (const PlannedGroup& group : roofs) {
    const Case first = group.cases[0].item();
    if (first.operation() == "copy" && first.processors()[0] == "cpu") {
      ASSERT_EQ(group.cases.size(), 2u);
      EXPECT_EQ(group.cases[0].item().key_without({"kernel"}), group.cases[1].item().key_without({"kernel"}));
      EXPECT_DOUBLE_EQ(group.budget_s, 1);
    } else {
      ASSERT_EQ(group.cases.size(), 1u);
    }
    EXPECT_NE(first.processors()[0], "cpu.big");
    EXPECT_EQ(first.has("threads"), first.processors()[0] == "cpu");
  }
}

TEST_F(Expand, RoofsThatArePlannedAlreadyAreNotPlannedAgainAndNeedNoRoofs) {
  const auto copies = groups(R"({"operation":"copy","processors":["cpu"],"axes":{"shape":[[64]]}})");
  EXPECT_THAT(roof_groups(copies, catalog, processors, 1), IsEmpty());
  auto all = groups(R"({"operation":"copy","processors":["cpu"],"axes":{"shape":[[64]]}},
      {"operation":"double","kernels":["plain"],"processors":["cpu"],"axes":{"shape":[[2]]}})");
  const auto roofs = roof_groups(all, catalog, processors, 1);
  ASSERT_EQ(roofs.size(), 2u);
  EXPECT_EQ(roofs[0].cases[0].item().dims("shape"), Dims{1024});
  EXPECT_EQ(roofs[1].cases[0].item().operation(), "multiply_add");
}

TEST_F(Expand, ProcessorsTogetherMeetKernelsOfPartsOnly) {
  add("shared", "double", ProgramModel::parts);
  EXPECT_THAT(lines(groups(R"({"operation":"double","kernels":["plain","shared"],"processors":["cpu"],
                  "together":[["cpu.big","opencl:0"],["cpu@0-1","opencl:0/1of2"]],"axes":{"shape":[[2,3]]}})")),
              ElementsAre("double kernel=plain processor=cpu shape=2x3 flavour=plain threads=1 cache=hot",
                          "double kernel=shared processor=cpu.big,opencl:0 shape=2x3 flavour=plain cache=hot",
                          "double kernel=shared processor=cpu@0-1,opencl:0/1of2 shape=2x3 flavour=plain cache=hot"));
}

TEST_F(Expand, APatternAmongProcessorsTogetherStandsForEachThatMatches) {
  add("shared", "double", ProgramModel::parts);
  EXPECT_THAT(lines(groups(R"({"operation":"double","kernels":["shared"],"processors":["cpu"],
                  "together":[["cpu*","opencl:0"],["npu:*","cpu"],["cpu","opencl:0"]],"axes":{"shape":[[2,3]]}})")),
              ElementsAre("double kernel=shared processor=cpu,opencl:0 shape=2x3 flavour=plain cache=hot",
                          "double kernel=shared processor=cpu.big,opencl:0 shape=2x3 flavour=plain cache=hot"));
}

TEST_F(Expand, GpusAreTheOpenClDevicesThatAreNotTheHostsCpu) {
  add("shared", "double", ProgramModel::parts);
  processors.push_back(processor("opencl:1", ProgramModel::opencl_c, 2));
  processors.back().runs_on_host_cpu = true;
  processors.push_back(processor("npu:runtime/GPU", ProgramModel::submodel, 1));
  const std::string experiment = R"({"operation":"double","kernels":["device","shared"],"processors":["cpu","gpu:*"],
      "together":[["cpu","gpu:*"],["cpu.big","opencl:0"],["cpu","gpu:*","npu:*"]],"axes":{"shape":[[2,3]]}})";
  EXPECT_THAT(
      lines(groups(experiment)),
      ElementsAre("double kernel=device processor=opencl:0 shape=2x3 flavour=plain cache=hot",
                  "double kernel=shared processor=cpu,opencl:0 shape=2x3 flavour=plain cache=hot",
                  "double kernel=shared processor=cpu.big,opencl:0 shape=2x3 flavour=plain cache=hot",
                  "double kernel=shared processor=cpu,opencl:0,npu:runtime/GPU shape=2x3 flavour=plain cache=hot"));

  processors[2].runs_on_host_cpu = true;
  EXPECT_THAT(lines(groups(experiment)),
              ElementsAre("double kernel=shared processor=cpu.big,opencl:0 shape=2x3 flavour=plain cache=hot"));
  EXPECT_THAT(fault(R"({"operation":"double","processors":["gpu:*"],"axes":{"shape":[[2]]}})"),
              HasSubstr("no processor matches"));
}

TEST_F(Expand, AListedNameWithASlashIsThatProcessorAndNoPartOfOne) {
  ProcessorInfo npu;
  npu.name = "npu:runtime/CPU";
  npu.program_model = ProgramModel::submodel;
  processors.push_back(npu);
  add("model", "double", ProgramModel::submodel);
  EXPECT_THAT(lines(groups(R"({"operation":"double","kernels":["model"],"processors":["npu:runtime/CPU"],
                  "axes":{"shape":[[2,3]]}})")),
              ElementsAre("double kernel=model processor=npu:runtime/CPU shape=2x3 flavour=plain cache=hot"));
}

TEST_F(Expand, ProcessorsMadeToOrderAreNamedAndAllTheirThreadsCounted) {
  EXPECT_THAT(lines(groups(R"({"operation":"double","kernels":["plain"],"processors":["cpu@0-2"],
                  "axes":{"shape":[[2,3]],"threads":["all"]}})")),
              ElementsAre("double kernel=plain processor=cpu@0-2 shape=2x3 flavour=plain threads=3 cache=hot"));
  EXPECT_THAT(fault(R"({"operation":"double","processors":["gpu/0of2"],"axes":{"shape":[[2]]}})"),
              AllOf(HasSubstr("no processor 'gpu/0of2'"), HasSubstr("opencl:0")));
  EXPECT_THAT(fault(R"({"operation":"double","together":[["cpu","npu"]],"axes":{"shape":[[2]]}})"),
              AllOf(HasSubstr("no processor 'npu'"), HasSubstr("/together")));
  EXPECT_THAT(fault(R"({"operation":"double","together":[["cpu"]],"axes":{"shape":[[2]]}})"),
              HasSubstr("work is shared by two or three processors"));
  EXPECT_THAT(
      fault(R"({"operation":"double","together":[["cpu","opencl:0","cpu.big","cpu@0-1"]],"axes":{"shape":[[2]]}})"),
      HasSubstr("work is shared by two or three processors"));
  EXPECT_THAT(fault(R"({"operation":"double","together":[["cpu","cpu"]],"axes":{"shape":[[2]]}})"),
              HasSubstr("'cpu' appears twice"));
}

TEST_F(Expand, ALoadIsAnAxis) {
  EXPECT_THAT(lines(groups(R"({"operation":"double","kernels":["plain"],"processors":["cpu"],"axes":{"shape":[[2]],
                  "load":["none","double kernel=device processor=opencl:0/1of2 shape=[3]"]},"compare_by":["load"]})")),
              ElementsAre("double kernel=plain processor=cpu shape=[2] flavour=plain threads=1 cache=hot",
                          "double kernel=plain processor=cpu shape=[2] flavour=plain threads=1 cache=hot "
                          "load=\"double kernel=device processor=opencl:0/1of2 shape=[3] flavour=plain cache=hot\""));
}

TEST_F(Expand, TellsWhatIsWrongWithALoad) {
  const auto fault_of = [&](const std::string& load) {
    return fault(R"({"operation":"double","kernels":["plain"],"processors":["cpu"],"axes":{"shape":[[2]],"load":[")" +
                 load + "\"]}}");
  };
  EXPECT_THAT(fault_of("double kernel=devise processor=opencl:0 shape=[3]"),
              AllOf(HasSubstr("s.json#/experiments/0/axes/load"), HasSubstr("did you mean 'device'")));
  EXPECT_THAT(fault_of("double kernel=device processor=opencl:1 shape=[3]"),
              AllOf(HasSubstr("/axes/load"), HasSubstr("no processor 'opencl:1'")));
  EXPECT_THAT(fault_of("double kernel=fancy processor=cpu shape=[3]"),
              HasSubstr("the load runs on the case's own processor cpu"));
  EXPECT_THAT(fault_of("double kernel=device processor=opencl:0"),
              AllOf(HasSubstr("/axes/load"), HasSubstr("'shape'")));
}

TEST_F(Expand, AnAxisThatAppearsTwiceIsAFault) {
  EXPECT_THAT(fault(R"({"operation":"double","axes":{"threads":[1],"threads,threads":[[2,3]]}})"),
              HasSubstr("axis 'threads' appears twice"));
}

}  // namespace
}  // namespace hetscope

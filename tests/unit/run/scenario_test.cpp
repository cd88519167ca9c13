// Reading scenario files: what they mean, and that each fault is told with its place and a way out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/run/scenario.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string scenario_with(const std::string& experiment, const std::string& more = "") {
  return R"({"schema":"hetscope/scenario/1","name":"s",)" + more + R"("experiments":[)" + experiment + "]}";
}

std::string fault_of(const std::string& text, const std::string& path = "dir/s.json") {
  try {
    parse_scenario(text, path);
  } catch (const Error& error) {
    return error.what();
  }
  return "no fault";
}

std::string experiment_fault(const std::string& experiment) { return fault_of(scenario_with(experiment)); }

TEST(ParseScenario, ReadsEveryKey) {
  const Scenario scenario = parse_scenario(R"({
      "schema": "hetscope/scenario/1", "name": "copy", "title": "Copying", "question": "How fast?",
      "budget_s": 0.5, "total_budget_s": 60, "roofs": false,
      "experiments": [{
        "operation": "copy", "kernels": ["a", "b*"], "processors": ["cpu", "opencl:*"],
        "axes": {"shape": [[1, 64, 56, 56], [7]], "dtype": ["f32"],
                 "threads": [1, "all"], "exact": [true], "ratio": [0.5]},
        "compare_by": ["kernel", "threads"], "baseline": {"kernel": "a", "threads": 1},
        "energy": true, "soak": true, "budget_s": 3}]})",
                                           "dir/copy.json");
  EXPECT_EQ(scenario.name, "copy");
  EXPECT_EQ(scenario.title, "Copying");
  EXPECT_EQ(scenario.question, "How fast?");
  EXPECT_EQ(scenario.path, "dir/copy.json");
  EXPECT_EQ(scenario.sha256.size(), 64u);
  EXPECT_EQ(scenario.budget_s, 0.5);
  EXPECT_EQ(scenario.total_budget_s, 60);
  EXPECT_FALSE(scenario.roofs);
  ASSERT_EQ(scenario.experiments.size(), 1u);
  const Experiment& experiment = scenario.experiments[0];
  EXPECT_EQ(experiment.operation, "copy");
  EXPECT_EQ(experiment.kernels, (std::vector<std::string>{"a", "b*"}));
  EXPECT_EQ(experiment.processors, (std::vector<std::string>{"cpu", "opencl:*"}));
  // In the file's order, not the alphabet's.
  ASSERT_EQ(experiment.axes.size(), 5u);
  EXPECT_EQ(experiment.axes[0].first, "shape");
  EXPECT_EQ(experiment.axes[0].second, (std::vector<AxisValue>{Dims{1, 64, 56, 56}, Dims{7}}));
  EXPECT_EQ(experiment.axes[1].second, (std::vector<AxisValue>{std::string("f32")}));
  EXPECT_EQ(experiment.axes[2].second, (std::vector<AxisValue>{std::int64_t{1}, std::string("all")}));
  EXPECT_EQ(experiment.axes[3].second, (std::vector<AxisValue>{true}));
  EXPECT_EQ(experiment.axes[4].second, (std::vector<AxisValue>{0.5}));
  EXPECT_EQ(experiment.compare_by, (std::vector<std::string>{"kernel", "threads"}));
  EXPECT_EQ(experiment.baseline.at("kernel"), AxisValue(std::string("a")));
  EXPECT_EQ(experiment.baseline.at("threads"), AxisValue(std::int64_t{1}));
  EXPECT_TRUE(experiment.energy);
  EXPECT_TRUE(experiment.soak);
  EXPECT_EQ(experiment.budget_s, 3);
}

TEST(ParseScenario, HasDefaults) {
  const Scenario scenario = parse_scenario(scenario_with(R"({"operation":"copy"})"), "s.json");
  EXPECT_TRUE(scenario.roofs);
  EXPECT_EQ(scenario.budget_s, 2);
  EXPECT_EQ(scenario.total_budget_s, 0);
  EXPECT_EQ(scenario.experiments[0].kernels, (std::vector<std::string>{"*"}));
  EXPECT_EQ(scenario.experiments[0].processors, (std::vector<std::string>{"*"}));
  EXPECT_TRUE(scenario.experiments[0].compare_by.empty());
}

TEST(ParseScenario, TellsFaultsOfTheFrame) {
  EXPECT_THAT(fault_of("{"), HasSubstr("dir/s.json"));
  EXPECT_THAT(fault_of("[]"), HasSubstr("expected an object"));
  EXPECT_THAT(fault_of("{}"), HasSubstr("key 'schema' is missing"));
  EXPECT_THAT(
      fault_of(R"({"schema":"hetscope/scenario/2","name":"s","experiments":[{"operation":"c"}]})"),
      AllOf(HasSubstr("dir/s.json#/schema"), HasSubstr("hetscope/scenario/2"), HasSubstr("hetscope/scenario/1")));
  EXPECT_THAT(fault_of(R"({"schema":"hetscope/scenario/1","experiments":[{"operation":"c"}]})"), HasSubstr("'name'"));
  EXPECT_THAT(fault_of(R"({"schema":"hetscope/scenario/1","name":"","experiments":[{"operation":"c"}]})"),
              HasSubstr("#/name: the text is empty"));
  EXPECT_THAT(fault_of(R"({"schema":"hetscope/scenario/1","name":"s","experiments":[]})"),
              HasSubstr("#/experiments: the list is empty"));
  EXPECT_THAT(fault_of(R"({"schema":"hetscope/scenario/1","name":"s"})"), HasSubstr("'experiments'"));
  EXPECT_THAT(fault_of(scenario_with(R"({"operation":"c"})", R"("budgt_s":1,)")),
              AllOf(HasSubstr("unknown key 'budgt_s'"), HasSubstr("'budget_s'")));
  EXPECT_THAT(fault_of(scenario_with(R"({"operation":"c"})", R"("budget_s":"1",)")),
              HasSubstr("#/budget_s: expected a number"));
  EXPECT_THAT(fault_of(scenario_with(R"({"operation":"c"})", R"("budget_s":0,)")), HasSubstr("out of range"));
  EXPECT_THAT(fault_of(scenario_with(R"({"operation":"c"})", R"("total_budget_s":-1,)")), HasSubstr("out of range"));
  EXPECT_THAT(fault_of(scenario_with(R"({"operation":"c"})", R"("roofs":1,)")), HasSubstr("expected true or false"));
  EXPECT_THAT(fault_of(scenario_with(R"({"operation":"c"})", R"("title":"a","title":"b",)")), HasSubstr("twice"));
}

TEST(ParseScenario, TellsFaultsOfAnExperiment) {
  EXPECT_THAT(experiment_fault(R"("copy")"), HasSubstr("#/experiments/0: expected an object"));
  EXPECT_THAT(experiment_fault(R"({})"), HasSubstr("'operation'"));
  EXPECT_THAT(experiment_fault(R"({"operation":"c","kernel":["a"]})"), HasSubstr("did you mean 'kernels'"));
  EXPECT_THAT(experiment_fault(R"({"operation":"c","kernels":"a"})"), HasSubstr("/kernels: expected a list"));
  EXPECT_THAT(experiment_fault(R"({"operation":"c","kernels":[1]})"), HasSubstr("/kernels/0: expected a text"));
  EXPECT_THAT(experiment_fault(R"({"operation":"c","processors":["a","a"]})"), HasSubstr("'a' appears twice"));
  EXPECT_THAT(experiment_fault(R"({"operation":"c","energy":"yes"})"), HasSubstr("/energy"));
  EXPECT_THAT(experiment_fault(R"({"operation":"c","soak":1})"), HasSubstr("/soak"));
  EXPECT_THAT(experiment_fault(R"({"operation":"c","compare_by":["kernel"],"baseline":{"dtype":"f32"}})"),
              HasSubstr("'dtype' is not one of 'compare_by'"));
  EXPECT_THAT(experiment_fault(R"({"operation":"c","compare_by":["kernel"],"baseline":{"kernel":1}})"),
              HasSubstr("/baseline/kernel: expected a text"));
  EXPECT_THAT(experiment_fault(R"({"operation":"c","compare_by":["kernel"],"baseline":{}})"), HasSubstr("no axis"));
}

TEST(ParseScenario, TellsFaultsOfAxes) {
  const auto axes_fault = [](const std::string& axes) {
    return experiment_fault(R"({"operation":"c","axes":{)" + axes + "}}");
  };
  EXPECT_THAT(axes_fault(R"("dtype":[])"), HasSubstr("#/experiments/0/axes/dtype: the list is empty"));
  EXPECT_THAT(axes_fault(R"("dtype":"f32")"), HasSubstr("expected a list"));
  EXPECT_THAT(axes_fault(R"("dtype":["f32","f32"])"), HasSubstr("appears twice"));
  EXPECT_THAT(axes_fault(R"("dtype":[null])"), HasSubstr("/axes/dtype/0"));
  EXPECT_THAT(axes_fault(R"("shape":[[1,0]])"), HasSubstr("dimension 0 is not above zero"));
  EXPECT_THAT(axes_fault(R"("shape":[[1,-3]])"), HasSubstr("dimension -3 is not above zero"));
  EXPECT_THAT(axes_fault(R"("shape":[[]])"), HasSubstr("the list is empty"));
  EXPECT_THAT(axes_fault(R"("shape":[[1,2.5]])"), HasSubstr("/axes/shape/0/1: expected an integer"));
  EXPECT_THAT(axes_fault(R"("shape":[[4294967296,4294967296]])"), HasSubstr("more elements than memory"));
  EXPECT_THAT(axes_fault(R"("shape":[[18446744073709551615]])"), HasSubstr("too large"));
  EXPECT_THAT(axes_fault(R"("shape":[[[1]]])"), HasSubstr("expected an integer"));
  EXPECT_THAT(axes_fault(R"("dtype":{"file":"a.json"})"), HasSubstr("only the axis 'shape'"));
  EXPECT_THAT(axes_fault(R"("kernel":["a"])"), HasSubstr("'kernel' is not an axis"));
  EXPECT_THAT(axes_fault(R"("shape":{"file":"nowhere.json"})"), HasSubstr("no shapes file 'dir/nowhere.json'"));
  EXPECT_THAT(axes_fault(R"("shape":{"fil":"nowhere.json"})"), HasSubstr("did you mean 'file'"));
  EXPECT_THAT(axes_fault(R"("a/b":[])"), HasSubstr("/axes/a~1b"));
}

class ShapesFile : public ::testing::Test {
 protected:
  void SetUp() override {
    files_.write("shapes/net.json", R"({"schema":"hetscope/shapes/1","model":"net","source":"a paper","shapes":[
        {"layer":"one","shape":[1,8,4,4]},{"layer":"again","shape":[1,8,4,4]},{"layer":"two","shape":[1,16,2,2]}]})");
    files_.write("shapes/other.json",
                 R"({"schema":"hetscope/shapes/1","model":"other","shapes":[{"layer":"one","shape":[1,8,4,4]}]})");
    files_.write("shapes/layers.json", R"({"schema":"hetscope/shapes/1","model":"conv","shapes":[
        {"layer":"a","shape":[1,8,4,4],"window":[3,3],"filters":8},
        {"layer":"b","shape":[1,8,4,4],"window":[1,1],"filters":8},
        {"layer":"c","shape":[1,8,4,4],"window":[3,3],"filters":8}]})");
  }
  std::string text(const std::string& shape) {
    return scenario_with(R"({"operation":"c","axes":{"shape":)" + shape + "}}");
  }
  Experiment read(const std::string& shape) {
    return parse_scenario(text(shape), files_.path("scenarios/s.json")).experiments[0];
  }
  std::string fault(const std::string& shape) { return fault_of(text(shape), files_.path("scenarios/s.json")); }

  TemporaryDirectory files_;
};

TEST_F(ShapesFile, GivesRowsOfShapeAndLayerWithoutRepetition) {
  const Experiment experiment = read(R"({"file":"../shapes/net.json"})");
  EXPECT_TRUE(experiment.axes.empty());
  ASSERT_EQ(experiment.rows.size(), 2u);
  using Row = std::vector<std::pair<std::string, AxisValue>>;
  EXPECT_EQ(experiment.rows[0], (Row{{"shape", Dims{1, 8, 4, 4}}, {"layer", std::string("net/one")}}));
  EXPECT_EQ(experiment.rows[1], (Row{{"shape", Dims{1, 16, 2, 2}}, {"layer", std::string("net/two")}}));
}

TEST_F(ShapesFile, CanBeSeveralAndFiltered) {
  EXPECT_EQ(read(R"({"file":["../shapes/net.json","../shapes/other.json"]})").rows.size(), 3u);
  const Experiment experiment = read(R"({"file":"../shapes/net.json","only":["two"]})");
  ASSERT_EQ(experiment.rows.size(), 1u);
  EXPECT_EQ(experiment.rows[0][1].second, AxisValue(std::string("net/two")));
  EXPECT_THAT(fault(R"({"file":"../shapes/net.json","only":["twp"]})"),
              AllOf(HasSubstr("unknown layer 'twp'"), HasSubstr("did you mean 'two'")));
}

TEST_F(ShapesFile, MayGiveOtherAxesOfALayer) {
  const Experiment experiment = read(R"({"file":"../shapes/layers.json"})");
  ASSERT_EQ(experiment.rows.size(), 2u) << "the third is the first again";
  using Row = std::vector<std::pair<std::string, AxisValue>>;
  EXPECT_EQ(experiment.rows[1], (Row{{"shape", Dims{1, 8, 4, 4}},
                                     {"window", Dims{1, 1}},
                                     {"filters", std::int64_t{8}},
                                     {"layer", std::string("conv/b")}}));
}

TEST_F(ShapesFile, TellsItsOwnFaults) {
  files_.write("shapes/bad.json", R"({"schema":"hetscope/shapes/1","model":"m","shapes":[{"layer":"a","shape":[0]}]})");
  EXPECT_THAT(fault(R"({"file":"../shapes/bad.json"})"), AllOf(HasSubstr("bad.json#/shapes/0/shape"), HasSubstr("0")));
  files_.write("shapes/bad.json", R"({"schema":"hetscope/scenario/1","model":"m","shapes":[]})");
  EXPECT_THAT(fault(R"({"file":"../shapes/bad.json"})"), HasSubstr("bad.json#/schema"));
  files_.write("shapes/bad.json", R"({"schema":"hetscope/shapes/1","model":"m","shapes":[]})");
  EXPECT_THAT(fault(R"({"file":"../shapes/bad.json"})"), HasSubstr("the list is empty"));
  files_.write("shapes/bad.json", R"({"schema":"hetscope/shapes/1","model":"m","shapes":[{"shape":[1]}]})");
  EXPECT_THAT(fault(R"({"file":"../shapes/bad.json"})"), HasSubstr("'layer' is missing"));
  files_.write("shapes/bad.json", R"({"schema":"hetscope/shapes/1","model":"m","shapes":[
      {"layer":"a","shape":[1],"filters":4}, {"layer":"b","shape":[1],"groups":4}]})");
  EXPECT_THAT(fault(R"({"file":"../shapes/bad.json"})"),
              AllOf(HasSubstr("bad.json#/shapes/1"), HasSubstr("other members")));
  EXPECT_THAT(fault(R"({"file":["../shapes/net.json","../shapes/layers.json"]})"), HasSubstr("layers.json have other"));
  EXPECT_THAT(fault(R"({"file":"../shapes"})"), HasSubstr("no shapes file"));
  const std::string both =
      scenario_with(R"({"operation":"c","axes":{"shape":{"file":"../shapes/net.json"},"layer":["x"]}})");
  EXPECT_THAT(fault_of(both, files_.path("scenarios/s.json")), HasSubstr("/axes/layer"));
}

TEST(LoadScenario, NamesTheMissingFile) {
  EXPECT_THROW(
      {
        try {
          load_scenario("nowhere/at-all.json");
        } catch (const Error& error) {
          EXPECT_THAT(error.what(), HasSubstr("nowhere/at-all.json"));
          throw;
        }
      },
      Error);
}

TEST(ParseScenario, OneShapeGivesTheValuesOfSeveralAxes) {
  const Scenario scenario = parse_scenario(scenario_with(R"({"operation":"matmul","together":[["cpu","opencl:0"]],
                                       "axes":{"m,k,n":[[2,3,4],[5,6,7]]}})"),
                                           "s.json");
  const Experiment& experiment = scenario.experiments[0];
  EXPECT_EQ(experiment.together, (std::vector<std::vector<std::string>>{{"cpu", "opencl:0"}}));
  EXPECT_TRUE(experiment.axes.empty());
  ASSERT_EQ(experiment.rows.size(), 2u);
  EXPECT_EQ(experiment.rows[1], (std::vector<std::pair<std::string, AxisValue>>{
                                    {"m", std::int64_t{5}}, {"k", std::int64_t{6}}, {"n", std::int64_t{7}}}));
  EXPECT_THAT(experiment_fault(R"({"operation":"matmul","axes":{"m,k":[[2,3,4]]}})"),
              HasSubstr("3 extents for 2 axes"));
  EXPECT_THAT(experiment_fault(R"({"operation":"matmul","axes":{"m,k":[[2,3]],"n,o":[[2,3]]}})"),
              HasSubstr("two axes vary row by row"));
}

}  // namespace
}  // namespace hetscope

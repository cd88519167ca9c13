// The list of baselines and the descriptions of models, read strictly; those that are part of the program are in order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "harness/baseline/baseline_list.hpp"
#include "harness/baseline/model_inference.hpp"
#include "harness/baseline/model_list.hpp"
#include "harness/core/error.hpp"

namespace hetscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string with(std::string text, const std::string& old_part, const std::string& new_part) {
  const std::size_t at = text.find(old_part);
  EXPECT_NE(at, std::string::npos) << old_part;
  return text.replace(at, old_part.size(), new_part);
}

const std::string kList = R"({"schema": "hetscope/baselines/1", "reference": "one", "baselines": [
  {"name": "one", "title": "One", "program": ["{environment}/bin/python", "{here}/one.py"], "environment": "one",
   "precisions": ["f32"], "times": "all of it", "licence": "MIT", "publish": "yes"}]})";

std::string fault_of_list(const std::string& text) {
  try {
    parse_baselines(text, "list.json", "/here", "/environments");
    return "none";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(BaselineLists, PutsDirectoriesIn) {
  const BaselineList list = parse_baselines(kList, "list.json", "/here", "/environments");
  ASSERT_EQ(list.baselines.size(), 1U);
  EXPECT_THAT(list.baselines[0].program, ElementsAre("/environments/one/bin/python", "/here/one.py"));
  EXPECT_THAT(is_installed(list.baselines[0]).reason(), HasSubstr("is not installed"));
  EXPECT_TRUE(is_installed(list.baselines[0]).is_absent());
}

TEST(BaselineLists, SaysWhatIsWrong) {
  EXPECT_THAT(fault_of_list("{"), HasSubstr("list.json"));
  EXPECT_THAT(fault_of_list(with(kList, "baselines/1", "baselines/7")), HasSubstr("no list of baselines"));
  EXPECT_THAT(fault_of_list(with(kList, "\"reference\": \"one\"", "\"reference\": \"two\"")), HasSubstr("two"));
  EXPECT_THAT(fault_of_list(with(kList, "\"name\": \"one\"", "\"name\": \"a b\"")), HasSubstr("no name of a kernel"));
  EXPECT_THAT(fault_of_list(with(kList, "\"licence\": \"MIT\", ", "")), HasSubstr("'licence' is missing"));
  EXPECT_THAT(fault_of_list(with(kList, "\"times\"", "\"tmies\"")), HasSubstr("tmies"));
  EXPECT_THAT(fault_of_list(with(kList, "\"environment\": \"one\"", "\"environment\": \"../one\"")),
              HasSubstr("no directory's name"));
}

const std::string kTool = R"({"schema": "hetscope/baselines/1", "baselines": [
  {"kind": "tool", "name": "bench", "title": "Bench", "program": ["bin/bench", "-l={here}", "{model}", "{threads}",
   "{iterations}{precision}"], "importer": "benchncnn", "iterations": 4, "models": {"m": {"file": "m.param", "shape": "[1,{threads}]"}, "n": "/n.param"},
   "precisions": {"f16": "2", "f32": "1"}, "variables": {"N": "{threads}"}, "times": "a loop", "licence": "MIT",
   "publish": "yes"}]})";

TEST(BaselineLists, HoldTools) {
  const BaselineList list = parse_baselines(kTool, "list.json", "/here", "/environments");
  EXPECT_EQ(list.reference, "");
  const Baseline& baseline = list.baselines.at(0);
  ASSERT_TRUE(baseline.tool);
  EXPECT_THAT(baseline.precisions, ElementsAre("f16", "f32"));
  EXPECT_EQ(baseline.tool->models.at("m"), (ToolWords{{"model", "/here/m.param"}, {"shape", "[1,{threads}]"}}));
  EXPECT_EQ(baseline.tool->models.at("n"), (ToolWords{{"model", "/n.param"}}));
  const ToolWords words = {{"model", "a {threads}"}, {"threads", "3"}, {"iterations", "4"}, {"precision", "2"}};
  // What is put in is not looked at again.
  EXPECT_THAT(filled(baseline.program, words), ElementsAre("/here/bin/bench", "-l=/here", "a {threads}", "3", "42"));
  const std::vector<std::string> environment = environment_of(*baseline.tool, words);
  EXPECT_THAT(environment, ::testing::IsSupersetOf({"LC_ALL=C", "N=3"}));
  EXPECT_TRUE(is_installed(baseline).is_absent());
  EXPECT_THAT(is_installed(baseline).reason(), HasSubstr("there is no program /here/bin/bench"));
}

TEST(BaselineLists, SayWhatIsWrongWithATool) {
  EXPECT_THAT(fault_of_list(with(kTool, "{model}", "{modle}")), HasSubstr("{modle} stands for nothing"));
  EXPECT_THAT(fault_of_list(with(kTool, "\"{model}\", ", "")), HasSubstr("not told its model"));
  EXPECT_THAT(fault_of_list(with(kTool, "{precision}", "")), HasSubstr("not told its precision"));
  EXPECT_THAT(fault_of_list(with(kTool, "{here}", "{environment}")), HasSubstr("{environment} stands for nothing"));
  EXPECT_THAT(fault_of_list(with(kTool, "{here}", "{shape}")), HasSubstr("{shape} stands for nothing"));  // n has none
  EXPECT_EQ(fault_of_list(with(with(kTool, "{here}", "{shape}"), ", \"n\": \"/n.param\"", "")), "none");
  EXPECT_THAT(fault_of_list(with(kTool, "\"shape\"", "\"threads\"")), HasSubstr("{threads} has a meaning already"));
  EXPECT_THAT(fault_of_list(with(kTool, "\"file\"", "\"fiel\"")), HasSubstr("'file' is missing"));
  EXPECT_THAT(fault_of_list(with(kTool, "{\"N\"", "{\"N=M\"")), HasSubstr("no variable's name"));
  EXPECT_THAT(fault_of_list(with(kTool, "\"baselines\": [", "\"reference\": \"bench\", \"baselines\": [")),
              HasSubstr("hands out no results"));
}

const std::string kModel = R"({"schema": "hetscope/model/1", "name": "m", "origin": "trained", "file": "m.onnx",
  "source": "a package", "licence": "MIT", "macs": 12,
  "inputs": [{"name": "x", "dtype": "i64", "shape": [1, 4], "fill": {"integers": [0, 9]}}],
  "outputs": [{"name": "y", "dtype": "f16"}]})";

std::string fault_of_model(const std::string& text) {
  try {
    parse_model(text, "m.json");
    return "none";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Models, AreRead) {
  const Model model = parse_model(kModel, "m.json");
  EXPECT_EQ(model.macs, 12);
  EXPECT_EQ(host_dtype(model.inputs.at(0).dtype), "i32");
  EXPECT_EQ(host_dtype(model.outputs.at(0).dtype), "f32");
  EXPECT_TRUE(model.outputs.at(0).shape.empty());  // a scalar
  EXPECT_EQ(model.inputs.at(0).fill.kind, ModelFill::Kind::integers);
}

TEST(Models, SayWhatIsWrong) {
  EXPECT_THAT(fault_of_model(with(kModel, "\"m.onnx\"", "\"../m.onnx\"")), HasSubstr("directory of models"));
  EXPECT_THAT(fault_of_model(with(kModel, "\"i64\"", "\"u2\"")), HasSubstr("u2"));
  EXPECT_THAT(fault_of_model(with(kModel, "[1, 4]", "[1, -4]")), HasSubstr("-4"));
  EXPECT_THAT(fault_of_model(with(kModel, "[0, 9]", "[9, 0]")), HasSubstr("ends before it begins"));
  EXPECT_THAT(fault_of_model(with(kModel, "\"trained\"", "\"found\"")), HasSubstr("found"));
}

TEST(Models, ThoseOfTheProgramAreInOrder) {
  ::setenv("HETSCOPE_MODELS", "/nowhere", 1);
  std::set<std::string> names;
  for (const Model& model : load_models()) {
    EXPECT_TRUE(names.insert(model.name).second);
    EXPECT_FALSE(model.licence.empty());
    for (const ModelTensor& input : model.inputs) Shape{input.shape};
  }
}

// The file beside the programs and the copy in the binary are one text; each entry's program is there.
TEST(BaselineLists, TheOneOfTheProgramIsInOrder) {
  const std::string here = std::string(HETSCOPE_SOURCE_DIR) + "/bench/baselines";
  std::ifstream file(here + "/baselines.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const Baseline& baseline : parse_baselines(text, "baselines.json", here, "/none").baselines) {
    EXPECT_TRUE(std::ifstream(baseline.program.back()).good()) << baseline.program.back();
    EXPECT_THAT(baseline.program.back(), Not(HasSubstr("{")));
  }
}

TEST(ModelInferences, InputsDependOnTheModelAlone) {
  const Model model = parse_model(kModel, "m.json");
  const ModelInference operation(std::make_shared<BaselineWorld>(BaselineWorld{{}, {model}}));
  const auto a = operation.inputs(Case::parse("model_inference model=m precision=f32"), 1);
  const auto b = operation.inputs(Case::parse("model_inference model=m precision=f16"), 2);
  for (std::int64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(a.at(0).tensor.get(i), b.at(0).tensor.get(i));
    EXPECT_GE(a.at(0).tensor.get(i), 0);
    EXPECT_LT(a.at(0).tensor.get(i), 9);
  }
  EXPECT_THROW(operation.validate(Case::parse("model_inference model=n precision=f32")), Error);
}

}  // namespace
}  // namespace hetscope

// Lines of a baseline, well meant and hostile: an answer, chatter or an Error, never anything else.
#include "harness/run/baseline_protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"

namespace hetscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = BaselineAnswer::Kind;

constexpr const char* kReport =
    R"({"answer":"report","outputs":[{"name":"y","dtype":"f32","shape":[1,3],"path":"/w/y.bin"}],)"
    R"("placement":[{"requested":"cpu","actual":"cpu","evidence":"3 of 3 nodes"}],)"
    R"("metrics":{"peak_memory":{"value":1e6,"unit":"B"}},"notes":{"version":"1.2"}})";

std::string answer_fault(const std::string& line) {
  try {
    const auto answer = parse_baseline_answer(line);
    return answer ? "an answer" : "chatter";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(BaselineProtocol, ReadsAnswers) {
  const auto samples = parse_baseline_answer(R"({"answer":"samples","ns":[1,200000]})");
  ASSERT_TRUE(samples);
  EXPECT_EQ(samples->kind, Kind::samples);
  EXPECT_THAT(samples->samples_ns, ElementsAre(1, 200000));

  const auto report = parse_baseline_answer(kReport);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->outputs.size(), 1U);
  EXPECT_EQ(report->outputs[0].path, "/w/y.bin");
  EXPECT_THAT(report->outputs[0].shape, ElementsAre(1, 3));
  EXPECT_EQ(report->placement.at(0).evidence, "3 of 3 nodes");
  EXPECT_EQ(report->metrics.at("peak_memory").value, 1e6);
  EXPECT_EQ(report->notes.at("version"), "1.2");

  const auto refusal = parse_baseline_answer("{\"answer\":\"unsupported\",\"reason\":\"two\\nlines\"}");
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, "two lines");
}

TEST(BaselineProtocol, TakesEverythingElseForChatter) {
  for (const char* line : {"", "Loading...", "{", "{}", "[1]", "{\"answer\":", "null", R"({"loss":0.1})",
                           "\x01\xff\xfe", R"({"answer":"ready"}{"answer":"ready"})"}) {
    EXPECT_EQ(answer_fault(line), "chatter") << line;
  }
}

TEST(BaselineProtocol, RefusesAnswersThatAreNone) {
  EXPECT_THAT(answer_fault(R"({"answer":7})"), HasSubstr("'answer' is no text"));
  EXPECT_THAT(answer_fault(R"({"answer":"maybe"})"), HasSubstr("'maybe' is no answer"));
  EXPECT_THAT(answer_fault(R"({"answer":"samples"})"), HasSubstr("'ns' is missing"));
  EXPECT_THAT(answer_fault(R"({"answer":"samples","ns":{"a":1}})"), HasSubstr("'ns' is no list"));
  for (const char* value : {"0", "-5", "1.5", "\"3\"", "null", "18446744073709551615", "9223372036854775807", "[1]"}) {
    EXPECT_THAT(answer_fault(std::string(R"({"answer":"samples","ns":[)") + value + "]}"), HasSubstr("'ns' holds"))
        << value;
  }
  EXPECT_THAT(answer_fault(R"({"answer":"failed"})"), HasSubstr("'reason' is missing"));
  EXPECT_THAT(answer_fault(R"({"answer":"receipt","protocol":"hetscope/baseline/9","name":"x","version":"1"})"),
              HasSubstr("it speaks"));
  EXPECT_THAT(answer_fault(R"({"answer":"report","outputs":[{"name":"y","dtype":"f64","shape":[1],"path":"p"}]})"),
              HasSubstr("dtype 'f64'"));
  EXPECT_THAT(answer_fault(R"({"answer":"report","outputs":[{"name":"y","dtype":"f32","shape":[-1],"path":"p"}]})"),
              HasSubstr("'shape' holds -1"));
  EXPECT_THAT(answer_fault(R"({"answer":"report","outputs":[1]})"), HasSubstr("a tensor is no object"));
  EXPECT_THAT(answer_fault(R"({"answer":"ready","metrics":{"a":{"value":"x","unit":"s"}}})"), HasSubstr("no number"));
  EXPECT_THAT(answer_fault(R"({"answer":"ready","notes":[]})"), HasSubstr("wrong type"));
}

TEST(BaselineProtocol, BoundsWhatItTakes) {
  nlohmann::json many = {{"answer", "report"}, {"outputs", nlohmann::json::array()}};
  for (int i = 0; i < 65; ++i) many["outputs"].push_back({{"name", "y"}, {"dtype", "f32"}, {"path", "p"}});
  EXPECT_THAT(answer_fault(many.dump()), HasSubstr("more than 64"));
  const nlohmann::json talker = {{"answer", "failed"}, {"reason", std::string(100'000, 'x')}};
  EXPECT_LT(parse_baseline_answer(talker.dump())->reason.size(), 5000U);
  EXPECT_EQ(answer_fault(R"({"answer":)" + std::string(10'000, '[')), "chatter");
}

// Each byte of a good answer changed, cut or doubled: whatever comes of it is one of the three.
TEST(BaselineProtocol, SurvivesMutations) {
  Random random(7);
  int answers = 0, chatter = 0, faults = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string line = i % 2 == 0 ? kReport : R"({"answer":"samples","ns":[12345,67890,1]})";
    for (std::uint64_t n = 1 + random.below(3); n > 0; --n) {
      const auto at = static_cast<std::size_t>(random.below(line.size()));
      switch (random.below(3)) {
        case 0:
          line[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          line.erase(at, 1 + static_cast<std::size_t>(random.below(8)));
          break;
        default:
          line.insert(at, line.substr(at / 2, 9));
      }
      if (line.empty()) line = "{";
    }
    const std::string fault = answer_fault(line);
    (fault == "an answer" ? answers : fault == "chatter" ? chatter : faults) += 1;
  }
  EXPECT_GT(answers, 0);
  EXPECT_GT(chatter, 0);
  EXPECT_GT(faults, 0);
}

TEST(BaselineProtocol, AsksInOneLine) {
  BaselineLoad load;
  load.model = "/models/a \"b\"\n.onnx";
  load.inputs.push_back({"x", "f32", {1, 2}, "/w/x.bin"});
  load.affinity = {1, 3};
  for (const std::string& line : {load_line(load), run_line(3), report_line()}) {
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_TRUE(nlohmann::json::parse(line).contains("request"));
  }
  EXPECT_EQ(nlohmann::json::parse(load_line(load))["model"]["path"], load.model);
}

}  // namespace
}  // namespace hetscope

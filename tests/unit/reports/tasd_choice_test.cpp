// Which product a net takes, on made rows with known answers; and what the paper claims, within the same section.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/sparse_choice.hpp"
#include "tests/unit/reports/tasd_fixture.hpp"

namespace hetscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Four times the work of the first layer: 1:8 takes as long as dense, 2:4 twice as long.
std::vector<Record> second_layer() {
  const TasdLayer layer{"bert/base.output", {768, 3072, 384}, 0.9};
  return {tasd_product(layer, "onednn", 80'000), tasd_series(layer, 80'000, "1:8", 0.125, 0.30),
          tasd_series(layer, 160'000, "2:4", 0.5, 0.03)};
}

std::vector<Record> two_layers() {
  std::vector<Record> rows = tasd_rows({});
  for (Record& record : second_layer()) rows.push_back(std::move(record));
  return rows;
}

TEST(TasdChoice, ANetTakesOneProductForAllOrTheFastestOfEachLayer) {
  std::vector<Record> rows = two_layers();
  rows.push_back(tasd_product({"bert/base.output", {768, 3072, 384}, 0.9}, "csr", 60'000));
  const std::string text = tasd_report(rows);
  // 160 over 64 + 60, over 40 + 60, over 20 + 80 and over 20 + 60.
  EXPECT_THAT(line_with(text, "| 2 | nothing |"), AllOf(HasSubstr("| nothing | csr | \u2013 | 0 | 1.29x \\["),
                                                        HasSubstr("| csr x 2 | \u2013 | 0 | 1.29x \\[")));
  const std::string little = line_with(text, "| 2 | error of at most 0.10 |");
  EXPECT_THAT(little, AllOf(HasSubstr("| csr | \u2013 | 0 | 1.29x \\["),
                            HasSubstr("| 2:4, csr | \u2013 | 0.0400 | 1.60x \\[")));
  const std::string much = line_with(text, "| 2 | error of at most 0.50 |");
  EXPECT_THAT(much, AllOf(HasSubstr("| 1:8 | 0.125 | 0.340 | 1.60x \\["),
                          HasSubstr("| 1:8, csr | \u2013 | 0.340 | 2.00x \\[")));
}

TEST(TasdChoice, WhereDenseIsFastestTheLayerStaysDense) {
  const std::string text = tasd_report(two_layers());
  // A fifth of the work at an eighth, the rest dense; 160 over 20 + 80.
  EXPECT_THAT(line_with(text, "| 2 | error of at most 0.50 |"), HasSubstr("| 1:8, dense | 0.825 | 0.340 | 1.60x \\["));
  EXPECT_THAT(line_with(text, "| 2 | nothing |"),
              AllOf(HasSubstr("| none that all layers have |"), HasSubstr("| csr, dense |")));
}

TEST(TasdChoice, ALayerThatWasMeasuredTwiceCountsOnce) {
  std::vector<Record> rows = two_layers();
  for (Record& record : second_layer()) {
    record.group += " again";
    rows.push_back(std::move(record));
  }
  EXPECT_THAT(tasd_report(rows), AllOf(HasSubstr("| 2 | nothing |"), Not(HasSubstr("| 3 | nothing |"))));
}

TEST(TasdChoice, ShapesWithoutANetMakeNone) {
  EXPECT_THAT(tasd_report(tasd_rows({"base.attention", {768, 768, 384}, 0.9})), Not(HasSubstr("speed-up of the net")));
}

TEST(TasdChoice, EachLayersFastestHasItsSlotsAndError) {
  EXPECT_THAT(line_with(tasd_report(tasd_rows({})), "| sparse_matmul_onednn, 80.0 us |"),
              AllOf(HasSubstr(", exact** |"), HasSubstr("\\], slots 0.500, error 0.0400** |"),
                    HasSubstr("\\], slots 0.125, error 0.340** |")));
}

// A layer whose dense product takes `dense_ns`, with one product of this ratio.
struct MadeLayer {
  MadeLayer(double dense_ns, const RatioEstimate& ratio) : record(make_record("dense", dense_ns)) {
    row.record = &record;
    layer.dense = &row;
    product.against_dense.ratio = ratio;
  }
  Record record;
  Row row;
  SparseLayer layer;
  SparseProduct product;
};

TEST(NetGain, AddsTimesAndTakesTheErrorsForIndependent) {
  const MadeLayer first(100, {0.5, {0.4, 0.6}, 12, 0});
  const MadeLayer second(300, {0.5, {0.4, 0.6}, 12, 0});
  const NetGain both = net_gain({{&first.layer, &first.product}, {&second.layer, &second.product}});
  EXPECT_DOUBLE_EQ(both.speed_up, 2);
  ASSERT_TRUE(both.interval);
  EXPECT_NEAR(both.interval->low, 400 / (200 + std::sqrt(1000)), 1e-9);
  EXPECT_NEAR(both.interval->high, 400 / (200 - std::sqrt(1000)), 1e-9);
  // The second stays dense: 400 over 50 + 300.
  const NetGain one = net_gain({{&first.layer, &first.product}, {&second.layer, nullptr}});
  EXPECT_DOUBLE_EQ(one.speed_up, 400.0 / 350);
  EXPECT_NEAR(one.interval->high, 400.0 / 340, 1e-9);
}

TEST(NetGain, HasNoIntervalWithoutThoseOfItsLayers) {
  const MadeLayer known(100, {0.5, {0.4, 0.6}, 12, 0});
  const MadeLayer unknown(100, {0.5, {NAN, NAN}, 2, 1});
  EXPECT_FALSE(net_gain({{&known.layer, &known.product}, {&unknown.layer, &unknown.product}}).interval);
  const NetGain dense = net_gain({{&known.layer, nullptr}});
  EXPECT_EQ(dense.speed_up, 1);
  EXPECT_FALSE(dense.interval);
}

QuestionSet papers_questions() {
  const std::string path = std::string(HETSCOPE_SOURCE_DIR) + "/scenarios/decisions/tasd.json";
  std::ifstream file(path);
  return parse_questions(std::string{std::istreambuf_iterator<char>(file), {}}, path);
}

TEST(TasdClaims, StandInTheSectionAndNotBesideIt) {
  ReportInput input = make_input(tasd_rows({}));
  input.questions.push_back(papers_questions());
  const std::string text = markdown_report(input);
  const std::string section = text.substr(text.find("## TASD on this device"));
  EXPECT_THAT(section, AllOf(HasSubstr("### What is claimed, and what was measured"),
                             Not(HasSubstr("Structured sparsity as TASD reports it: on this device"))));
  EXPECT_THAT(line_with(section, "| Is at least 99 % of a network's accuracy"),
              AllOf(HasSubstr("not testable here"), HasSubstr("the accuracy of a network needs the network")));
  EXPECT_THAT(text, HasSubstr("NOT TESTABLE"));
}

TEST(TasdClaims, AreThereWithoutASingleProduct) {
  ReportInput input = make_input(make_pair_of(0.5));
  input.questions.push_back(papers_questions());
  const std::string text = markdown_report(input);
  EXPECT_THAT(
      text, AllOf(HasSubstr("## TASD on this device"), HasSubstr("not measured"), Not(HasSubstr("Speed at an error"))));
}

// The products of ResNet-34's convolutions count, and no other.
TEST(TasdClaims, TheRealSystemsSpeedUpIsOfTheNetworkThatThePaperNames) {
  std::vector<Record> rows;
  for (const Dims& shape : {Dims{64, 576, 3136}, Dims{128, 1152, 784}, Dims{768, 768, 384}}) {
    for (Record& record : tasd_rows({"a net/a layer", shape, 0.9})) {
      record.scenario = "tasd-speedup";
      record.group += to_string(AxisValue(shape));
      rows.push_back(std::move(record));
    }
  }
  const QuestionSet set = papers_questions();
  const Decision decision = decide(make_input(rows), set, {});
  const auto found = std::ranges::find_if(decision.questions, [](const QuestionDecision& answer) {
    return answer.question->name == "real-system-speed-up";
  });
  ASSERT_NE(found, decision.questions.end());
  ASSERT_EQ(found->generations.size(), 1U);
  ASSERT_EQ(found->generations[0].alternatives.size(), 1U);
  EXPECT_EQ(found->generations[0].alternatives[0].rows.size(), 2U);
}

}  // namespace
}  // namespace hetscope

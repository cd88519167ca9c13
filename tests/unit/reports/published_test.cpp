// The published figures: every file loads, the paper's means are recomputed, and what does not add up is known.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "harness/core/error.hpp"
#include "reports/published.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

const std::string kFolder = std::string(HETSCOPE_SOURCE_DIR) + "/scenarios/published/";

PublishedSet load(const std::string& name) { return load_published(kFolder + name + ".json"); }

double claim(const PublishedSet& set, const std::string& what) {
  for (const PublishedClaim& item : set.claims) {
    if (item.what == what) return item.recomputed;
  }
  ADD_FAILURE() << "no claim: " << what;
  return NAN;
}

TEST(PublishedTest, EveryFileLoadsAndSaysItsSource) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const PublishedSet set = load_published(entry.path().string());
    EXPECT_EQ(set.name, entry.path().stem().string());
    EXPECT_FALSE(set.source.title.empty());
    EXPECT_FALSE(set.source.identifier.empty());
    EXPECT_FALSE(set.device.empty());
    EXPECT_FALSE(set.inconsistencies.empty());
    names.insert(set.name);
  }
  EXPECT_EQ(names, (std::set<std::string>{"codl", "dnnfusion", "smartmem_table_1", "smartmem_table_7",
                                          "smartmem_table_8", "tasd_abstract"}));
}

TEST(PublishedTest, SmartMemsMeansFromItsOwnLatencies) {
  const PublishedSet set = load("smartmem_table_8");
  ASSERT_EQ(set.rows.size(), 18U);
  EXPECT_NEAR(claim(set, "speed-up over MNN, geometric mean"), 7.16, 0.005);
  EXPECT_NEAR(claim(set, "speed-up over TVM, geometric mean"), 7.16, 0.005);
  EXPECT_NEAR(claim(set, "speed-up over DNNFusion, geometric mean"), 2.67, 0.005);
  EXPECT_NEAR(claim(set, "speed-up over NCNN, geometric mean"), 1.60, 0.005);
  EXPECT_NEAR(claim(set, "speed-up over TFLite, geometric mean"), 2.49, 0.005);
  EXPECT_NEAR(claim(set, "speed-up over TVM without ConvNext, geometric mean"), 5.95, 0.005);
  EXPECT_NEAR(claim(set, "speed-up over MNN, transformers and hybrids, geometric mean"), 8.38, 0.005);
  EXPECT_NEAR(claim(set, "speed-up over TVM, convolutional models, geometric mean"), 11.99, 0.005);
}

// Ranges are printed with one decimal, and the paper's follow from its table; three of its five means do not.
TEST(PublishedTest, WhichOfThePrintedFiguresTheTableGives) {
  std::set<std::string> wrong;
  for (const PublishedClaim& item : load("smartmem_table_8").claims) {
    if (!item.printed) continue;
    const double unit = *item.printed >= 100 ? 1 : 0.1;
    if (std::abs(*item.printed - item.recomputed) > 0.51 * unit) wrong.insert(item.what);
  }
  EXPECT_EQ(wrong, (std::set<std::string>{"speed-up over MNN, geometric mean", "speed-up over TVM, geometric mean",
                                          "speed-up over DNNFusion, geometric mean"}));
}

TEST(PublishedTest, SpeedIsMultiplyAddsOverLatency) {
  for (const PublishedRow& row : load("smartmem_table_8").rows) {
    const double seconds = 1e-3 * row.values.at("smartmem");
    // Both are printed with few digits.
    EXPECT_NEAR(row.values.at("gmacs") / seconds, row.values.at("speed"), 0.05 / seconds + 1) << row.name;
    EXPECT_NEAR(row.values.at("dnnfusion") / row.values.at("smartmem"), row.values.at("over_dnnfusion"), 0.06)
        << row.name;
  }
}

TEST(PublishedTest, SharesOfTimeAreWhole) {
  for (const PublishedRow& row : load("smartmem_table_1").rows) {
    EXPECT_NEAR(row.values.at("implicit") + row.values.at("explicit") + row.values.at("compute"), 100, 0.01)
        << row.name;
  }
}

TEST(PublishedTest, TwoSpeedsOfTheFirstTableDoNotFollowFromTheirRows) {
  std::set<std::string> wrong;
  for (const PublishedRow& row : load("smartmem_table_1").rows) {
    const double seconds = 1e-3 * row.values.at("latency");
    const double speed = row.values.at("gmacs") / seconds;
    if (std::abs(speed - row.values.at("speed")) > 0.05 / seconds + 0.6) wrong.insert(row.name);
  }
  EXPECT_EQ(wrong, (std::set<std::string>{"SD-TextEncoder", "Swin"}));
}

TEST(PublishedTest, SmartMemsTablesDisagreeAboutMnn) {
  const PublishedSet first = load("smartmem_table_1");
  const PublishedSet second = load("smartmem_table_8");
  std::set<std::string> different;
  for (const PublishedRow& row : first.rows) {
    const PublishedRow* other = second.row_of_model(row.name);
    if (other != nullptr && other->values.at("mnn") != row.values.at("latency")) different.insert(row.name);
  }
  EXPECT_EQ(different, (std::set<std::string>{"RegNet", "SD-TextEncoder", "Swin"}));
}

TEST(PublishedTest, ModelsAreFoundByTheNamesOfTheirFiles) {
  const PublishedSet set = load("smartmem_table_8");
  for (const char* name : {"Swin", "swin_t", "models/Swin-T.onnx", "C:\\m\\SWIN.tflite"}) {
    const PublishedRow* row = set.row_of_model(name);
    ASSERT_NE(row, nullptr) << name;
    EXPECT_EQ(row->name, "Swin");
  }
  EXPECT_EQ(set.row_of_model("resnet50"), nullptr);
  EXPECT_EQ(set.row_of_model(""), nullptr);
  EXPECT_EQ(set.row_of_model("unknown"), nullptr);
}

TEST(PublishedTest, WhatCannotBeRightIsRefused) {
  const TemporaryDirectory directory;
  const std::string head =
      R"({"schema":"hetscope/published/1","name":"n","title":"t","device":"d","setting":"s",
          "source":{"title":"t","authors":"a","venue":"v","identifier":"i","place":"p"},)";
  const std::string columns = R"("columns":[{"name":"a","what":"w","unit":"ms"},{"name":"b","what":"w","unit":"ms"}],)";
  const std::string good = head + columns + R"("rows":[{"name":"m","values":{"a":1,"b":null}}]})";
  const auto complaint = [&directory](const std::string& text) -> std::string {
    const std::string path = directory.path() + "/published.json";
    std::ofstream(path) << text;
    try {
      load_published(path);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  };
  const auto replaced = [&good](const std::string& from, const std::string& to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  EXPECT_EQ(complaint(good), "");
  EXPECT_NE(complaint(replaced("published/1", "published/2")).find("published/2"), std::string::npos);
  EXPECT_NE(complaint(replaced("\"b\":null", "\"c\":1")).find("no column 'c'"), std::string::npos);
  EXPECT_NE(complaint(replaced("\"b\":null", "\"b\":\"1\"")).find("'b' is not a number"), std::string::npos);
  EXPECT_NE(complaint(replaced("\"name\":\"b\"", "\"name\":\"a\"")).find("twice"), std::string::npos);
  EXPECT_NE(complaint(replaced("\"device\":\"d\",", "")).find("has no 'device'"), std::string::npos);
  EXPECT_NE(complaint(head + columns + "\"rows\":[]}").find("no figure"), std::string::npos);
  const std::string claims =
      R"(,"claims":[{"what":"w","printed":2,"recompute":{"function":"maximum","of":"a","over":"b"}}]})";
  EXPECT_NE(complaint(good.substr(0, good.size() - 1) + claims).find("no row has both"), std::string::npos);
  EXPECT_NE(complaint("[1]").find("not an object"), std::string::npos);
}

}  // namespace
}  // namespace hetscope

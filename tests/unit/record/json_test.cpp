// JSON text from anywhere: accepted, or refused with its place; never a crash.
#include "harness/record/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/record/json_node.hpp"
#include "tests/error_of.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

std::string parse_complaint(const std::string& text) {
  return error_of([&text] { parse_json(text, "file.json"); });
}

std::string nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(ParseJsonTest, ReadsEveryKindOfValue) {
  const json value =
      parse_json(R"({"a":[1,-2,3.5,true,false,null,"ä\u00e4"],"b":{},"c":[],"d":18446744073709551615})", "x");
  EXPECT_EQ(value, json::parse(R"({"a":[1,-2,3.5,true,false,null,"ä\u00e4"],"b":{},"c":[],"d":18446744073709551615})"));
  EXPECT_EQ(parse_json(" 7 ", "x"), 7);
  EXPECT_TRUE(parse_json("1.0", "x").is_number_float());
}

TEST(ParseJsonTest, SaysWhere) {
  EXPECT_THAT(parse_complaint("{\"a\": 1,\n \"b\": tru}"),
              testing::StartsWith("file.json, line 2, column 10: not valid"));
  EXPECT_THAT(parse_complaint(""), testing::StartsWith("file.json, line 1, column 1: not valid JSON"));
  EXPECT_THAT(parse_complaint("[1,2"), testing::StartsWith("file.json, line 1, column "));
  EXPECT_THAT(parse_complaint("[1] 2"), testing::StartsWith("file.json, line 1, column 5"));
}

TEST(ParseJsonTest, RefusesDepthBeforeItHurts) {
  EXPECT_EQ(parse_complaint(nested(kMaxJsonDepth)), "");
  EXPECT_THAT(parse_complaint(nested(kMaxJsonDepth + 1)),
              testing::StartsWith("file.json, line 1, column 65: nested deeper than 64 levels"));
  EXPECT_NE(parse_complaint(std::string(5'000'000, '[')), "");
  std::string objects;
  for (int i = 0; i < 1'000'000; ++i) objects += "{\"a\":";
  EXPECT_NE(parse_complaint(objects), "");
}

TEST(ParseJsonTest, RefusesANameThatOccursTwice) {
  EXPECT_THAT(parse_complaint("{\"a\":1,\n\"a\":2}"), testing::AllOf(testing::StartsWith("file.json, line 2, column "),
                                                                     testing::HasSubstr("'a' occurs twice")));
  EXPECT_EQ(parse_complaint("[{\"a\":1},{\"a\":{\"a\":2}}]"), "");
}

TEST(ParseJsonTest, AFileThatAPersonWroteHasFewMembersAndLongLists) {
  const auto object = [](int members) {
    std::string text = "{";
    for (int i = 0; i < members; ++i) text += (i == 0 ? "\"n" : ",\"n") + std::to_string(i) + "\":0";
    return text + "}";
  };
  const auto complaint = [](const std::string& text) {
    return error_of([&text] { parse_ordered_json(text, "file.json"); });
  };
  EXPECT_EQ(complaint("[" + object(4096) + "," + object(4096) + "]"), "");
  EXPECT_THAT(complaint("\n" + object(4097)),
              testing::AllOf(testing::StartsWith("file.json, line 2, column "), testing::HasSubstr("more than 4096")));
  EXPECT_EQ(parse_complaint(object(5000)), "") << "other tools write what they like";

  std::string list = "[";
  for (int i = 0; i < 50'000; ++i) list += "\"kernel" + std::to_string(i) + "\",";
  const auto document = parse_ordered_json(list + "\"last\"]", "file.json");
  EXPECT_EQ(JsonNode(*document, "file.json").texts().size(), 50'001U);
  const auto twice = parse_ordered_json(list + "\"kernel7\"]", "file.json");
  EXPECT_THAT(error_of([&] { JsonNode(*twice, "file.json").texts(); }), testing::HasSubstr("'kernel7' appears twice"));
}

TEST(ParseJsonTest, RefusesHugeNumbersAndBrokenText) {
  EXPECT_NE(parse_complaint("1e999"), "");
  EXPECT_NE(parse_complaint("-1e999"), "");
  EXPECT_EQ(parse_complaint(std::string(400, '9') + "e-300"), "");
  EXPECT_NE(parse_complaint("\"\xff\xfe\""), "");
  EXPECT_NE(parse_complaint("\"\xc3\""), "");
  EXPECT_NE(parse_complaint("\"\\ud800\""), "");
  EXPECT_NE(parse_complaint("NaN"), "");
  EXPECT_NE(parse_complaint("[1,]"), "");
  EXPECT_NE(parse_complaint(std::string("[1\0]", 4)), "");
}

TEST(ParseJsonTest, KeepsComplaintsShort) { EXPECT_LT(parse_complaint(std::string(1'000'000, 'x')).size(), 500U); }

TEST(DumpLineTest, NeverThrowsAndStaysOnOneLine) {
  const std::string line = dump_line({{"text", "a\xff\nb"}, {"nan", std::nan("")}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(parse_json(line, "x"), (json{{"text", "a\xef\xbf\xbd\nb"}, {"nan", nullptr}}));
}

TEST(AxisJsonTest, KeepsTheTypeOfEveryValue) {
  const std::vector<AxisValue> values = {true,
                                         std::int64_t{-7},
                                         std::numeric_limits<std::int64_t>::max(),
                                         1.0,
                                         0.1,
                                         std::string("f32"),
                                         std::string(),
                                         Dims{1, 64},
                                         Dims{}};
  for (const AxisValue& value : values) {
    const AxisValue again = axis_from_json(parse_json(dump_line(axis_to_json(value)), "x"), "x");
    EXPECT_EQ(again, value) << to_string(value);
  }
}

TEST(AxisJsonTest, RefusesWhatNoAxisIs) {
  for (const char* text :
       {"null", "{}", "[1.5]", "[\"a\"]", "[[1]]", "18446744073709551615", "[9223372036854775808]"}) {
    EXPECT_THROW(axis_from_json(parse_json(text, "x"), "axis"), Error) << text;
  }
}

TEST(AxisJsonTest, WritesNoInfinity) {
  EXPECT_TRUE(axis_to_json(AxisValue(std::numeric_limits<double>::infinity())).is_string());
}

TEST(ReadTextFileTest, SaysWhatIsWrong) {
  const TemporaryDirectory directory;
  directory.write("a.json", "{\"a\":1}");
  EXPECT_EQ(read_json_file(directory.path("a.json")), (json{{"a", 1}}));
  EXPECT_THROW(read_text_file(directory.path("missing")), Error);
  EXPECT_THROW(read_text_file(directory.path()), Error);
  EXPECT_THROW(read_text_file("/dev/zero"), Error);
}

}  // namespace
}  // namespace hetscope

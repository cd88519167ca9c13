// The pieces that importers are built from: numbers digit for digit, lines, JSON as tools write it, wire format.
#include <gtest/gtest.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "reports/importers/importer.hpp"
#include "reports/importers/json_text.hpp"
#include "reports/importers/log_text.hpp"
#include "reports/importers/proto_wire.hpp"

namespace hetscope {
namespace {

Decimal decimal(std::string_view text) { return Decimal::parse(text).value_or(Decimal()); }

TEST(DecimalTest, UnitsAreScaledAsTextAndRoundedOnce) {
  EXPECT_EQ(decimal("11.66").from_ms(), 11660000);
  EXPECT_EQ(decimal("1039.66").from_us(), 1039660);
  EXPECT_EQ(decimal("0.0995086").from_s(), 99508600);
  EXPECT_EQ(decimal("2.5e-05").from_ms(), 25);
  EXPECT_EQ(decimal(".5").value(), 0.5);
  EXPECT_EQ(decimal("+1e+03").value(), 1000);
  EXPECT_EQ(decimal("-0.25").from_ms(), -250000);
}

TEST(DecimalTest, WhatIsNoNumberOrNotPrintedIsNotANumber) {
  for (const char* text : {"", "-", ".", "1,5", "1.2.3", "0x10", "1e", "e5", "12 ", "--1", "1_000"}) {
    EXPECT_FALSE(Decimal::parse(text).has_value()) << text;
  }
  EXPECT_TRUE(std::isnan(Decimal().value()));
  EXPECT_TRUE(std::isnan(decimal("-nan").from_ms()));
  EXPECT_TRUE(std::isinf(decimal("inf").from_ms()));
  EXPECT_TRUE(std::isinf(decimal("1e999").value()));
  EXPECT_EQ(decimal("1e-999").value(), 0);
  EXPECT_TRUE(std::isinf(decimal("1e99999999999999999999").from_ms()));
}

TEST(DecimalTest, IntegersAreWhole) {
  EXPECT_EQ(decimal("42").integer(), 42);
  EXPECT_EQ(decimal("-7").integer(), -7);
  EXPECT_EQ(decimal("4.0").integer(), std::nullopt);
  EXPECT_EQ(decimal("99999999999999999999").integer(), std::nullopt);
}

TEST(LinesTest, EveryKindOfEndIsOne) {
  const std::vector<LogLine> lines = split_lines(
      "\xef\xbb\xbf"
      "a\r\nb\r\r\nc\n\nd");
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0].text, "a");
  EXPECT_EQ(lines[1].text, "b");
  EXPECT_EQ(lines[3].text, "");
  EXPECT_EQ(lines[4].number, 5);
  EXPECT_TRUE(lines[4].is_unfinished);
  EXPECT_FALSE(lines[3].is_unfinished);
  EXPECT_THROW(split_lines(std::string_view("\xff\xfe"
                                            "a\0",
                                            4)),
               Error);
  EXPECT_TRUE(split_lines("").empty());
}

LogLine log_line(std::string_view text, bool is_unfinished = false) { return {text, 3, false, is_unfinished}; }

TEST(LineScannerTest, ReadsFromTheLeftAndFailsForGood) {
  const LogLine line = log_line("  squeezenet  min =   11.66  max =   11.80  x");
  std::string_view name;
  Decimal low;
  Decimal high;
  LineScanner scan(line);
  scan.up_to("min =", name).number(low).literal("max =").number(high);
  EXPECT_TRUE(scan.matched());
  EXPECT_EQ(name, "squeezenet");
  EXPECT_EQ(low.text(), "11.66");
  EXPECT_FALSE(scan.end().matched());
  EXPECT_FALSE(scan.optional("x"));
  std::int64_t count = 7;
  EXPECT_FALSE(scan.integer(count).matched());
  EXPECT_EQ(count, 7);
}

TEST(LineScannerTest, ANumberThatMayBeCutOffIsNone) {
  Decimal value;
  const LogLine cut = log_line("avg = 11.7", true);
  EXPECT_FALSE(LineScanner(cut).literal("avg =").number(value).matched());
  const LogLine whole = log_line("avg = 11.7 ms", true);
  EXPECT_TRUE(LineScanner(whole).literal("avg =").number(value).literal("ms").matched());
}

TEST(LineScannerTest, ADecimalCommaIsRefusedWithItsLine) {
  Decimal value;
  const LogLine line = log_line("avg = 11,66");
  try {
    LineScanner(line).literal("avg =").number(value);
    FAIL() << "11,66 was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), "line 3");
  }
  // A list is none.
  const LogLine list = log_line("avg = 11, 66");
  EXPECT_TRUE(LineScanner(list).literal("avg =").number(value).matched());
}

TEST(ToolJsonTest, BareNumbersThatAreNoneBecomeNullOutsideOfTexts) {
  const ToolJson tool = repaired_json(R"({"a": NaN, "b": [Infinity, -Infinity], "c": "NaN \" Infinity"})");
  EXPECT_EQ(tool.not_finite, 3);
  EXPECT_FALSE(tool.is_cut);
  const auto document = parse_json(tool.text, "test");
  EXPECT_TRUE(document.at("a").is_null());
  EXPECT_EQ(document.at("c"), "NaN \" Infinity");
}

TEST(ToolJsonTest, OfACutListTheWholeElementsAreLeft) {
  const ToolJson tool = repaired_json(R"({"x": 1, "list": [{"a": 1}, {"a": [1, 2]}, {"a": 3)");
  EXPECT_TRUE(tool.is_cut);
  EXPECT_EQ(parse_json(tool.text, "test").at("list").size(), 2U);
  EXPECT_EQ(repaired_json(R"({"x": {"y": 1)").text, "");
  EXPECT_EQ(parse_json(repaired_json("[{\"a\":1},{\"b\"").text, "test").size(), 1U);
}

TEST(ToolJsonTest, WhatStandsAroundItIsSaid) {
  const ToolJson tool = repaired_json("Run on (8 CPUs)\n[I] a log\n{\"a\": 1}\nSegmentation fault\n");
  EXPECT_TRUE(tool.has_more);
  EXPECT_EQ(tool.text, "{\"a\": 1}");
  EXPECT_FALSE(repaired_json("\n {\"a\": 1}\r\n").has_more);
  EXPECT_FALSE(repaired_json("[\n1]").has_more);
  EXPECT_EQ(repaired_json("no JSON").text, "no JSON");
}

TEST(LineFinderTest, GoesForwardAndAMissLeavesItWhereItIs) {
  LineFinder lines("a\nb\na\nc\na");
  EXPECT_EQ(lines.next("a"), 1);
  EXPECT_EQ(lines.next("nowhere"), 0);
  EXPECT_EQ(lines.next("a"), 3);
  EXPECT_EQ(lines.next("b"), 0);
  EXPECT_EQ(lines.next("b"), 0);
  EXPECT_EQ(lines.next("a"), 5);
  EXPECT_EQ(lines.next("a"), 0);
}

TEST(ImporterListTest, AnArchprobeReportWithThousandsOfAspectsIsRefused) {
  std::string text = "{\"ImageBandwidth\": {\"Done\": true}";
  for (int i = 0; i < 5000; ++i) text += ", \"" + std::to_string(i) + "\": {}";
  text += "}";
  ImportInput input;
  input.text = text;
  input.path = "report.json";
  EXPECT_THROW(importer_named("archprobe").parse(input), Error);
}

TEST(ProtoReaderTest, FieldsAreBoundedByTheMessage) {
  // 1: "ab", 2: varint 300, 3: fixed32 1.5f
  const std::string message(
      "\x0a\x02"
      "ab"
      "\x10\xac\x02"
      "\x1d\x00\x00\xc0\x3f",
      12);
  ProtoReader reader(message);
  EXPECT_EQ(reader.next()->bytes, "ab");
  EXPECT_EQ(reader.next()->bits, 300U);
  EXPECT_EQ(reader.next()->as_float(), 1.5);
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_FALSE(reader.is_broken());
  for (std::size_t length = 1; length < message.size(); ++length) {
    ProtoReader part(std::string_view(message).substr(0, length));
    while (part.next()) continue;
    EXPECT_EQ(part.is_broken(), length != 4 && length != 7) << length;
  }
  ProtoReader endless(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12));
  EXPECT_FALSE(endless.next().has_value());
  EXPECT_TRUE(endless.is_broken());
}

TEST(ImporterListTest, NamesAreKnownAndNearMissesAreTold) {
  EXPECT_EQ(importer_named("trtexec").name(), "trtexec");
  EXPECT_THROW(importer_named("trtexe"), Error);
  EXPECT_THROW(importer_named(""), Error);
}

}  // namespace
}  // namespace hetscope

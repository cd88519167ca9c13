// Case lines: what they look like, and that any case survives being printed and parsed.
#include "harness/core/case.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "tests/error_of.hpp"

namespace hetscope {
namespace {

Case example() {
  Case item("layout_transform", "nchw_to_nhwc_tiled", {"cpu"});
  item.set("dtype", std::string("f32"));
  item.set("shape", Dims{1, 64, 56, 56});
  item.set("threads", std::int64_t{1});
  item.set("cache", std::string("hot"));
  return item;
}

std::string parse_error(std::string_view line) {
  return error_of([line] { static_cast<void>(Case::parse(line)); });
}

TEST(Case, PrintsAsDocumented) {
  EXPECT_EQ(example().line(),
            "layout_transform kernel=nchw_to_nhwc_tiled processor=cpu dtype=f32 shape=1x64x56x56 threads=1 cache=hot");
  EXPECT_EQ(Case::parse(example().line()), example());
}

TEST(Case, ValuesPrintSoThatTheirTypeIsKept) {
  const std::vector<std::pair<AxisValue, std::string>> printed = {
      {AxisValue(true), "true"},
      {AxisValue(std::int64_t{-7}), "-7"},
      {AxisValue(2.0), "2.0"},
      {AxisValue(0.1), "0.1"},
      {AxisValue(-0.0), "-0.0"},
      {AxisValue(1e300), "1e+300"},
      {AxisValue(std::numeric_limits<double>::infinity()), "inf"},
      {AxisValue(-std::numeric_limits<double>::infinity()), "-inf"},
      {AxisValue(Dims{}), "[]"},
      {AxisValue(Dims{64}), "[64]"},
      {AxisValue(Dims{3, -1}), "[3,-1]"},
      {AxisValue(Dims{0, 4}), "0x4"},
      {AxisValue(std::string()), "\"\""},
      {AxisValue(std::string("7")), "\"7\""},
      {AxisValue(std::string("1x2")), "\"1x2\""},
      {AxisValue(std::string("nan")), "\"nan\""},
      {AxisValue(std::string("false")), "\"false\""},
      {AxisValue(std::string("[]")), "\"[]\""},
      {AxisValue(std::string("a=b")), "a=b"},
      {AxisValue(std::string("a b")), "\"a b\""},
      {AxisValue(std::string("a\"b\\c\n\t\x01\xff")), "\"a\\\"b\\\\c\\n\\t\\x01\\xff\""},
      {AxisValue(std::string("99999999999999999999")), "99999999999999999999"},
  };
  for (const auto& [value, text] : printed) {
    EXPECT_EQ(to_string(value), text);
    EXPECT_EQ(parse_axis_value(text), value) << text;
  }
  EXPECT_EQ(to_string(AxisValue(std::nan(""))), "nan");
  EXPECT_TRUE(std::isnan(std::get<double>(parse_axis_value("nan"))));
  EXPECT_TRUE(std::signbit(std::get<double>(parse_axis_value("-0.0"))));
}

TEST(Case, WordsThatAreNearlyNumbersAreTexts) {
  for (const char* word :
       {"1x",    "x1",   "1xx2", "5.",  ".5",   "+1",   "1e",   "1e999", "--1", "-",
        "[1,]",  "[,1]", "[1",   "1-2", "0x1F", "-1x2", "1x-2", "True",  "INF", "0x99999999999999999999",
        "1.5x2", "1_000"}) {
    EXPECT_EQ(parse_axis_value(word), AxisValue(std::string(word)));
  }
}

TEST(Case, ReadsTypedAxes) {
  Case item = example();
  item.set("ratio", 0.5);
  EXPECT_EQ(item.integer("threads"), 1);
  EXPECT_EQ(item.real("threads"), 1.0);
  EXPECT_EQ(item.real("ratio"), 0.5);
  EXPECT_EQ(item.dims("threads"), Dims{1});
  EXPECT_EQ(item.dims("shape"), (Dims{1, 64, 56, 56}));
  EXPECT_EQ(item.text("dtype"), "f32");
  EXPECT_EQ(item.integer_or("absent", 9), 9);
  EXPECT_EQ(item.text_or("absent", "none"), "none");
  EXPECT_THROW(item.integer("ratio"), Error);
  EXPECT_THROW(item.integer_or("dtype", 1), Error);
  EXPECT_THROW(item.text("absent"), Error);
  EXPECT_THROW(item.dims("dtype"), Error);
  EXPECT_FALSE(item.has("absent"));
}

TEST(Case, SetReplacesInPlaceAndRefusesBadNames) {
  Case item = example();
  item.set("dtype", std::string("f16"));
  EXPECT_EQ(item.axes().front().first, "dtype");
  EXPECT_EQ(item.text("dtype"), "f16");
  for (const char* name : {"", "kernel", "processor", "a b", "1a", "a=b", "a-b", "\"a\"", ".a"}) {
    EXPECT_THROW(item.set(name, true), Error) << name;
  }
}

TEST(Case, KeyWithoutLeavesAxesOut) {
  const Case item = example();
  EXPECT_EQ(item.key_without({"kernel", "threads"}),
            "layout_transform processor=cpu dtype=f32 shape=1x64x56x56 cache=hot");
  Case other = example();
  other.set_kernel("another");
  EXPECT_EQ(item.key_without({"kernel"}), other.key_without({"kernel"}));
  EXPECT_NE(item.key_without({"threads"}), other.key_without({"threads"}));
}

TEST(Case, OneWordOfALineIsReadAsItIsWritten) {
  Case item("copy", "a kernel", {"cpu"});
  item.set("note", AxisValue("a \\ and \" threads=7 "));
  item.set("threads", std::int64_t{2});
  const std::string line = item.line();
  EXPECT_EQ(written_value(line, "kernel"), "\"a kernel\"");
  EXPECT_EQ(written_value(line, "processor"), "cpu");
  EXPECT_EQ(written_value(line, "threads"), "2");
  EXPECT_EQ(parse_axis_value(*written_value(line, "note")), *item.find("note"));
  EXPECT_EQ(written_value(line, "thread"), std::nullopt);
  EXPECT_EQ(written_value(line, "copy"), std::nullopt);
  EXPECT_EQ(written_value("", "threads"), std::nullopt);
  EXPECT_EQ(written_value("copy \"threads=1", "threads"), std::nullopt);
}

TEST(Case, AcceptsPastedLines) {
  EXPECT_EQ(Case::parse("  copy\tkernel=k  processor=a,\"b, c\"  x=1 \r\n"), [] {
    Case item("copy", "k", {"a", "b, c"});
    item.set("x", std::int64_t{1});
    return item;
  }());
}

TEST(Case, ErrorsNameTheColumn) {
  EXPECT_NE(parse_error("").find("column 1"), std::string::npos);
  EXPECT_NE(parse_error("kernel=x").find("does not begin with an operation"), std::string::npos);
  EXPECT_NE(parse_error("copy x").find("column 6"), std::string::npos);
  EXPECT_NE(parse_error("copy x=1 x=2").find("column 10: 'x' is given twice"), std::string::npos);
  EXPECT_NE(parse_error("copy kernel=a kernel=b").find("'kernel' is given twice"), std::string::npos);
  EXPECT_NE(parse_error("copy x=\"abc").find("column 8: quotation without an end"), std::string::npos);
  EXPECT_NE(parse_error("copy x=\"a\\q\"").find("column 10: unknown escape"), std::string::npos);
  EXPECT_NE(parse_error("copy x=\"a\\x1").find("column 10: \\x wants two"), std::string::npos);
  EXPECT_NE(parse_error("copy x=a\"b").find("column 9: quote inside a word"), std::string::npos);
  EXPECT_NE(parse_error("copy x=\"a\"b").find("column 11"), std::string::npos);
  EXPECT_NE(parse_error("copy processor=a,,b").find("column 18"), std::string::npos);
  EXPECT_NE(parse_error("copy 1x=2").find("cannot name an axis"), std::string::npos);
  EXPECT_NE(parse_error("copy \"x\"=2").find("column 6"), std::string::npos);
  EXPECT_NE(parse_error("copy x=a\x01").find("control character"), std::string::npos);
  EXPECT_EQ(parse_error("copy\nx=1 \x7f").find('\n'), std::string::npos);
  EXPECT_THROW(parse_axis_value("\"abc"), Error);
  EXPECT_THROW(parse_axis_value("\"abc\"d"), Error);
  EXPECT_THROW(parse_axis_value("a\"c"), Error);
}

TEST(Case, AVeryLongHostileLineEnds) {
  std::string line = "copy";
  for (int i = 0; i < 100000; ++i) line += " a" + std::to_string(i) + "=1";
  EXPECT_THROW(Case::parse(line), Error);
  EXPECT_THROW(Case::parse("copy " + std::string(1 << 20, '"')), Error);
}

// Cases of any content.

std::string random_text(Random& random) {
  static const std::vector<std::string> kTricky = {"",
                                                   "7",
                                                   "-1",
                                                   "true",
                                                   "false",
                                                   "nan",
                                                   "inf",
                                                   "1x2x3",
                                                   "[1,2]",
                                                   "[]",
                                                   "2.0",
                                                   "1e5",
                                                   "a b",
                                                   "a\"b",
                                                   "\\",
                                                   "\n",
                                                   "\\x41",
                                                   "x=y",
                                                   "kernel=",
                                                   "=a=b",
                                                   ",",
                                                   "a,b",
                                                   "\"\"",
                                                   "\t",
                                                   "\r\n",
                                                   " ",
                                                   "\xff\xfe",
                                                   "\xc3\xa9",
                                                   std::string("\0z", 2)};
  if (random.below(2) == 0) return kTricky[random.below(kTricky.size())];
  std::string text;
  for (std::uint64_t n = random.below(12); n > 0; --n) text += static_cast<char>(random.below(256));
  return text;
}

AxisValue random_value(Random& random) {
  switch (random.below(5)) {
    case 0:
      return random.below(2) == 0;
    case 1:
      return static_cast<std::int64_t>(random.next() >> random.below(64));
    case 2: {
      const double value = std::bit_cast<double>(random.next());
      if (std::isnan(value)) return 0.25;
      return random.below(2) == 0 ? value : std::floor(random.normal() * 100);
    }
    case 3:
      return random_text(random);
    default: {
      Dims dims(random.below(5));
      for (auto& extent : dims) extent = static_cast<std::int64_t>(random.next() >> random.below(64));
      return dims;
    }
  }
}

Case random_case(Random& random) {
  std::vector<std::string> processors(random.below(4));
  for (auto& processor : processors) processor = random_text(random);
  Case item(random_text(random), random_text(random), processors);
  for (std::uint64_t n = random.below(6); n > 0; --n) {
    static const std::vector<std::string> kNames = {"dtype", "shape", "x", "_a.b", "Z9", "kernels", "processor_"};
    item.set(kNames[random.below(kNames.size())], random_value(random));
  }
  return item;
}

TEST(CaseProperty, AnyCaseSurvivesItsLine) {
  Random random(1);
  for (int i = 0; i < 40000; ++i) {
    const Case item = random_case(random);
    const std::string line = item.line();
    for (const char c : line) ASSERT_TRUE(c >= 0x20 && c < 0x7f) << line;
    const Case back = Case::parse(line);
    ASSERT_EQ(back, item) << line;
    ASSERT_EQ(back.line(), line);
    for (const auto& [name, value] : item.axes()) {
      const auto written = written_value(line, name);
      ASSERT_TRUE(written) << line;
      ASSERT_EQ(parse_axis_value(*written), value) << line;
    }
  }
}

TEST(CaseProperty, NoBytesCrashTheParserAndWhatParsesIsStable) {
  Random random(2);
  static constexpr std::string_view kAlphabet = "ab=\"\\ ,x1.-[]\n\tnkernel=processor=";
  int parsed = 0;
  for (int i = 0; i < 60000; ++i) {
    std::string line;
    switch (random.below(3)) {
      case 0:
        for (std::uint64_t n = random.below(40); n > 0; --n) line += static_cast<char>(random.below(256));
        break;
      case 1:
        for (std::uint64_t n = random.below(40); n > 0; --n) line += kAlphabet[random.below(kAlphabet.size())];
        break;
      default:
        line = random_case(random).line();
        for (std::uint64_t n = 1 + random.below(3); n > 0 && !line.empty(); --n) {
          line[random.below(line.size())] = static_cast<char>(random.below(256));
        }
    }
    try {
      const Case item = Case::parse(line);
      const std::string printed = item.line();
      ASSERT_EQ(Case::parse(printed).line(), printed);
      ++parsed;
    } catch (const Error& error) {
      ASSERT_NE(std::string(error.what()).find("column"), std::string::npos) << error.what();
    }
  }
  EXPECT_GT(parsed, 1000);
}

}  // namespace
}  // namespace hetscope

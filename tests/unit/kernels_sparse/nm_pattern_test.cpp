// Patterns and series: what is read, what is refused, and what a menu gives.
#include "kernels/sparse/nm_pattern.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/kernels_sparse/sparse_fixture.hpp"

namespace hetscope {
namespace {

using ::testing::HasSubstr;

TEST(NmPattern, PrintsWhatItReads) {
  for (const char* text : {"1:1", "2:4", "4:8", "16:32", "32:32"}) {
    EXPECT_EQ(to_string(parse_nm_pattern(text)), text);
  }
  EXPECT_DOUBLE_EQ(parse_nm_pattern("2:8").slots(), 0.25);
}

TEST(NmPattern, RefusesWhatIsNoPattern) {
  for (const char* text : {"", ":", "2", "2:", ":4", "2:4:8", "a:4", "2:b", " 2:4", "2:4 ", "+2:4", "99999999999:4"}) {
    EXPECT_THAT(error_of([&] { parse_nm_pattern(text, "axis series"); }), HasSubstr("axis series: ")) << text;
  }
}

TEST(NmPattern, SaysWhyNAndMDoNotFit) {
  EXPECT_THAT(error_of([] { parse_nm_pattern("5:4"); }), HasSubstr("N > M"));
  EXPECT_THAT(error_of([] { parse_nm_pattern("0:4"); }), HasSubstr("keeps nothing"));
  EXPECT_THAT(error_of([] { parse_nm_pattern("-1:4"); }), HasSubstr("keeps nothing"));
  EXPECT_THAT(error_of([] { parse_nm_pattern("1:33"); }), HasSubstr("outside 1..32"));
  EXPECT_THAT(error_of([] { parse_nm_pattern("0:0"); }), HasSubstr("outside 1..32"));
}

TEST(Series, PrintsWhatItReads) {
  for (const char* text : {"2:4", "2:4+2:8", "1:4+1:8+1:16", "2:8+2:4"}) {
    EXPECT_EQ(Series::parse(text).to_string(), text);
  }
  EXPECT_DOUBLE_EQ(Series::parse("2:4+1:8").slots(), 0.625);
  EXPECT_EQ(Series::parse("2:4+1:16+1:8").largest_m(), 16);
}

TEST(Series, RefusesNoTermAndTooMany) {
  EXPECT_THAT(error_of([] { Series(std::vector<NmPattern>{}); }), HasSubstr("at least one term"));
  EXPECT_THAT(error_of([] { Series::parse(""); }), HasSubstr("empty series"));
  EXPECT_THAT(error_of([] { Series::parse("2:4+"); }), HasSubstr("not a pattern"));
  std::string many = "1:32";
  for (int i = 1; i < 1000; ++i) many += "+1:32";
  EXPECT_THAT(error_of([&] { Series::parse(many); }), HasSubstr("too long"));
}

TEST(Series, ControlHasTheSameSlotsAtTheLargestM) {
  EXPECT_EQ(to_string(Series::parse("2:4+1:8").same_slots_control()), "5:8");
  EXPECT_EQ(to_string(Series::parse("2:8+2:4").same_slots_control()), "6:8");
  EXPECT_EQ(to_string(Series::parse("2:4+2:16").same_slots_control()), "10:16");
  EXPECT_EQ(to_string(Series::parse("1:3+1:4").same_slots_control()), "3:4");  // 7/12 rounded up
  EXPECT_EQ(to_string(Series::parse("4:4+4:4").same_slots_control()), "4:4");
}

TEST(Series, NestedWhenEveryMDividesTheNext) {
  EXPECT_TRUE(Series::parse("2:4+2:8+1:16").nested());
  EXPECT_FALSE(Series::parse("2:8+2:4").nested());
  EXPECT_FALSE(Series::parse("1:4+1:6").nested());
}

TEST(Menu, RefusesDoubles) {
  EXPECT_EQ(parse_menu("1:4,2:4,1:8").size(), 3U);
  EXPECT_THAT(error_of([] { parse_menu("1:4,2:4,1:4", "menu"); }), HasSubstr("twice"));
  EXPECT_THAT(error_of([] { parse_menu(""); }), HasSubstr("not a pattern"));
}

TEST(Menu, GivesEverySeriesOnceByAscendingSlots) {
  const std::vector<Series> all = all_series(parse_menu("1:4,2:4,1:8,2:8,4:8"), 2);
  std::vector<std::string> names;
  for (const Series& series : all) names.push_back(series.to_string());
  EXPECT_TRUE(
      std::is_sorted(all.begin(), all.end(), [](const Series& a, const Series& b) { return a.slots() < b.slots(); }));
  for (const char* name : {"1:8", "2:4", "2:4+1:8", "1:8+2:4", "2:4+2:8", "2:8+2:4", "4:8+1:8", "2:4+1:4"}) {
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
  }
  // Equal to a pattern of the menu, equal to another series, or no less work than the dense product.
  for (const char* name : {"1:8+1:8", "2:8+2:8", "1:4+1:4", "1:8+4:8", "2:4+4:8", "2:4+2:4"}) {
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 0) << name;
  }
}

TEST(Menu, IsBounded) {
  EXPECT_THAT(error_of([] { all_series(parse_menu("1:32,1:31,1:30,1:29,1:28,1:27"), 8); }), HasSubstr("more than"));
  EXPECT_THAT(error_of([] { all_series(parse_menu("1:4"), 0); }), HasSubstr("max_terms"));
  EXPECT_THAT(error_of([] { all_series({}, 1); }), HasSubstr("empty"));
}

}  // namespace
}  // namespace hetscope

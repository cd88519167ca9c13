// Lists of CPUs as text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/cpu_list.hpp"
#include "harness/core/error.hpp"

namespace hetscope {
namespace {

using testing::ElementsAre;

TEST(CpuList, ReadsAndPrints) {
  EXPECT_THAT(parse_cpu_list("0"), ElementsAre(0));
  EXPECT_THAT(parse_cpu_list("0-3,6"), ElementsAre(0, 1, 2, 3, 6));
  EXPECT_THAT(parse_cpu_list("0+2"), ElementsAre(0, 2));
  EXPECT_THAT(parse_cpu_list("6,0-1+1"), ElementsAre(0, 1, 6));
  EXPECT_EQ(format_cpu_list({0, 1, 2, 3, 6}), "0-3,6");
  EXPECT_EQ(format_cpu_list({7, 5, 6, 6}), "5-7");
  EXPECT_EQ(format_cpu_list({0, 1}), "0-1");
  EXPECT_EQ(format_cpu_list({}), "");
}

TEST(CpuList, RefusesEverythingElse) {
  for (const char* text : {"", " ", "a", "-1", "1-", "3-1", "0,", ",0", "0,,1", "0 1", "0-1-2", "0x1", "1e3",
                           "99999999999", "0-99999999", "65536", "+", "0\n", "0..3"}) {
    EXPECT_THROW(parse_cpu_list(text), Error) << '\'' << text << '\'';
  }
}

}  // namespace
}  // namespace hetscope

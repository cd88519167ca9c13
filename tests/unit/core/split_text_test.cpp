// Parts between separators.
#include "harness/core/split_text.hpp"

#include <gtest/gtest.h>

namespace hetscope {
namespace {

using Parts = std::vector<std::string_view>;

TEST(SplitText, GivesWhatStandsBetween) {
  EXPECT_EQ(split_text("m,k,n", ','), (Parts{"m", "k", "n"}));
  EXPECT_EQ(split_text("m", ','), (Parts{"m"}));
  EXPECT_EQ(split_text("", ','), (Parts{""}));
  EXPECT_EQ(split_text(",m,", ','), (Parts{"", "m", ""}));
  EXPECT_EQ(split_text("a:b,c:", ':'), (Parts{"a", "b,c", ""}));
}

}  // namespace
}  // namespace hetscope

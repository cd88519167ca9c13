// Names between commas.
#include "harness/core/comma_list.hpp"

#include <gtest/gtest.h>

namespace hetscope {
namespace {

using Names = std::vector<std::string>;

TEST(CommaList, GivesWhatStandsBetween) {
  EXPECT_EQ(split_at_commas("m,k,n"), (Names{"m", "k", "n"}));
  EXPECT_EQ(split_at_commas("m"), (Names{"m"}));
  EXPECT_EQ(split_at_commas(""), (Names{""}));
  EXPECT_EQ(split_at_commas(",m,"), (Names{"", "m", ""}));
}

}  // namespace
}  // namespace hetscope

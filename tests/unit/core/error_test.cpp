// Errors are one line, whatever they were made of.
#include "harness/core/error.hpp"

#include <gtest/gtest.h>

namespace hetscope {
namespace {

TEST(Error, ComposesOneLine) {
  EXPECT_STREQ(Error("what", "where", "remedy").what(), "where: what; remedy");
  EXPECT_STREQ(Error("what").what(), "what");
  EXPECT_STREQ(Error("a\nb", "c\td").what(), "c d: a b");
  EXPECT_EQ(Error("what", "where", "remedy").remedy(), "remedy");
  EXPECT_EQ(one_line("a\x01\x7f\xff"), "a  \xff");
}

}  // namespace
}  // namespace hetscope

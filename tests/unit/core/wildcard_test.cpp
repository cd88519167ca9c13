// Patterns against names.
#include "harness/core/wildcard.hpp"

#include <gtest/gtest.h>

namespace hetscope {
namespace {

TEST(Wildcard, StandsForAnyCharacters) {
  for (const char* pattern : {"*", "abc", "a*", "*c", "*b*", "a*c", "**abc**", "a*b*c"}) {
    EXPECT_TRUE(matches_wildcard(pattern, "abc")) << pattern;
  }
  for (const char* pattern : {"", "ab", "b*", "*b", "a*d", "abcd", "*abcd*", "a?c"}) {
    EXPECT_FALSE(matches_wildcard(pattern, "abc")) << pattern;
  }
  EXPECT_TRUE(matches_wildcard("*,*", "cpu,opencl:0"));
  EXPECT_TRUE(matches_wildcard("*aab", "aaaaaaab"));
  EXPECT_TRUE(matches_wildcard("", ""));
}

}  // namespace
}  // namespace hetscope

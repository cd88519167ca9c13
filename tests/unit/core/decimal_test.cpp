// What counts as a number that another program has printed.
#include "harness/core/decimal.hpp"

#include <string_view>

#include <gtest/gtest.h>

namespace hetscope {
namespace {

TEST(ReadDecimal, ReadsWholeDecimalNumbers) {
  EXPECT_EQ(read_decimal("0"), 0.0);
  EXPECT_EQ(read_decimal("-12"), -12.0);
  EXPECT_EQ(read_decimal("1234567890123456789012"), 1234567890123456789012.0);
  EXPECT_EQ(read_decimal("0.1"), 0.1);
  EXPECT_EQ(read_decimal(".5"), 0.5);
  EXPECT_EQ(read_decimal("5."), 5.0);
  EXPECT_EQ(read_decimal("2.5e-3"), 2.5e-3);
  EXPECT_EQ(read_decimal("1E+2"), 100.0);
}

TEST(ReadDecimal, RefusesEverythingElse) {
  for (const std::string_view word : {"", " 1", "1 ", "+1", "0x10", "0x1p3", "inf", "-inf", "nan", "1e999", "1,5",
                                      "1.5.2", "1e", "-", ".", "e5", "12ns", "1\n"}) {
    EXPECT_EQ(read_decimal(word), std::nullopt) << word;
  }
  EXPECT_EQ(read_decimal(std::string_view("1\0", 2)), std::nullopt);
}

}  // namespace
}  // namespace hetscope

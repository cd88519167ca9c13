// How quantities print.
#include "harness/core/units.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace hetscope {
namespace {

TEST(Units, Nanoseconds) {
  EXPECT_EQ(format_ns(0), "0 ns");
  EXPECT_EQ(format_ns(41), "41.0 ns");
  EXPECT_EQ(format_ns(41140), "41.1 us");
  EXPECT_EQ(format_ns(999.96), "1.00 us");
  EXPECT_EQ(format_ns(-41140), "-41.1 us");
  EXPECT_EQ(format_ns(2.5e6), "2.50 ms");
  EXPECT_EQ(format_ns(90e9), "90.0 s");
  EXPECT_EQ(format_ns(std::numeric_limits<double>::quiet_NaN()), "nan ns");
}

TEST(Units, Bytes) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(512), "512 B");
  EXPECT_EQ(format_bytes(1605632), "1.53 MiB");
  EXPECT_EQ(format_bytes(1024), "1.00 KiB");
  EXPECT_EQ(format_bytes(1048575), "1.00 MiB");
  EXPECT_EQ(format_bytes(1e30).substr(format_bytes(1e30).size() - 3), "EiB");
}

TEST(Units, Si) {
  EXPECT_EQ(format_si(39e9, "B/s"), "39.0 GB/s");
  EXPECT_EQ(format_si(999.96e6, "B/s"), "1.00 GB/s");
  EXPECT_EQ(format_si(0.0025, "J"), "2.50 mJ");
  EXPECT_EQ(format_si(0, "J"), "0 J");
  EXPECT_EQ(format_si(12, "W"), "12.0 W");
  EXPECT_EQ(format_si(std::numeric_limits<double>::infinity(), "W"), "inf W");
}

TEST(Units, Numbers) {
  EXPECT_EQ(format_number(0.91), "0.910");
  EXPECT_EQ(format_number(9.996), "10.0");
  EXPECT_EQ(format_number(200704), "200704");
  EXPECT_EQ(format_number(0.0001234), "0.000123");
  EXPECT_EQ(format_number(0.00001234), "1.23e-05");
  EXPECT_EQ(format_number(1.5e9), "1.50e+09");
  EXPECT_EQ(format_number(123456789), "123456789");
  EXPECT_EQ(format_number(-2.5, 2), "-2.5");
  EXPECT_EQ(format_number(-std::numeric_limits<double>::infinity()), "-inf");
}

}  // namespace
}  // namespace hetscope

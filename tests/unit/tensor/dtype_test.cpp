// Element types; binary16 against an independent decoder and against a search for the nearest value.
#include "harness/tensor/dtype.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"

namespace hetscope {
namespace {

// What the bits mean, by the definition of binary16.
double meaning_of(std::uint16_t bits) {
  const int sign = (bits & 0x8000) != 0 ? -1 : 1;
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  if (exponent == 31) {
    if (fraction != 0) return std::numeric_limits<double>::quiet_NaN();
    return sign * std::numeric_limits<double>::infinity();
  }
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

// Round to nearest even by looking between neighbours; `value` is finite and not negative.
std::uint16_t nearest_by_search(double value) {
  std::uint16_t low = 0;
  while (low < 0x7c00 && meaning_of(static_cast<std::uint16_t>(low + 1)) <= value) {
    std::uint16_t step = 1;
    while (low + 2 * step <= 0x7c00 && meaning_of(static_cast<std::uint16_t>(low + 2 * step)) <= value) {
      step = static_cast<std::uint16_t>(2 * step);
    }
    low = static_cast<std::uint16_t>(low + step);
  }
  if (low == 0x7c00) return low;
  const auto high = static_cast<std::uint16_t>(low + 1);
  // Above the largest finite value the next one up would be 2^16.
  const double above = high == 0x7c00 ? 65536.0 : meaning_of(high);
  const double middle = (meaning_of(low) + above) / 2;
  if (value < middle) return low;
  if (value > middle) return high;
  return (low & 1) == 0 ? low : high;
}

TEST(DType, NamesAndSizes) {
  EXPECT_EQ(size_of(DType::f32), 4u);
  EXPECT_EQ(size_of(DType::f16), 2u);
  EXPECT_EQ(size_of(DType::i8), 1u);
  EXPECT_EQ(size_of(DType::i32), 4u);
  for (const DType dtype : {DType::f32, DType::f16, DType::i8, DType::i32}) {
    EXPECT_EQ(parse_dtype(to_string(dtype)), dtype);
  }
  EXPECT_THROW(parse_dtype("float"), Error);
  EXPECT_THROW(parse_dtype(""), Error);
}

TEST(F16, EveryPatternDecodesAndReturns) {
  for (std::uint32_t pattern = 0; pattern < 65536; ++pattern) {
    const auto bits = static_cast<std::uint16_t>(pattern);
    const float value = f32_from_f16(bits);
    const double expected = meaning_of(bits);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(value));
      ASSERT_TRUE(std::isnan(meaning_of(f16_from_f32(value))));
      ASSERT_EQ(f16_from_f32(value) & 0x8000, bits & 0x8000);
      continue;
    }
    ASSERT_EQ(static_cast<double>(value), expected) << pattern;
    ASSERT_EQ(std::signbit(value), std::signbit(expected)) << pattern;
    ASSERT_EQ(f16_from_f32(value), bits);
  }
}

TEST(F16, RoundsToNearestEvenAtEveryTieAndBesideIt) {
  for (std::uint32_t pattern = 0; pattern < 0x7c00; ++pattern) {
    const auto bits = static_cast<std::uint16_t>(pattern);
    const double above = pattern + 1 == 0x7c00 ? 65536.0 : meaning_of(static_cast<std::uint16_t>(pattern + 1));
    const auto tie = static_cast<float>((meaning_of(bits) + above) / 2);
    const auto even = static_cast<std::uint16_t>(pattern + (pattern & 1));
    ASSERT_EQ(f16_from_f32(tie), even) << pattern;
    ASSERT_EQ(f16_from_f32(std::nextafter(tie, 0.0f)), bits) << pattern;
    ASSERT_EQ(f16_from_f32(std::nextafter(tie, 1e6f)), pattern + 1) << pattern;
    ASSERT_EQ(f16_from_f32(-tie), even | 0x8000) << pattern;
  }
}

TEST(F16, AnyFloatGoesToTheNearest) {
  Random random(5);
  for (int i = 0; i < 200000; ++i) {
    const auto any = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
    const auto near = static_cast<float>(std::ldexp(random.uniform() + 0.5, static_cast<int>(random.below(46)) - 28));
    for (const float value : {any, near}) {
      if (std::isnan(value)) {
        ASSERT_TRUE(std::isnan(meaning_of(f16_from_f32(value))));
        continue;
      }
      const auto magnitude = std::isinf(value) ? std::uint16_t{0x7c00} : nearest_by_search(std::abs(value));
      ASSERT_EQ(f16_from_f32(value), (std::signbit(value) ? 0x8000 : 0) | magnitude) << value;
    }
  }
}

TEST(F16, KeepsNaNWhateverItsPayload) {
  for (const std::uint32_t bits : {0x7f800001u, 0x7fc00000u, 0x7fffffffu, 0xff800001u, 0xffffffffu}) {
    EXPECT_TRUE(std::isnan(f32_from_f16(f16_from_f32(std::bit_cast<float>(bits)))));
  }
}

}  // namespace
}  // namespace hetscope

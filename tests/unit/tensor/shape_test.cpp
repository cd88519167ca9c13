// Shapes are valid by construction.
#include "harness/tensor/shape.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "harness/core/error.hpp"
#include "harness/tensor/host_tensor.hpp"

namespace hetscope {
namespace {

TEST(Shape, CountsAndPrints) {
  EXPECT_EQ(Shape().element_count(), 1);
  EXPECT_EQ(Shape().rank(), 0);
  EXPECT_EQ(Shape().to_string(), "[]");
  EXPECT_EQ(Shape({64}).to_string(), "[64]");
  const Shape shape({1, 64, 56, 56});
  EXPECT_EQ(shape.to_string(), "1x64x56x56");
  EXPECT_EQ(shape.element_count(), 64 * 56 * 56);
  EXPECT_EQ(shape[1], 64);
}

TEST(Shape, RefusesWhatIsNoShape) {
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
  EXPECT_THROW(Shape({0}), Error);
  EXPECT_THROW(Shape({4, -1}), Error);
  EXPECT_THROW(Shape({std::numeric_limits<std::int64_t>::min()}), Error);
  EXPECT_THROW(Shape({1, 1, 1, 1, 1, 1, 1, 1, 1}), Error);
  EXPECT_NO_THROW(Shape({1, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_THROW(Shape({kLargest}), Error);
  EXPECT_THROW(Shape({kLargest, kLargest}), Error);
  EXPECT_THROW(Shape({std::int64_t{1} << 24, std::int64_t{1} << 24}), Error);
  EXPECT_EQ(Shape({(std::int64_t{1} << 48) - 1}).element_count(), (std::int64_t{1} << 48) - 1);
  // The product wraps to a small number in 64 bits.
  EXPECT_THROW(Shape({std::int64_t{1} << 32, std::int64_t{1} << 32}), Error);
  EXPECT_THROW(Shape({std::int64_t{1} << 33, 1, std::int64_t{1} << 31, 4}), Error);
}

TEST(Shape, ForEachIndexIsRowMajor) {
  const Shape shape({2, 3, 2});
  std::int64_t expected = 0;
  for_each_index(shape, [&](std::span<const std::int64_t> index) {
    EXPECT_EQ((index[0] * 3 + index[1]) * 2 + index[2], expected++);
  });
  EXPECT_EQ(expected, 12);
  int visits = 0;
  for_each_index(Shape(), [&](std::span<const std::int64_t> index) { visits += index.empty() ? 1 : 100; });
  EXPECT_EQ(visits, 1);
}

}  // namespace
}  // namespace hetscope

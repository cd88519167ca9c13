// Layouts against the formulas of the header, and as bijections into their storage by brute force.
#include "harness/tensor/layout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/tensor/host_tensor.hpp"

namespace hetscope {
namespace {

void expect_injective(const Layout& layout, const Shape& shape) {
  const std::int64_t elements = layout.storage_elements(shape);
  std::vector<char> taken(static_cast<std::size_t>(elements));
  for_each_index(shape, [&](std::span<const std::int64_t> index) {
    const std::int64_t offset = layout.offset(index, shape);
    ASSERT_GE(offset, 0);
    ASSERT_LT(offset, elements);
    ASSERT_EQ(taken[static_cast<std::size_t>(offset)]++, 0) << layout.name() << " " << shape.to_string();
  });
  // Less than one vector of padding for every position outside the packed dimension.
  if (!layout.is_packed()) {
    EXPECT_EQ(elements, shape.element_count());
  } else {
    const std::int64_t extent = shape[layout.packed_dim()];
    EXPECT_LT(elements - shape.element_count(), shape.element_count() / extent * layout.lanes());
    EXPECT_EQ(elements % layout.lanes(), 0);
  }
}

TEST(Layout, FollowsTheFormulas) {
  constexpr std::int64_t kN = 2;
  constexpr std::int64_t kC = 6;
  constexpr std::int64_t kH = 3;
  constexpr std::int64_t kW = 5;
  const Shape shape({kN, kC, kH, kW});
  const Layout nchw = Layout::parse("NCHW", 4);
  const Layout nhwc = Layout::parse("NHWC", 4);
  const Layout packed = Layout::parse("NC4HW4", 4);
  const Layout nhwc4 = Layout::parse("NHWC4", 4);
  for_each_index(shape, [&](std::span<const std::int64_t> i) {
    const auto n = i[0], c = i[1], h = i[2], w = i[3];
    EXPECT_EQ(nchw.offset(i, shape), ((n * kC + c) * kH + h) * kW + w);
    EXPECT_EQ(nhwc.offset(i, shape), ((n * kH + h) * kW + w) * kC + c);
    EXPECT_EQ(packed.offset(i, shape), (((n * 2 + c / 4) * kH + h) * kW + w) * 4 + c % 4);
    EXPECT_EQ(nhwc4.offset(i, shape), ((n * kH + h) * kW + w) * 8 + c);
  });
  EXPECT_EQ(packed.storage_elements(shape), 2 * 8 * 3 * 5);
}

TEST(Layout, NamesReadBack) {
  for (const char* name :
       {"NCHW", "NHWC", "NC4HW4", "NC8HW8", "NC16HW16", "NHWC4", "order:3,2,1,0", "order:0,1,2,3/p3x2"}) {
    EXPECT_EQ(Layout::parse(name, 4).name(), name);
  }
  EXPECT_EQ(Layout::parse("NCHW16c", 4).name(), "NC16HW16");
  EXPECT_EQ(Layout::parse("order:0,2,3,1", 4).name(), "NHWC");
  EXPECT_EQ(Layout::parse("order:0,2,1/p1x4", 3), Layout({0, 2, 1}, 1, 4));
  EXPECT_EQ(Layout::row_major(0).name(), "order:");
  EXPECT_EQ(Layout::parse("order:", 0), Layout::row_major(0));
  EXPECT_EQ(Layout::row_major(0).storage_elements(Shape()), 1);
}

TEST(Layout, RefusesWhatIsNoLayout) {
  EXPECT_THROW(Layout({0, 0}), Error);
  EXPECT_THROW(Layout({0, 2}), Error);
  EXPECT_THROW(Layout({-1, 0}), Error);
  EXPECT_THROW(Layout({0, 1}, 2, 4), Error);
  EXPECT_THROW(Layout({0, 1}, -2, 1), Error);
  EXPECT_THROW(Layout({0, 1}, 1, 3), Error);
  EXPECT_THROW(Layout({0, 1}, 1, 1), Error);
  EXPECT_THROW(Layout({0, 1}, -1, 4), Error);
  EXPECT_THROW(Layout::row_major(9), Error);
  for (const char* name : {"",
                           "nchw",
                           "NCHW ",
                           "order",
                           "order:0,1",
                           "order:0,1,2,",
                           "order:,0,1,2",
                           "order:0,1,1",
                           "order:0,1,9",
                           "order:0,1,99999999999",
                           "order:0,1,-2",
                           "order:0,1,2/",
                           "order:0,1,2/p",
                           "order:0,1,2/p1",
                           "order:0,1,2/p1x",
                           "order:0,1,2/px4",
                           "order:0,1,2/p1x5",
                           "order:0,1,2/p3x4",
                           "order:0,1,2/p1x4x4",
                           "order:0 ,1,2",
                           "NCHW",
                           "order:0,1,2,3"}) {
    EXPECT_THROW(Layout::parse(name, 3), Error) << name;
  }
  EXPECT_THROW(Layout::row_major(2).storage_elements(Shape({1, 2, 3})), Error);
}

TEST(Layout, IsABijectionForEveryOrderAndPacking) {
  const Shape shape({3, 5, 1, 4});
  std::vector<int> order(4);
  std::iota(order.begin(), order.end(), 0);
  do {
    expect_injective(Layout(order), shape);
    for (int dim = 0; dim < 4; ++dim) {
      for (const int lanes : {2, 4, 8, 16}) {
        const Layout layout(order, dim, lanes);
        expect_injective(layout, shape);
        EXPECT_EQ(Layout::parse(layout.name(), 4), layout);
      }
    }
  } while (std::ranges::next_permutation(order).found);
}

TEST(Layout, IsABijectionForRandomShapes) {
  Random random(9);
  for (int i = 0; i < 500; ++i) {
    const int rank = 1 + static_cast<int>(random.below(6));
    std::vector<std::int64_t> dims(static_cast<std::size_t>(rank));
    for (auto& extent : dims) extent = 1 + static_cast<std::int64_t>(random.below(6));
    std::vector<int> order(static_cast<std::size_t>(rank));
    std::iota(order.begin(), order.end(), 0);
    random.shuffle(std::span<int>(order));
    const bool packed = random.below(2) == 0;
    const Layout layout(order, packed ? static_cast<int>(random.below(static_cast<std::uint64_t>(rank))) : -1,
                        packed ? 1 << (1 + random.below(4)) : 1);
    expect_injective(layout, Shape(dims));
    EXPECT_EQ(Layout::parse(layout.name(), rank), layout);
  }
}

}  // namespace
}  // namespace hetscope

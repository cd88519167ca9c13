// Boxes of tensors: which are contiguous, and what is copied from and to them.
#include "harness/kernel/region.hpp"

#include <gmock/gmock.h>

namespace hetscope {
namespace {

HostTensor counted(const Shape& shape) {
  HostTensor tensor(DType::f32, shape, Layout::row_major(shape.rank()));
  for (std::int64_t i = 0; i < shape.element_count(); ++i) tensor.set(i, static_cast<double>(i));
  return tensor;
}

std::vector<double> values_of(const HostTensor& tensor) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < tensor.shape().element_count(); ++i) values.push_back(tensor.get(i));
  return values;
}

TEST(RegionTest, RowsAreContiguousAndColumnsAreNot) {
  const Shape shape{4, 6};
  EXPECT_TRUE(is_contiguous({{1, 0}, {2, 6}}, shape));
  EXPECT_FALSE(is_contiguous({{0, 1}, {4, 2}}, shape));
  EXPECT_TRUE(is_contiguous({{2, 1}, {1, 3}}, shape)) << "a piece of one row";
  EXPECT_TRUE(is_contiguous(whole_of(shape), shape));
  EXPECT_FALSE(is_contiguous({{0, 1, 0}, {2, 1, 3}}, Shape{2, 2, 3}));
  EXPECT_TRUE(is_contiguous({{1, 1, 0}, {1, 1, 3}}, Shape{2, 2, 3}));
}

TEST(RegionTest, ASliceLiesInTheWholeWhereItIsContiguous) {
  HostTensor whole = counted({4, 3});
  const HostTensor rows = slice_of(whole, {{2, 0}, {2, 3}});
  EXPECT_EQ(rows.data(), whole.data() + 2 * 3 * sizeof(float));
  EXPECT_THAT(values_of(rows), testing::ElementsAre(6, 7, 8, 9, 10, 11));
  const HostTensor columns = slice_of(whole, {{0, 1}, {4, 1}});
  EXPECT_THAT(values_of(columns), testing::Each(0)) << "memory of its own, for gather()";
}

TEST(RegionTest, GatherAndScatterMoveTheBoxAndNothingElse) {
  const HostTensor whole = counted({2, 3, 4});
  const Region box{{0, 1, 1}, {2, 2, 2}};
  HostTensor part = slice_of(whole, box);
  gather(whole, box, part);
  EXPECT_THAT(values_of(part), testing::ElementsAre(5, 6, 9, 10, 17, 18, 21, 22));
  HostTensor target(DType::f32, whole.shape(), whole.layout());
  scatter(part, box, target);
  for_each_index(whole.shape(), [&](std::span<const std::int64_t> index) {
    const std::int64_t offset = whole.view().access(index).offset;
    EXPECT_EQ(target.get(offset), contains(box, index) ? whole.get(offset) : 0) << offset;
  });
}

TEST(RegionTest, AddAddsElementByElement) {
  HostTensor whole = counted({2, 2});
  add(counted({2, 2}), whole);
  EXPECT_THAT(values_of(whole), testing::ElementsAre(0, 2, 4, 6));
}

}  // namespace
}  // namespace hetscope

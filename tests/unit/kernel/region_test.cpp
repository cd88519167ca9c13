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

TensorView row_major(const Shape& shape) { return {DType::f32, shape, Layout::row_major(shape.rank())}; }

TEST(RegionTest, RowsAreContiguousAndColumnsAreNot) {
  const TensorView matrix = row_major({4, 6});
  EXPECT_TRUE(is_contiguous({{1, 0}, {2, 6}}, matrix));
  EXPECT_FALSE(is_contiguous({{0, 1}, {4, 2}}, matrix));
  EXPECT_TRUE(is_contiguous({{2, 1}, {1, 3}}, matrix)) << "a piece of one row";
  EXPECT_TRUE(is_contiguous(whole_of(matrix.shape()), matrix));
  EXPECT_FALSE(is_contiguous({{0, 1, 0}, {2, 1, 3}}, row_major({2, 2, 3})));
  EXPECT_TRUE(is_contiguous({{1, 1, 0}, {1, 1, 3}}, row_major({2, 2, 3})));
}

TEST(RegionTest, WhatLiesSideBySideDependsOnTheLayout) {
  const Region rows{{0, 0, 2, 0}, {1, 6, 3, 5}};
  const Region channels{{0, 4, 0, 0}, {1, 2, 7, 5}};
  const auto view = [](const char* layout) { return TensorView(DType::f32, {1, 6, 7, 5}, Layout::parse(layout, 4)); };
  EXPECT_FALSE(is_contiguous(rows, view("NCHW")));
  EXPECT_TRUE(is_contiguous(rows, view("NHWC")));
  EXPECT_TRUE(is_contiguous(channels, view("NCHW")));
  EXPECT_FALSE(is_contiguous(channels, view("NHWC")));
  EXPECT_TRUE(is_contiguous(channels, view("NC4HW4")));
  EXPECT_FALSE(is_contiguous(channels, view("NHWC4")));
}

TEST(RegionTest, AVectorOfPackedElementsIsNotCut) {
  const TensorView view(DType::f32, {1, 6, 7, 5}, Layout::parse("NC4HW4", 4));
  EXPECT_TRUE(can_slice(view, {{0, 4, 0, 0}, {1, 2, 7, 5}})) << "the last vector ends where the channels do";
  EXPECT_TRUE(can_slice(view, {{0, 0, 3, 0}, {1, 6, 1, 5}}));
  EXPECT_THAT(can_slice(view, {{0, 3, 0, 0}, {1, 3, 7, 5}}).reason(), testing::HasSubstr("a cut at 3"));
  EXPECT_THAT(can_slice(view, {{0, 0, 0, 0}, {1, 5, 7, 5}}).reason(), testing::HasSubstr("a cut at 5"));
}

TEST(RegionTest, BoxesOfPackedLayoutsAreGatheredAndScattered) {
  for (const char* layout : {"NHWC", "NC4HW4", "NHWC4", "order:3,2,1,0/p2x2"}) {
    SCOPED_TRACE(layout);
    HostTensor whole(DType::f32, {2, 6, 4, 3}, Layout::parse(layout, 4));
    Random random(7);
    whole.fill_random(random);
    for (const Region& box : {Region{{0, 4, 0, 0}, {2, 2, 4, 3}}, Region{{0, 0, 2, 0}, {2, 6, 2, 3}},
                              Region{{1, 0, 0, 0}, {1, 6, 4, 3}}, Region{{0, 0, 2, 1}, {1, 4, 2, 2}}}) {
      HostTensor part = slice_of(whole, box);
      if (!is_contiguous(box, whole.view())) gather(whole, box, part);
      for_each_index(part.shape(), [&](std::span<const std::int64_t> index) {
        std::vector<std::int64_t> there(index.begin(), index.end());
        for (std::size_t i = 0; i < there.size(); ++i) there[i] += box.begin[i];
        EXPECT_EQ(part.get(part.view().access(index).offset), whole.get(whole.view().access(there).offset));
      });
      HostTensor target(DType::f32, whole.shape(), whole.layout());
      scatter(part, box, target);
      for_each_index(whole.shape(), [&](std::span<const std::int64_t> index) {
        const std::int64_t offset = whole.view().access(index).offset;
        EXPECT_EQ(target.get(offset), contains(box, index) ? whole.get(offset) : 0) << offset;
      });
    }
  }
}

TEST(RegionTest, SharedElementsAreThoseOfTheOverlap) {
  EXPECT_EQ(shared_elements({{0, 0}, {3, 5}}, {{2, 0}, {4, 5}}), 5);
  EXPECT_EQ(shared_elements({{0, 0}, {3, 5}}, {{3, 0}, {4, 5}}), 0);
  EXPECT_EQ(shared_elements({{0, 0}, {3, 5}}, {{0, 0}, {3, 5}}), 15);
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

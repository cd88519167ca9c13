// Where the elements of a tensor lie in a texture, against the layout's own offsets; and which movements keep texels.
#include "kernels/texture/texels.hpp"

#include <gtest/gtest.h>

#include "kernels/texture/reshape.hpp"

namespace hetscope {
namespace {

TEST(Texels, XTakesTheInnermostDimensionsOfTheLayoutsOrder) {
  const Shape shape{5, 6, 7};
  const TexelExtent one = texel_extent(shape, Layout::parse("order:0,1,2/p2x4", 3), 1);
  EXPECT_EQ(one.width, 2);
  EXPECT_EQ(one.height, 30);
  const TexelExtent two = texel_extent(shape, Layout::parse("order:2,0,1/p0x4", 3), 2);
  EXPECT_EQ(two.width, 12);
  EXPECT_EQ(two.height, 7);
  const TexelExtent all_but_one = texel_extent(shape, Layout::parse("order:2,0,1/p0x4", 3), 9);
  EXPECT_EQ(all_but_one.height, 7) << "one dimension is left for y";
  EXPECT_EQ(texel_extent(Shape{9}, texel_layout(1), 2).width, 3);
  EXPECT_EQ(texel_extent(Shape{9}, texel_layout(1), 2).height, 1);
}

void expect_texels_of(const Shape& shape, const std::string& name, int x_dims) {
  SCOPED_TRACE(shape.to_string() + " " + name);
  const Layout layout = Layout::parse(name, shape.rank());
  const TexelExtent extent = texel_extent(shape, layout, x_dims);
  ASSERT_EQ(extent.texels() * kTexelLanes, layout.storage_elements(shape));
  const TensorView linear(DType::f32, shape, Layout::row_major(shape.rank()));
  const TensorView texels = as_texels(linear, layout, extent);
  ViewEvaluator evaluator(texels);
  std::int64_t elements = 0;
  for_each_index(texels.shape(), [&](std::span<const std::int64_t> index) {
    const Access access = evaluator.at(index);
    if (!access.valid) {
      EXPECT_EQ(access.fill, 0);
      return;
    }
    ++elements;
    std::vector<std::int64_t> logical(static_cast<std::size_t>(shape.rank()));
    std::int64_t rest = access.offset;
    for (int dim = shape.rank() - 1; dim >= 0; --dim) {
      logical[static_cast<std::size_t>(dim)] = rest % shape[dim];
      rest /= shape[dim];
    }
    const std::int64_t texel = index[0] * extent.width + index[1];
    ASSERT_EQ(layout.offset(logical, shape), texel * kTexelLanes + index[2]);
  });
  EXPECT_EQ(elements, shape.element_count());
}

TEST(Texels, EveryElementLiesWhereItsLayoutSays) {
  for (const char* layout : {"order:0,1,2/p2x4", "order:0,1,2/p0x4", "order:2,0,1/p0x4", "order:1,2,0/p2x4"}) {
    expect_texels_of(Shape{3, 5, 7}, layout, 1);
    expect_texels_of(Shape{8, 4, 12}, layout, 2);
  }
  expect_texels_of(Shape{2, 5, 3, 3}, "NC4HW4", 1);
  expect_texels_of(Shape{6}, "order:0/p0x4", 1);
}

bool keeps_texels(const Shape& from, const Shape& to, const IndexMap& map) {
  const HostTensor source(DType::f32, from, texel_layout(from.rank()));
  const TensorView stored(DType::f32, from, texel_layout(from.rank()), Storage::image2d);
  return moves_whole_texels({source, texel_extent(from, texel_layout(from.rank()), 2), stored.through(map),
                             texel_layout(to.rank()), texel_extent(to, texel_layout(to.rank()), 2)});
}

TEST(Texels, AReshapeKeepsThemWhereRowsAreWholeVectors) {
  const Shape map{6, 6, 8};
  const Shape tokens{36, 8};
  EXPECT_TRUE(keeps_texels(map, tokens, IndexMap::reshape(map, tokens)));
  const Shape odd{6, 6, 7};
  EXPECT_FALSE(keeps_texels(odd, Shape{12, 21}, IndexMap::reshape(odd, Shape{12, 21})));
  const std::vector<int> turn = {1, 0, 2};
  EXPECT_FALSE(keeps_texels(Shape{4, 6, 8}, Shape{6, 4, 8}, IndexMap::transpose(Shape{4, 6, 8}, turn)))
      << "whole texels, but in another order";
}

}  // namespace
}  // namespace hetscope

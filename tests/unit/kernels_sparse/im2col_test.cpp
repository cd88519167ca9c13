// What im2col accepts and how large its columns are; that they are right is tested with all kernels.
#include "kernels/dense/im2col.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/kernels_sparse/sparse_fixture.hpp"

namespace hetscope {
namespace {

using ::testing::HasSubstr;

Case convolution(const Dims& shape, const Dims& filter, std::int64_t stride, std::int64_t padding) {
  Case item("im2col", "im2col_rows", {"cpu"});
  item.set("shape", shape);
  item.set("dtype", std::string("f32"));
  item.set("filter", filter);
  item.set("stride", stride);
  item.set("padding", padding);
  return item;
}

TEST(Im2col, ColumnsAreThoseOfTheProduct) {
  const Im2colProblem stem(convolution({3, 224, 224}, {7, 7}, 2, 3));
  EXPECT_EQ(stem.rows(), 147);
  EXPECT_EQ(stem.cols(), 12544);
  const Im2colProblem uneven(convolution({2, 5, 8}, {3, 1}, 2, 0));
  EXPECT_EQ(uneven.out_height(), 2);
  EXPECT_EQ(uneven.out_width(), 4);
  EXPECT_EQ(uneven.rows(), 6);
}

TEST(Im2col, RefusesWhatIsNoConvolution) {
  const auto error = [](const Dims& shape, const Dims& filter, std::int64_t stride, std::int64_t padding) {
    return error_of([&] { Im2colProblem{convolution(shape, filter, stride, padding)}; });
  };
  EXPECT_THAT(error({4, 4}, {3, 3}, 1, 1), HasSubstr("rank 3"));
  EXPECT_THAT(error({1, 4, 4}, {3}, 1, 1), HasSubstr("rank 2"));
  EXPECT_THAT(error({1, 4, 4}, {7, 3}, 1, 1), HasSubstr("larger than the padded image"));
  EXPECT_THAT(error({1, 4, 4}, {3, 3}, 0, 1), HasSubstr("an extent"));
  EXPECT_THAT(error({1, 4, 4}, {3, 3}, 1, -1), HasSubstr("an extent"));
  EXPECT_THAT(error({1, 4, 4}, {3, 3}, 1, std::numeric_limits<std::int64_t>::max()), HasSubstr("an extent"));
  EXPECT_THAT(error({1, 1 << 21, 1}, {1, 1}, 1, 0), HasSubstr("an extent"));
  EXPECT_THAT(error({1 << 20, 1 << 20, 1 << 20}, {1, 1}, 1, 0), HasSubstr("2^30"));
  EXPECT_THAT(error({1 << 20, 1 << 10, 1}, {1, 1}, 1, 1 << 19), HasSubstr("2^30"));
  EXPECT_THAT(error({1 << 20, 1, 1}, {1 << 20, 1 << 20}, 1, (1 << 20) - 1), HasSubstr("2^30"));
}

}  // namespace
}  // namespace hetscope

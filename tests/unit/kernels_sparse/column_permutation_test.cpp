// Orders of columns: permutations that never keep less, and that the product follows exactly.
#include "kernels/sparse/column_permutation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/sparse/decomposition_metrics.hpp"
#include "kernels/sparse/inputs.hpp"
#include "kernels/sparse/series_matmul.hpp"
#include "tests/unit/kernels_sparse/sparse_fixture.hpp"

namespace hetscope {
namespace {

using ::testing::HasSubstr;

double dropped(const MatrixView& matrix, const Series& series) {
  return metrics_of(decompose(matrix, series)).dropped_magnitude_fraction();
}

TEST(ColumnPermutation, IsAPermutationThatKeepsAtLeastAsMuch) {
  for (const MaskKind mask : {MaskKind::random, MaskKind::banded, MaskKind::channel_skewed, MaskKind::adversary}) {
    for (const auto cols : {1, 7, 8, 9, 64, 203}) {
      const std::vector<float> a = make_sparse_input({20, cols, 0.75, mask, ValueLaw::gaussian, 3});
      const MatrixView matrix = MatrixView::f32(a, 20, cols);
      for (const char* name : {"1:8", "2:4", "8:8"}) {
        const Series series = Series::parse(name);
        const ColumnOrder order = spread_columns(matrix, series, {.swaps = 200});
        const std::vector<float> spread = in_order(matrix, order);
        EXPECT_LE(dropped(MatrixView::f32(spread, 20, cols), series), dropped(matrix, series) + 1e-12)
            << name << " " << cols << " " << to_string(mask);
        EXPECT_EQ(back_in_place(spread, order), a);
        ColumnOrder sorted = order;
        std::ranges::sort(sorted);
        for (std::size_t i = 0; i < sorted.size(); ++i) ASSERT_EQ(sorted[i], static_cast<std::int32_t>(i));
      }
    }
  }
}

// A band fills whole blocks and leaves others empty: spread out it loses far less.
TEST(ColumnPermutation, SpreadsABand) {
  const std::vector<float> a = make_sparse_input({64, 128, 0.875, MaskKind::banded, ValueLaw::gaussian, 4});
  const MatrixView matrix = MatrixView::f32(a, 64, 128);
  const Series series = Series::parse("1:8");
  const std::vector<float> spread = in_order(matrix, spread_columns(matrix, series));
  EXPECT_GT(dropped(matrix, series), 0.5);
  EXPECT_LT(dropped(MatrixView::f32(spread, 64, 128), series), 0.35);
}

TEST(ColumnPermutation, TheSameSeedGivesTheSameOrder) {
  const std::vector<float> a = make_sparse_input({16, 40, 0.5, MaskKind::banded, ValueLaw::laplace, 5});
  const MatrixView matrix = MatrixView::f32(a, 16, 40);
  EXPECT_EQ(spread_columns(matrix, Series::parse("2:8")), spread_columns(matrix, Series::parse("2:8")));
}

// With the residual kept, the product of the permuted matrix is that of the matrix itself: all integers, no rounding.
TEST(ColumnPermutation, TheProductFollows) {
  for (const auto& [rows, n] : {std::pair{5, 3}, {140, 64}}) {
    const std::int64_t cols = 301;
    const std::vector<float> a = tied_values(static_cast<std::size_t>(rows * cols), 6);
    const std::vector<float> b = tied_values(static_cast<std::size_t>(cols * n), 7);
    const MatrixView matrix = MatrixView::f32(a, rows, cols);
    const ColumnOrder order = spread_columns(matrix, Series::parse("2:8"), {.swaps = 50});
    const std::vector<float> spread = in_order(matrix, order);
    FusedSeries left(decompose(MatrixView::f32(spread, rows, cols), Series::parse("2:8")), FusedSeries::Residual::kept);
    std::vector<float> expected(static_cast<std::size_t>(rows * n));
    std::vector<float> c(expected.size());
    SeriesMatmulWorkspace workspace;
    series_matmul(FusedSeries::dense(matrix), b, n, expected, workspace);
    left.set_b_order(order);
    series_matmul(left, b, n, c, workspace);
    EXPECT_EQ(c, expected);
  }
}

TEST(ColumnPermutation, OrdersThatAreNoneAreErrors) {
  const std::vector<float> a(12, 1.0F);
  const MatrixView matrix = MatrixView::f32(a, 3, 4);
  for (const ColumnOrder& order : {ColumnOrder{0, 1, 2}, {0, 1, 2, 2}, {0, 1, 2, 4}, {0, 1, 2, -1}, {}}) {
    EXPECT_THAT(error_of([&] { in_order(matrix, order); }), HasSubstr("no permutation"));
  }
  EXPECT_NE(error_of([&] { back_in_place(a, {0, 1, 2, 3, 4}); }), "");
  FusedSeries left = FusedSeries::dense(matrix);
  EXPECT_THAT(error_of([&] { left.set_b_order({0, 1}); }), HasSubstr("another length"));
  EXPECT_THAT(error_of([&] { left.set_b_order({0, 1, 2, 9}); }), HasSubstr("not there"));
}

}  // namespace
}  // namespace hetscope

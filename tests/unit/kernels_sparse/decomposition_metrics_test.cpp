// The measures of what a decomposition loses, on numbers that can be checked by hand.
#include "kernels/sparse/decomposition_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/kernels_sparse/sparse_fixture.hpp"

namespace hetscope {
namespace {

using ::testing::HasSubstr;

TEST(DecompositionMetrics, CountWhatIsKeptAndDropped) {
  const std::vector<float> a = {3, 0, -4, 1, 0, 0, 0, 2};
  const DecompositionMetrics m = metrics_of(decompose(MatrixView::f32(a, 1, 8), Series::parse("1:4")));
  EXPECT_EQ(m.entries, 8);
  EXPECT_EQ(m.kept_nonzeros, 2);
  EXPECT_EQ(m.dropped_nonzeros, 2);
  EXPECT_DOUBLE_EQ(m.kept_magnitude, 6);
  EXPECT_DOUBLE_EQ(m.dropped_magnitude, 4);
  EXPECT_DOUBLE_EQ(m.dropped_nonzero_fraction(), 0.5);
  EXPECT_DOUBLE_EQ(m.dropped_magnitude_fraction(), 0.4);
  EXPECT_DOUBLE_EQ(m.kept_nonzero_fraction(), 0.5);
  EXPECT_DOUBLE_EQ(m.kept_magnitude_fraction(), 0.6);
  EXPECT_DOUBLE_EQ(m.multiply_adds_with_residual(), 0.5);  // two slots and two entries of the residual, of eight
  EXPECT_DOUBLE_EQ(m.relative_frobenius, std::sqrt(10.0 / 30.0));
  EXPECT_DOUBLE_EQ(m.sparsity(), 0.5);
  EXPECT_DOUBLE_EQ(m.slots, 0.25);
  EXPECT_DOUBLE_EQ(m.executed_slots, 0.25);
}

TEST(DecompositionMetrics, PaddingIsExecuted) {
  const std::vector<float> a(9, 1.0F);
  const DecompositionMetrics m = metrics_of(decompose(MatrixView::f32(a, 1, 9), Series::parse("2:4")));
  EXPECT_DOUBLE_EQ(m.slots, 0.5);
  EXPECT_DOUBLE_EQ(m.executed_slots, 6.0 / 9.0);
}

TEST(DecompositionMetrics, AMatrixOfZerosLosesNothing) {
  const std::vector<float> a(16, 0.0F);
  const Decomposition d = decompose(MatrixView::f32(a, 2, 8), Series::parse("2:4"));
  const DecompositionMetrics m = metrics_of(d);
  EXPECT_EQ(m.dropped_nonzero_fraction(), 0);
  EXPECT_EQ(m.dropped_magnitude_fraction(), 0);
  EXPECT_EQ(m.relative_frobenius, 0);
  EXPECT_EQ(m.sparsity(), 1);
  EXPECT_EQ(relative_product_error(d, std::vector<float>(8, 1.0F), 1), 0);
}

TEST(ProductError, IsNotTheErrorOfTheMatrix) {
  const std::vector<float> a = {4, 3, 0, 0};
  const Decomposition d = decompose(MatrixView::f32(a, 1, 4), Series::parse("1:4"));
  EXPECT_DOUBLE_EQ(metrics_of(d).relative_frobenius, 0.6);
  EXPECT_DOUBLE_EQ(relative_product_error(d, std::vector<float>{1, 0, 5, 5}, 1), 0.0);
  EXPECT_DOUBLE_EQ(relative_product_error(d, std::vector<float>{0, 1, 5, 5}, 1), 1.0);
  // Two columns: A·B = (4 + 3, 4 - 3), lost (3, -3).
  EXPECT_DOUBLE_EQ(relative_product_error(d, std::vector<float>{1, 1, 1, -1, 0, 0, 0, 0}, 2), std::sqrt(18.0 / 50.0));
  // A·B is zero although the parts are not.
  EXPECT_EQ(relative_product_error(d, std::vector<float>{3, -4, 0, 0}, 1), std::numeric_limits<double>::infinity());
}

TEST(ProductError, NeedsAResidualAndAFittingOperand) {
  const std::vector<float> a(32, 1.0F);
  const Decomposition d = decompose(MatrixView::f32(a, 4, 8), Series::parse("1:4"));
  EXPECT_THAT(error_of([&] { relative_product_error(d, std::vector<float>(7, 1.0F), 1); }), HasSubstr("8 rows"));
  EXPECT_THAT(error_of([&] { relative_product_error(d, std::vector<float>(8, 1.0F), 0); }), HasSubstr("8 rows"));
  const Decomposition bare = decompose(MatrixView::f32(a, 4, 8), Series::parse("1:4"), {.keep_residual = false});
  EXPECT_THAT(error_of([&] { metrics_of(bare); }), HasSubstr("no residual"));
  EXPECT_THAT(error_of([&] { relative_product_error(bare, std::vector<float>(8, 1.0F), 1); }),
              HasSubstr("no residual"));
}

TEST(PseudoDensity, IsTheShareThatHoldsTheMagnitude) {
  EXPECT_DOUBLE_EQ(pseudo_density(std::vector<float>{0, -8, 1, 1}, 0.8), 0.25);
  EXPECT_DOUBLE_EQ(pseudo_density(std::vector<float>{0, -8, 1, 1}, 0.9), 0.5);
  EXPECT_DOUBLE_EQ(pseudo_density(std::vector<float>{0, -8, 1, 1}, 1.0), 0.75);
  EXPECT_EQ(pseudo_density(std::vector<float>{0, 0}), 0);
  EXPECT_EQ(pseudo_density({}), 0);
  EXPECT_THAT(error_of([] { pseudo_density(std::vector<float>{1}, 0); }), HasSubstr("share"));
}

}  // namespace
}  // namespace hetscope

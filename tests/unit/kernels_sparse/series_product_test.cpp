// What rows of decompositions and of products with a series say of what is kept and lost.
#include "kernels/sparse/series_product.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "harness/core/case.hpp"
#include "harness/processor/processor.hpp"
#include "kernels/catalog.hpp"

namespace hetscope {
namespace {

// 1:4 keeps -4 and 2, and drops 3 and 1.
const std::vector<float> kRow = {3, 0, -4, 1, 0, 0, 0, 2};

Decomposition one_of_four() { return decompose(MatrixView::f32(kRow, 1, 8), Series::parse("1:4")); }

TEST(SeriesProduct, MetricsSayWhatIsKeptAndWhatIsDropped) {
  const Metrics metrics = metrics_of_product(one_of_four(), 2, false);
  EXPECT_DOUBLE_EQ(metrics.at("density").value, 0.5);
  EXPECT_DOUBLE_EQ(metrics.at("kept_nonzeros").value, 0.5);
  EXPECT_DOUBLE_EQ(metrics.at("dropped_nonzeros").value, 0.5);
  EXPECT_DOUBLE_EQ(metrics.at("kept_magnitude").value, 0.6);
  EXPECT_DOUBLE_EQ(metrics.at("dropped_magnitude").value, 0.4);
  EXPECT_DOUBLE_EQ(metrics.at("relative_error_of_matrix").value, std::sqrt(10.0 / 30.0));
  EXPECT_DOUBLE_EQ(metrics.at("slots").value, 0.25);
  EXPECT_DOUBLE_EQ(metrics.at("executed_multiply_adds").value, 0.25);
  EXPECT_DOUBLE_EQ(metrics.at("packed_bytes").value, 2 * 4 + 1);
  EXPECT_FALSE(metrics.contains("residual_nonzeros"));
}

TEST(SeriesProduct, WithItsResidualNothingIsDropped) {
  const Metrics metrics = metrics_of_product(one_of_four(), 4, true);
  EXPECT_DOUBLE_EQ(metrics.at("kept_nonzeros").value, 0.5);
  EXPECT_DOUBLE_EQ(metrics.at("kept_magnitude").value, 0.6);
  EXPECT_EQ(metrics.at("dropped_nonzeros").value, 0);
  EXPECT_EQ(metrics.at("dropped_magnitude").value, 0);
  EXPECT_EQ(metrics.at("relative_error_of_matrix").value, 0);
  EXPECT_DOUBLE_EQ(metrics.at("residual_nonzeros").value, 0.25);  // of the entries
  EXPECT_DOUBLE_EQ(metrics.at("residual_magnitude").value, 0.4);
}

TEST(SeriesProduct, ADecompositionSaysTheSame) {
  const Catalog catalog = make_catalog();
  const Operation& operation = catalog.operations().at("nm_decompose");
  ProcessorSet processors;
  Processor* const on[] = {&processors.at("cpu")};
  for (const char* dtype : {"f32", "f16", "i8"}) {
    const Case item = catalog.complete(
        Case::parse("nm_decompose kernel=nm_decompose_simd processor=cpu shape=6x40 sparsity=0.4 series=2:4+1:8 "
                    "threads=1 dtype=" +
                    std::string(dtype)));
    const std::vector<Operand> inputs = operation.inputs(item, 3);
    const auto runnable = catalog.kernels().at(item.kernel()).prepare(item, on, inputs);
    runnable->run(1);
    const Metrics metrics = runnable->metrics();

    // Counted in what the row is verified by.
    const HostTensor& matrix = inputs[0].tensor;
    const std::vector<Expectation> kept = operation.reference(item, inputs);
    double magnitude = 0, kept_magnitude = 0, nonzeros = 0, kept_nonzeros = 0;
    for (std::int64_t i = 0; i < 6 * 40; ++i) {
      magnitude += std::abs(matrix.get(i));
      nonzeros += matrix.get(i) != 0 ? 1 : 0;
      kept_magnitude += std::abs(kept[0].exact->get(i));
      kept_nonzeros += kept[0].exact->get(i) != 0 ? 1 : 0;
    }
    EXPECT_NEAR(metrics.at("kept_nonzeros").value, kept_nonzeros / nonzeros, 1e-12) << dtype;
    EXPECT_NEAR(metrics.at("dropped_nonzeros").value, 1 - kept_nonzeros / nonzeros, 1e-12) << dtype;
    EXPECT_NEAR(metrics.at("kept_magnitude").value, kept_magnitude / magnitude, 1e-12) << dtype;
    EXPECT_NEAR(metrics.at("dropped_magnitude").value, 1 - kept_magnitude / magnitude, 1e-12) << dtype;
    EXPECT_GT(metrics.at("relative_error_of_matrix").value, 0) << dtype;
    EXPECT_DOUBLE_EQ(metrics.at("slots").value, 0.625) << dtype;
    EXPECT_DOUBLE_EQ(metrics.at("executed_slots").value, 0.625) << dtype;
  }
}

}  // namespace
}  // namespace hetscope

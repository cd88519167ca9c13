// Long sums: what verifies them sees a product that is missing, and takes no zeros for them.
#include <gmock/gmock.h>

#include <memory>
#include <utility>

#include "harness/kernel/verify.hpp"
#include "kernels/catalog.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// A case of an operation, its inputs and its references.
class LongSums {
 public:
  LongSums(std::unique_ptr<Operation> operation, const std::string& line)
      : operation_(std::move(operation)),
        item_(make_catalog().complete(Case::parse(line))),
        inputs(operation_->inputs(item_, 1)),
        expected(operation_->reference(item_, inputs)) {}

  bool accepts(const std::vector<double>& results) const {
    HostTensor output(DType::f32, Shape{static_cast<std::int64_t>(results.size())}, Layout::row_major(1));
    for (std::size_t i = 0; i < results.size(); ++i) output.set(static_cast<std::int64_t>(i), results[i]);
    return verify({&output, 1}, expected, operation_->tolerance(item_)).matches;
  }
  bool accepts_zeros() const { return accepts(std::vector<double>(expected[0].values.size(), 0)); }
  // One of the terms is missing in the first result.
  bool accepts_loss_of(double term) const {
    std::vector<double> results = expected[0].values;
    results[0] -= term;
    return accepts(results);
  }
  const std::vector<double>& right() const { return expected[0].values; }

 private:
  std::unique_ptr<Operation> operation_;
  Case item_;

 public:
  std::vector<Operand> inputs;
  std::vector<Expectation> expected;
};

// Most products of two numbers in [-1, 1) are larger.
constexpr double kLostTerm = 0.1;

void expect_zeros_are_refused(const LongSums& sums) {
  EXPECT_TRUE(sums.accepts(sums.right()));
  EXPECT_FALSE(sums.accepts_zeros());
}

TEST(LongSums, OfDenseProductsAreNoZeros) {
  const LongSums sums(make_operation<OperationId::matmul>(),
                      "matmul kernel=matmul_openblas processor=cpu m=2 k=262144 n=2");
  expect_zeros_are_refused(sums);
  // The honest order that is wrong by most: one product after the other.
  std::vector<double> one_by_one;
  for (std::int64_t row = 0; row < 2; ++row) {
    for (std::int64_t column = 0; column < 2; ++column) {
      float sum = 0;
      for (std::int64_t i = 0; i < 262144; ++i) {
        sum += sums.inputs[0].tensor.as<float>()[row * 262144 + i] * sums.inputs[1].tensor.as<float>()[i * 2 + column];
      }
      one_by_one.push_back(static_cast<double>(sum));
    }
  }
  EXPECT_TRUE(sums.accepts(one_by_one));
}

TEST(LongSums, OfDenseProductsMissNone) {
  const LongSums sums(make_operation<OperationId::matmul>(),
                      "matmul kernel=matmul_openblas processor=cpu m=2 k=4096 n=2");
  EXPECT_FALSE(sums.accepts_loss_of(kLostTerm));
}

TEST(LongSums, OfDimensionsAreNoZerosAndMissNone) {
  expect_zeros_are_refused({make_operation<OperationId::reduce>(),
                            "reduce kernel=reduce_simd processor=cpu shape=2x2x262144 reduced=2 layout=order:0,1,2"});
  const LongSums sums(make_operation<OperationId::reduce>(),
                      "reduce kernel=reduce_simd processor=cpu shape=2x2x4096 reduced=2 layout=order:0,1,2");
  EXPECT_FALSE(sums.accepts_loss_of(kLostTerm));
}

TEST(LongSums, OfConvolutionsAreNoZerosAndMissNone) {
  expect_zeros_are_refused({make_operation<OperationId::conv2d>(),
                            "conv2d kernel=conv2d_direct processor=cpu shape=1x65536x2x2 filters=4 window=2x2"});
  const LongSums sums(make_operation<OperationId::conv2d>(),
                      "conv2d kernel=conv2d_direct processor=cpu shape=1x1024x2x2 filters=4 window=2x2");
  EXPECT_FALSE(sums.accepts_loss_of(kLostTerm));
}

TEST(LongSums, OfSparseProductsAreThoseOfTheNonzeros) {
  expect_zeros_are_refused({make_operation<OperationId::sparse_matmul>(),
                            "sparse_matmul kernel=sparse_matmul_csr processor=cpu shape=4x262144x2 sparsity=0.5"});
  // About 650 products: were the row as wrong as 65536 may be, a lost one would not be seen.
  const LongSums sums(make_operation<OperationId::sparse_matmul>(),
                      "sparse_matmul kernel=sparse_matmul_csr processor=cpu shape=1x65536x2 sparsity=0.99");
  EXPECT_FALSE(sums.accepts_loss_of(0.02));
}

}  // namespace
}  // namespace hetscope

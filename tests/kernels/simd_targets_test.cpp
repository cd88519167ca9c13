// The vector code is compiled for several instruction sets and runs in the best of this CPU. Here each of them that
// this CPU has takes its turn.
#include <gmock/gmock.h>
#include <hwy/targets.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "harness/tensor/host_tensor.hpp"
#include "kernels/layout/matrix_transpose.hpp"
#include "kernels/probe/multiply_add_chains.hpp"
#include "kernels/probe/stream_copy.hpp"

namespace hetscope {
namespace {

class SimdTargetsTest : public testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override {
    if ((hwy::SupportedTargets() & GetParam()) == 0) GTEST_SKIP() << "not in this CPU";
    hwy::SetSupportedTargetsForTest(GetParam());
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  void TearDown() override {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

HostTensor numbered(DType dtype, std::int64_t elements) {
  HostTensor tensor(dtype, Shape{elements}, Layout::row_major(1));
  Random random(3);
  for (std::size_t i = 0; i < tensor.size_bytes(); ++i) tensor.data()[i] = static_cast<std::byte>(random.next());
  return tensor;
}

// Transposes columns [first, last) of all rows of a matrix; nothing else of the target may change.
template <class T>
void expect_transposed(std::int64_t rows, std::int64_t columns, std::int64_t first, std::int64_t last,
                       TransposeStores stores) {
  SCOPED_TRACE(std::to_string(rows) + "x" + std::to_string(columns) + " [" + std::to_string(first) + ", " +
               std::to_string(last) + ") of " + std::to_string(sizeof(T)) + " bytes");
  const DType dtype = sizeof(T) == 2 ? DType::f16 : DType::f32;
  const HostTensor source = numbered(dtype, rows * columns);
  HostTensor target(dtype, Shape{rows * columns}, Layout::row_major(1));
  HostTensor expected = target.clone();
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = first; column < last; ++column) {
      expected.as<T>()[column * rows + row] = source.as<T>()[row * columns + column];
    }
  }
  transpose_matrix(source.as<T>() + first, target.as<T>() + first * rows, {rows, last - first, columns, rows}, stores);
  EXPECT_EQ(std::memcmp(target.data(), expected.data(), target.size_bytes()), 0);
}

TEST_P(SimdTargetsTest, TransposesEveryShape) {
  for (const std::int64_t rows : {1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 19, 31, 32, 47, 64, 65, 129, 135, 136, 300}) {
    for (const std::int64_t columns : {1, 2, 3, 4, 5, 8, 13, 16, 17, 31, 33, 40, 64, 67}) {
      expect_transposed<std::uint16_t>(rows, columns, 0, columns, TransposeStores::cached);
      expect_transposed<std::uint32_t>(rows, columns, 0, columns, TransposeStores::cached);
    }
  }
}

TEST_P(SimdTargetsTest, TransposesPartsOfAMatrix) {
  for (const std::int64_t first : {0, 1, 5, 16}) {
    for (const std::int64_t last : {21, 32, 50, 53}) {
      expect_transposed<std::uint16_t>(37, 53, first, last, TransposeStores::cached);
      expect_transposed<std::uint32_t>(37, 53, first, last, TransposeStores::cached);
    }
  }
}

TEST_P(SimdTargetsTest, TransposesPastTheCaches) {
  for (const std::int64_t rows : {32, 64, 96, 224, 288}) {
    for (const std::int64_t columns : {1, 4, 7, 8, 9, 16, 31, 32, 49, 100}) {
      expect_transposed<std::uint16_t>(rows, columns, 0, columns, TransposeStores::streaming);
      expect_transposed<std::uint32_t>(rows, columns, 0, columns, TransposeStores::streaming);
    }
  }
}

TEST_P(SimdTargetsTest, StreamsEveryLength) {
  const HostTensor source = numbered(DType::i8, 5000);
  for (std::size_t bytes = 0; bytes < 1100; bytes += (bytes < 300 ? 1 : 37)) {
    HostTensor target(DType::i8, Shape{5000}, Layout::row_major(1));
    HostTensor expected = target.clone();
    std::memcpy(expected.data(), source.data() + 3, bytes);
    copy_with_streaming_stores(target.data(), source.data() + 3, bytes);
    ASSERT_EQ(std::memcmp(target.data(), expected.data(), 5000), 0) << bytes;
  }
}

TEST_P(SimdTargetsTest, RunsEveryChainEveryStep) {
  for (const std::int64_t count : {1, 3, 16, 100, 191, 256, 517}) {
    std::vector<float> start(static_cast<std::size_t>(count) + 1);
    for (std::size_t i = 0; i < start.size(); ++i) start[i] = static_cast<float>(i);
    std::vector<float> result(start.size(), -1.0F);
    // Small integers: exact in every order and with or without rounding of the product.
    multiply_add_chains(start.data(), result.data(), count, 10, 1.0F, 3.0F);
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      ASSERT_EQ(result[i], start[i] + 30.0F) << i << " of " << count;
    }
    EXPECT_EQ(result.back(), -1.0F) << "wrote past the end";
    multiply_add_chains(start.data(), result.data(), count, 0, 1.0F, 3.0F);
    EXPECT_EQ(result[0], start[0]);
  }
}

std::vector<std::int64_t> generated_targets() {
  std::vector<std::int64_t> result;
  for (std::uint64_t bits = static_cast<std::uint64_t>(HWY_TARGETS); bits != 0; bits &= bits - 1) {
    result.push_back(static_cast<std::int64_t>(bits & (~bits + 1)));
  }
  return result;
}

std::string name_of(const testing::TestParamInfo<std::int64_t>& info) { return hwy::TargetName(info.param); }

INSTANTIATE_TEST_SUITE_P(Targets, SimdTargetsTest, testing::ValuesIn(generated_targets()), name_of);

}  // namespace
}  // namespace hetscope

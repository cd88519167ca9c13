// The fused product of halves and of integers, for odd sizes, every instruction set and threads; and the conversions
// that give a library a product of halves.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <tuple>

#include "harness/tensor/dtype.hpp"
#include "kernels/dense/half_conversion.hpp"
#include "kernels/sparse/inputs.hpp"
#include "kernels/sparse/series_matmul.hpp"
#include "tests/unit/kernels_sparse/sparse_fixture.hpp"

namespace hetscope {
namespace {

template <class In, class Out>
struct TypedProblem {
  std::int64_t m, k, n;
  Decomposition a;
  std::vector<In> b;

  std::vector<Out> multiply(const FusedSeries& left, ThreadPool* pool = nullptr) const {
    std::vector<Out> c(static_cast<std::size_t>(m * n) + 1, static_cast<Out>(77));  // one more, which stays
    SeriesMatmulWorkspace workspace;
    series_matmul(left, b, n, std::span(c).first(c.size() - 1), workspace, pool);
    EXPECT_EQ(c.back(), static_cast<Out>(77));
    c.pop_back();
    return c;
  }
};
using Halves = TypedProblem<std::uint16_t, std::uint16_t>;
using Integers = TypedProblem<std::int8_t, std::int32_t>;

Halves make_halves(std::int64_t m, std::int64_t k, std::int64_t n, const std::string& series, double sparsity) {
  Halves problem{m, k, n, {}, {}};
  std::vector<std::uint16_t> a;
  for (const float v : make_sparse_input({m, k, sparsity, MaskKind::random, ValueLaw::gaussian, 5})) {
    a.push_back(f16_from_f32(v));
  }
  for (const float v : normal_values(static_cast<std::size_t>(k * n), 6)) problem.b.push_back(f16_from_f32(v));
  problem.a = decompose(MatrixView::f16(a, m, k), Series::parse(series));
  return problem;
}

Integers make_integers(std::int64_t m, std::int64_t k, std::int64_t n, const std::string& series, std::uint64_t seed) {
  Integers problem{m, k, n, {}, {}};
  Random random(seed);
  std::vector<std::int8_t> a;
  const auto any = [&random] { return static_cast<std::int8_t>(static_cast<int>(random.below(256)) - 128); };
  for (std::int64_t i = 0; i < m * k; ++i) a.push_back(random.below(3) == 0 ? std::int8_t{0} : any());
  for (std::int64_t i = 0; i < k * n; ++i) problem.b.push_back(any());
  problem.a = decompose(MatrixView::i8(a, m, k, 0.5), Series::parse(series));
  return problem;
}

// Sums of row and column in f64, and of their magnitudes.
template <class Value>
std::pair<double, double> sums_of(const std::vector<float>& left, std::int64_t k, std::int64_t n, std::int64_t row,
                                  std::int64_t col, Value b) {
  double sum = 0;
  double magnitude = 0;
  for (std::int64_t p = 0; p < k; ++p) {
    const double term =
        static_cast<double>(left[static_cast<std::size_t>(row * k + p)]) * b(static_cast<std::size_t>(p * n + col));
    sum += term;
    magnitude += std::abs(term);
  }
  return {sum, magnitude};
}

void expect_halves(const Halves& problem, const std::vector<float>& left, const std::vector<std::uint16_t>& c,
                   const std::string& what) {
  for (std::int64_t i = 0; i < problem.m * problem.n; ++i) {
    const auto [sum, magnitude] =
        sums_of(left, problem.k, problem.n, i / problem.n, i % problem.n,
                [&](std::size_t at) { return static_cast<double>(f32_from_f16(problem.b[at])); });
    const double tolerance = 0x1p-25 + 0x1p-11 * std::abs(sum) + 0x1p-24 * static_cast<double>(problem.k) * magnitude;
    ASSERT_NEAR(static_cast<double>(f32_from_f16(c[static_cast<std::size_t>(i)])), sum, tolerance)
        << what << " " << problem.m << "x" << problem.k << "x" << problem.n << " element " << i;
  }
}

void expect_integers(const Integers& problem, const std::vector<float>& left, const std::vector<std::int32_t>& c,
                     const std::string& what) {
  for (std::int64_t i = 0; i < problem.m * problem.n; ++i) {
    const auto [sum, magnitude] = sums_of(left, problem.k, problem.n, i / problem.n, i % problem.n,
                                          [&](std::size_t at) { return static_cast<double>(problem.b[at]); });
    ASSERT_EQ(c[static_cast<std::size_t>(i)], sum)
        << what << " " << problem.m << "x" << problem.k << "x" << problem.n << " element " << i;
  }
}

TEST(SeriesMatmulOfHalves, IsTheProductRoundedOnceOnEveryTarget) {
  for_each_target([](const std::string& target) {
    for (const auto& [m, k, n] : {std::tuple{1, 1, 1}, {3, 7, 5}, {37, 203, 49}, {131, 97, 100}, {8, 300, 16}}) {
      const Halves problem = make_halves(m, k, n, "2:4+1:8", 0.5);
      ASSERT_NO_FATAL_FAILURE(
          expect_halves(problem, problem.a.approximation(), problem.multiply(FusedSeries(problem.a)), target));
    }
  });
}

TEST(SeriesMatmulOfIntegers, IsExactOnEveryTarget) {
  for_each_target([](const std::string& target) {
    for (const auto& [m, k, n] : {std::tuple{1, 1, 1}, {3, 7, 5}, {37, 203, 49}, {131, 97, 100}, {8, 300, 16}}) {
      const Integers problem = make_integers(m, k, n, "2:4+1:8", 9);
      ASSERT_NO_FATAL_FAILURE(
          expect_integers(problem, problem.a.approximation(), problem.multiply(FusedSeries(problem.a)), target));
    }
  });
}

// Whatever is lost to terms comes back with the residual; compressed rows and dense are the matrix itself.
TEST(SeriesMatmulOfIntegers, HybridsAreTheWholeMatrix) {
  const Integers problem = make_integers(70, 410, 33, "1:8", 11);
  const std::vector<float> whole = problem.a.reconstruction();
  std::vector<std::int8_t> values;
  for (const float v : whole) values.push_back(static_cast<std::int8_t>(v));
  const MatrixView matrix = MatrixView::i8(values, 70, 410, 0.5);
  expect_integers(problem, whole, problem.multiply(FusedSeries(problem.a, FusedSeries::Residual::kept)), "hybrid");
  expect_integers(problem, whole, problem.multiply(FusedSeries::compressed_rows(matrix)), "rows");
  expect_integers(problem, whole, problem.multiply(FusedSeries::dense(matrix)), "dense");
}

// Sums beyond 2^24, where f32 skips integers: all products are 128 x 128 or its negative but one.
TEST(SeriesMatmulOfIntegers, LargeSumsAreExactOnEveryTarget) {
  constexpr std::int64_t kColumns = 2001;
  std::vector<std::int8_t> a(kColumns, -128);
  a.back() = 1;
  Integers problem{1, kColumns, 3, decompose(MatrixView::i8(a, 1, kColumns, 1), Series::parse("4:4")), {}};
  problem.b.assign(kColumns * 3, -128);
  for_each_target([&problem](const std::string& target) {
    const std::vector<std::int32_t> c = problem.multiply(FusedSeries(problem.a));
    EXPECT_EQ(c[0], 2000 * 16384 - 128) << target;
    EXPECT_EQ(c[2], 2000 * 16384 - 128) << target;
  });
}

TEST(SeriesMatmulOfTypes, ThreadsAndSizeChangeNoBit) {
  ThreadPool pool({0, 0});
  const Halves halves = make_halves(300, 320, 700, "2:8", 0.8);
  const FusedSeries left(halves.a);
  EXPECT_EQ(halves.multiply(left), halves.multiply(left, &pool));
  const Integers integers = make_integers(140, 600, 1900, "2:8", 13);  // beyond two megabytes: prefetched
  const FusedSeries other(integers.a);
  const std::vector<std::int32_t> c = integers.multiply(other);
  EXPECT_EQ(c, integers.multiply(other, &pool));
  expect_integers(integers, integers.a.approximation(), c, "large");
}

TEST(HalfConversion, WidensEveryHalfOnEveryTarget) {
  std::vector<std::uint16_t> bits(1 << 16);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<std::uint16_t>(i);
  for_each_target([&bits](const std::string& target) {
    std::vector<float> wide(bits.size());
    widen_halves(bits, wide.data());
    for (std::size_t i = 0; i < bits.size(); ++i) {
      const float expected = f32_from_f16(bits[i]);
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(wide[i])) << target << " " << i;
        continue;
      }
      ASSERT_EQ(std::bit_cast<std::uint32_t>(wide[i]), std::bit_cast<std::uint32_t>(expected)) << target << " " << i;
    }
  });
}

TEST(HalfConversion, RoundsToTheNearestOnEveryTarget) {
  for_each_target([](const std::string& target) {
    for (const std::size_t count : {std::size_t{1}, std::size_t{7}, std::size_t{1003}}) {
      std::vector<float> values = normal_values(count, count);
      for (std::size_t i = 0; i < count; ++i) values[i] *= std::ldexp(1.0F, static_cast<int>(i % 50) - 30);
      if (count > 100) {
        const float infinity = std::numeric_limits<float>::infinity();
        std::ranges::copy(std::array{0.0F, -0.0F, infinity, -infinity, 65504.0F, 65519.9F, 65520.0F, -1e30F, 0x1p-25F,
                                     0x1.8p-24F, 0x1p-14F, 0x1.ffcp-15F, 0x1.002p0F, 0x1.006p0F},
                          values.begin());
      }
      std::vector<std::uint16_t> bits(count + 1, 0x1234);
      round_to_halves(values, bits.data());
      EXPECT_EQ(bits.back(), 0x1234);
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(bits[i], f16_from_f32(values[i])) << target << " " << values[i];
      }
    }
  });
}

}  // namespace
}  // namespace hetscope

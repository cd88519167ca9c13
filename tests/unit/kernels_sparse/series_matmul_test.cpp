// The fused product against the f64 product of the decomposed matrix, for odd sizes, every instruction set and threads.
#include "kernels/sparse/series_matmul.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>

#include "kernels/sparse/inputs.hpp"
#include "tests/unit/kernels_sparse/sparse_fixture.hpp"

namespace hetscope {
namespace {

using ::testing::HasSubstr;

struct Problem {
  std::int64_t m, k, n;
  Decomposition a;
  std::vector<float> b;
  std::vector<double> product;    // in f64, of the decomposed matrix
  std::vector<double> magnitude;  // sum of |a||b|
};

Problem make_problem(std::int64_t m, std::int64_t k, std::int64_t n, const std::string& series, double sparsity) {
  Problem problem{m, k, n, {}, normal_values(static_cast<std::size_t>(k * n), 82), {}, {}};
  const std::vector<float> a = make_sparse_input({m, k, sparsity, MaskKind::random, ValueLaw::gaussian, 81});
  problem.a = decompose(MatrixView::f32(a, m, k), Series::parse(series), {.keep_residual = false});
  const std::vector<float> kept = problem.a.approximation();
  problem.product.resize(static_cast<std::size_t>(m * n));
  problem.magnitude.resize(problem.product.size());
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t p = 0; p < k; ++p) {
      const double value = static_cast<double>(kept[static_cast<std::size_t>(i * k + p)]);
      for (std::int64_t j = 0; j < n && value != 0; ++j) {
        const double term = value * static_cast<double>(problem.b[static_cast<std::size_t>(p * n + j)]);
        problem.product[static_cast<std::size_t>(i * n + j)] += term;
        problem.magnitude[static_cast<std::size_t>(i * n + j)] += std::abs(term);
      }
    }
  }
  return problem;
}

std::vector<float> multiply(const Problem& problem, ThreadPool* pool = nullptr) {
  // What was in C before must not matter.
  std::vector<float> c(problem.product.size(), std::numeric_limits<float>::quiet_NaN());
  series_matmul(FusedSeries(problem.a), problem.b.data(), problem.n, c.data(), pool);
  return c;
}

void expect_product(const Problem& problem, const std::vector<float>& c, const std::string& what) {
  for (std::size_t i = 0; i < c.size(); ++i) {
    const double tolerance = 4e-6 * problem.magnitude[i] + 1e-30;
    ASSERT_NEAR(static_cast<double>(c[i]), problem.product[i], tolerance)
        << what << " " << problem.m << "x" << problem.k << "x" << problem.n << " element " << i;
  }
}

TEST(SeriesMatmul, IsTheProductForOddSizesOnEveryTarget) {
  for_each_target([](const std::string& target) {
    for (const std::int64_t m : {1, 3, 4, 6, 37, 131}) {
      for (const std::int64_t k : {1, 7, 96, 97, 203}) {
        for (const std::int64_t n : {1, 16, 49, 100}) {
          const Problem problem = make_problem(m, k, n, "2:4+1:8", 0.5);
          ASSERT_NO_FATAL_FAILURE(expect_product(problem, multiply(problem), target));
        }
      }
    }
  });
}

TEST(SeriesMatmul, EveryWidthOfAPanel) {
  for_each_target([](const std::string& target) {
    for (std::int64_t n = 1; n <= 200; n += n < 20 ? 1 : 13) {
      const Problem problem = make_problem(5, 40, n, "2:8", 0.3);
      ASSERT_NO_FATAL_FAILURE(expect_product(problem, multiply(problem), target));
    }
  });
}

// Blocks of 5, 7 and 11 columns cross the kernel's blocks of 96.
TEST(SeriesMatmul, EveryPatternAndSparsity) {
  for (const char* series :
       {"1:8", "1:4", "4:8", "4:4", "3:5", "2:7+1:11", "1:32", "16:31+1:4", "2:8+2:4", "1:4+1:8+1:16"}) {
    for (const double sparsity : {0.0, 0.8, 0.99, 1.0}) {
      const Problem problem = make_problem(21, 301, 70, series, sparsity);
      ASSERT_NO_FATAL_FAILURE(expect_product(problem, multiply(problem), series));
    }
  }
}

TEST(SeriesMatmul, ManyBandsAndChunks) {
  const Problem problem = make_problem(1300, 230, 130, "2:8", 0.9);
  expect_product(problem, multiply(problem), "large");
}

TEST(SeriesMatmul, ThreadsChangeNoBit) {
  ThreadPool pool({0, 0, 0});
  for (const auto& [m, n] : {std::pair{300, 700}, {400, 33}, {9, 50}, {5, 3}}) {
    const Problem problem = make_problem(m, 150, n, "2:4", 0.6);
    EXPECT_EQ(multiply(problem, &pool), multiply(problem)) << m << " " << n;
  }
}

TEST(SeriesMatmul, WritesNothingBesideC) {
  const Problem problem = make_problem(7, 33, 21, "2:4", 0.5);
  std::vector<float> c(problem.product.size() + 64, 7.0F);
  series_matmul(FusedSeries(problem.a), problem.b.data(), problem.n, c.data() + 32);
  for (std::size_t i = 0; i < 32; ++i) {
    EXPECT_EQ(c[i], 7.0F);
    EXPECT_EQ(c[c.size() - 1 - i], 7.0F);
  }
}

TEST(SeriesMatmul, NeedsColumns) {
  const Problem problem = make_problem(4, 8, 1, "2:4", 0.5);
  float c = 0;
  EXPECT_THAT(error_of([&] { series_matmul(FusedSeries(problem.a), problem.b.data(), 0, &c); }), HasSubstr("columns"));
}

// Pairing rows may change the order of the slots of a row, and nothing else: each row executes its slots, all of them.
TEST(FusedSeries, ExecutesEverySlotOfEveryRowOnce) {
  for (const char* series : {"2:4", "1:8", "2:4+1:8", "3:5"}) {
    for (const double sparsity : {0.0, 0.7, 0.95}) {
      const Problem problem = make_problem(139, 250, 1, series, sparsity);
      const FusedSeries fused(problem.a);
      std::int64_t slots = 0;
      for (const Term& term : problem.a.terms) slots += term.slots_per_row();
      EXPECT_EQ(fused.slots_per_row(), slots);
      EXPECT_EQ(fused.groups(), 35);
      std::vector<float> seen(139 * 250, 0.0F);
      std::map<std::int32_t, std::int64_t> executed;
      for (std::int64_t block = 0; block < fused.k_blocks(); ++block) {
        for (std::int64_t g = 0; g < fused.groups(); ++g) {
          const FusedSeries::Group group = fused.group(block, g);
          ASSERT_LE(group.common, fused.slots_of(block));
          const std::uint16_t* b_row = group.b_rows;
          for (std::int64_t slot = 0; slot < fused.slots_of(block); ++slot) {
            const bool common = slot < group.common;
            for (std::size_t r = 0; r < 4; ++r) {
              const std::int64_t k = common ? b_row[r / 2] : b_row[r];
              ASSERT_LT(k, fused.b_rows_of(block));
              const float value = group.values[slot * 4 + static_cast<std::int64_t>(r)];
              if (group.rows[r] < 0) {
                EXPECT_EQ(value, 0.0F);
                continue;
              }
              ++executed[group.rows[r]];
              const auto at = static_cast<std::size_t>(group.rows[r] * 250 + block * FusedSeries::kBlockK + k);
              if (value == 0) continue;
              EXPECT_EQ(seen.at(at), 0.0F);
              seen.at(at) = value;
            }
            b_row += common ? 2 : 4;
          }
        }
      }
      EXPECT_EQ(seen, problem.a.approximation()) << series << " " << sparsity;
      ASSERT_EQ(executed.size(), 139U);
      for (const auto& [row, count] : executed) EXPECT_EQ(count, slots) << row;
    }
  }
}

}  // namespace
}  // namespace hetscope

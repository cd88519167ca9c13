// The fused product against the f64 product of the decomposed matrix, for odd sizes, every instruction set and threads.
#include "kernels/sparse/series_matmul.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

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

std::vector<float> multiply(const FusedSeries& a, const Problem& problem, ThreadPool* pool = nullptr) {
  // What was in C before must not matter.
  std::vector<float> c(problem.product.size(), std::numeric_limits<float>::quiet_NaN());
  // Tensors are aligned, vectors are not; the kernel reads an aligned B in place.
  const auto b = hwy::AllocateAligned<float>(problem.b.size());
  std::ranges::copy(problem.b, b.get());
  SeriesMatmulWorkspace workspace;
  series_matmul(a, std::span(b.get(), problem.b.size()), problem.n, c, workspace, pool);
  return c;
}

std::vector<float> multiply(const Problem& problem, ThreadPool* pool = nullptr) {
  return multiply(FusedSeries(problem.a), problem, pool);
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
      for (const std::int64_t k : {1, 7, 96, 97, 203, 300}) {
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

// The exact products, whose rows have different lengths: shared loads, rows that end early, rows without any entry.
TEST(SeriesMatmul, DenseCompressedAndHybridOperandsOnEveryTarget) {
  for_each_target([](const std::string& target) {
    for (const auto& [m, k, n] : {std::tuple{1, 1, 1}, {7, 97, 33}, {37, 203, 100}, {64, 64, 50}}) {
      for (const double sparsity : {0.0, 0.7, 0.99}) {
        // A series with all slots is the matrix itself, so that make_problem's product is the exact one.
        const Problem problem = make_problem(m, k, n, "4:4", sparsity);
        const std::vector<float> a = problem.a.approximation();
        const MatrixView matrix = MatrixView::f32(a, m, k);
        const Decomposition hybrid = decompose(matrix, Series::parse("1:8"));
        ASSERT_NO_FATAL_FAILURE(expect_product(problem, multiply(FusedSeries::dense(matrix), problem), target));
        ASSERT_NO_FATAL_FAILURE(
            expect_product(problem, multiply(FusedSeries::compressed_rows(matrix), problem), target));
        ASSERT_NO_FATAL_FAILURE(
            expect_product(problem, multiply(FusedSeries(hybrid, FusedSeries::Residual::kept), problem), target));
      }
    }
  });
}

// Beyond two megabytes of B and C the kernel prefetches both.
TEST(SeriesMatmul, LargeOperandsArePrefetched) {
  const Problem problem = make_problem(40, 300, 1700, "2:8", 0.9);
  expect_product(problem, multiply(problem), "prefetched");
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
  SeriesMatmulWorkspace workspace;
  series_matmul(FusedSeries(problem.a), problem.b, problem.n, std::span(c).subspan(32, problem.product.size()),
                workspace);
  for (std::size_t i = 0; i < 32; ++i) {
    EXPECT_EQ(c[i], 7.0F);
    EXPECT_EQ(c[c.size() - 1 - i], 7.0F);
  }
}

// Up to 128 rows of a B whose rows are whole lines are multiplied without packing.
TEST(SeriesMatmul, FewRowsReadBInPlace) {
  for_each_target([](const std::string& target) {
    for (const auto& [m, n] : {std::pair{8, 64}, {64, 48}, {128, 80}, {129, 80}, {40, 112}}) {
      const Problem problem = make_problem(m, 310, n, "2:4+1:8", 0.8);
      ASSERT_NO_FATAL_FAILURE(expect_product(problem, multiply(problem), target));
    }
  });
}

TEST(SeriesMatmul, ShapesThatDoNotMultiplyAreErrors) {
  const Problem problem = make_problem(4, 8, 3, "2:4", 0.5);
  const FusedSeries a(problem.a);
  std::vector<float> c(12, 7.0F);
  const auto message = [&](const FusedSeries& left, std::size_t b_size, std::int64_t n, std::size_t c_size) {
    SeriesMatmulWorkspace workspace;
    return error_of(
        [&] { series_matmul(left, std::span(problem.b).first(b_size), n, std::span(c).first(c_size), workspace); });
  };
  EXPECT_THAT(message(a, 24, 0, 12), HasSubstr("0 columns"));
  EXPECT_THAT(message(a, 24, -3, 12), HasSubstr("-3 columns"));
  EXPECT_THAT(message(a, 23, 3, 12), HasSubstr("B has 23 elements; the product needs 8 x 3"));
  EXPECT_THAT(message(a, 21, 3, 12), HasSubstr("B has 21 elements"));
  EXPECT_THAT(message(a, 24, 3, 9), HasSubstr("C has 9 elements; the product needs 4 x 3"));
  EXPECT_THAT(message(a, 24, std::int64_t{1} << 62, 12), HasSubstr("B has 24 elements"));
  EXPECT_THAT(message(FusedSeries(), 0, 3, 0), HasSubstr("no rows"));
  EXPECT_THAT(c, ::testing::Each(7.0F));
  EXPECT_EQ(message(a, 24, 3, 12), "");
}

// Grouping rows may change the order of the slots of a row, and nothing else. Returns the matrix that the groups hold,
// and how many multiply-adds each row executes.
struct Executed {
  std::vector<float> matrix;
  std::map<std::int32_t, std::int64_t> multiply_adds;
};

Executed executed_by(const FusedSeries& fused) {
  Executed result;
  result.matrix.assign(static_cast<std::size_t>(fused.rows() * fused.cols()), 0.0F);
  for (std::int64_t block = 0; block < fused.k_blocks(); ++block) {
    for (std::int64_t g = 0; g < fused.groups(); ++g) {
      const FusedSeries::Group& group = fused.groups_of(block)[g];
      const std::uint16_t* b_row = fused.b_rows() + group.first_b_row;
      const float* value = fused.values() + group.first_value;
      const auto execute = [&](std::size_t r, std::int64_t k) {
        EXPECT_LT(k, fused.b_rows_of(block));
        const float v = *value++;
        if (group.rows[r] < 0) {
          EXPECT_EQ(v, 0.0F);
          return;
        }
        ++result.multiply_adds[group.rows[r]];
        float& entry =
            result.matrix.at(static_cast<std::size_t>(group.rows[r] * fused.cols() + block * fused.block_k() + k));
        if (v == 0) return;
        EXPECT_EQ(entry, 0.0F);
        entry = v;
      };
      for (std::int32_t i = 0; i < group.shared; ++i, ++b_row) {
        for (std::size_t r = 0; r < 8; ++r) execute(r, *b_row);
      }
      for (std::int32_t i = 0; i < group.common; ++i, b_row += 4) {
        for (std::size_t r = 0; r < 8; ++r) execute(r, b_row[r / 2]);
      }
      for (std::int32_t i = 0; i < group.alone; ++i, b_row += 8) {
        for (std::size_t r = 0; r < 8; ++r) execute(r, b_row[r]);
      }
      std::int64_t rest = 0;
      for (std::size_t r = 0; r < 8; ++r) {
        rest += group.rest[r];
        for (std::int32_t i = 0; i < group.rest[r]; ++i) execute(r, *b_row++);
      }
      EXPECT_EQ(rest, group.rest_of_all);
    }
  }
  return result;
}

TEST(FusedSeries, ExecutesEverySlotOfEveryRowOnce) {
  for (const char* series : {"2:4", "1:8", "2:4+1:8", "3:5"}) {
    for (const double sparsity : {0.0, 0.7, 0.95}) {
      for (const std::int64_t block : {0, 48, 96, 288}) {
        const Problem problem = make_problem(139, 250, 1, series, sparsity);
        const FusedSeries fused(problem.a, FusedSeries::Residual::dropped, block);
        std::int64_t slots = 0;
        for (const Term& term : problem.a.terms) slots += term.slots_per_row();
        EXPECT_EQ(fused.slots_per_row(), slots);
        EXPECT_EQ(fused.groups(), 18);
        const Executed executed = executed_by(fused);
        EXPECT_EQ(executed.matrix, problem.a.approximation()) << series << " " << sparsity << " " << block;
        ASSERT_EQ(executed.multiply_adds.size(), 139U);
        for (const auto& [row, count] : executed.multiply_adds) EXPECT_EQ(count, slots) << row;
        EXPECT_EQ(fused.multiply_adds(), 139 * slots);
      }
    }
  }
}

TEST(FusedSeries, CompressedRowsExecuteEveryEntryOnceAndNothingElse) {
  for (const MaskKind mask : {MaskKind::random, MaskKind::channel_skewed, MaskKind::adversary}) {
    for (const double sparsity : {0.0, 0.6, 0.95, 1.0}) {
      const std::vector<float> a = make_sparse_input({139, 250, sparsity, mask, ValueLaw::gaussian, 5});
      const FusedSeries fused = FusedSeries::compressed_rows(MatrixView::f32(a, 139, 250));
      const Executed executed = executed_by(fused);
      EXPECT_EQ(executed.matrix, a);
      std::int64_t total = 0;
      for (const auto& [row, count] : executed.multiply_adds) total += count;
      EXPECT_EQ(total, std::ranges::count_if(a, [](float v) { return v != 0; }));
      EXPECT_EQ(fused.multiply_adds(), total);
    }
  }
}

TEST(FusedSeries, AKeptResidualMakesTheSeriesWhole) {
  for (const double sparsity : {0.0, 0.5, 0.9}) {
    const std::vector<float> a = make_sparse_input({77, 203, sparsity, MaskKind::random, ValueLaw::gaussian, 6});
    const Decomposition decomposed = decompose(MatrixView::f32(a, 77, 203), Series::parse("1:8+1:5"));
    const FusedSeries fused(decomposed, FusedSeries::Residual::kept);
    EXPECT_EQ(executed_by(fused).matrix, a);
  }
}

TEST(FusedSeries, DenseExecutesEveryEntry) {
  const std::vector<float> a = make_sparse_input({13, 130, 0.4, MaskKind::random, ValueLaw::gaussian, 7});
  const FusedSeries fused = FusedSeries::dense(MatrixView::f32(a, 13, 130));
  EXPECT_EQ(executed_by(fused).matrix, a);
  EXPECT_EQ(fused.multiply_adds(), 13 * 130);
}

TEST(FusedSeries, InOrderHoldsTheSameSlotsAndReusesItsMemory) {
  FusedSeries fused;
  for (const char* series : {"2:4+2:8", "1:8", "3:5+1:7"}) {
    for (const std::int64_t m : {139, 8, 1}) {
      const Problem problem = make_problem(m, 250, 70, series, 0.5);
      ThreadPool pool({0, 0});
      fused.assign_in_order(problem.a, m == 139 ? &pool : nullptr);
      EXPECT_EQ(executed_by(fused).matrix, problem.a.approximation()) << series << " " << m;
      EXPECT_EQ(fused.multiply_adds(), m * fused.slots_per_row());
      expect_product(problem, multiply(fused, problem), series);
    }
  }
}

TEST(FusedSeries, BadBlocksAndMissingResidualsAreErrors) {
  const Problem problem = make_problem(4, 8, 1, "2:4", 0.5);
  EXPECT_THAT(error_of([&] { FusedSeries(problem.a, FusedSeries::Residual::kept); }), HasSubstr("residual"));
  EXPECT_THAT(error_of([&] { FusedSeries(problem.a, FusedSeries::Residual::dropped, 289); }), HasSubstr("289"));
  EXPECT_THAT(error_of([&] { FusedSeries(problem.a, FusedSeries::Residual::dropped, -1); }), HasSubstr("-1"));
  std::vector<float> bad(32, 1.0F);
  bad[9] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(error_of([&] { FusedSeries::compressed_rows(MatrixView::f32(bad, 4, 8)); }),
              HasSubstr("row 1, column 1"));
}

}  // namespace
}  // namespace hetscope

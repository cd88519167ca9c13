// The algebra of greedy decomposition as properties over random blocks, with and without ties.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "kernels/sparse/decomposition.hpp"
#include "kernels/sparse/decomposition_metrics.hpp"
#include "kernels/sparse/inputs.hpp"
#include "tests/unit/kernels_sparse/sparse_fixture.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kBlocks = 3000;

// 3000 blocks of 8, one a row: normal values, values with ties, and sparse ones.
std::vector<std::vector<float>> block_sets() {
  std::vector<std::vector<float>> sets;
  sets.push_back(normal_values(kBlocks * 8, 21));
  sets.push_back(tied_values(kBlocks * 8, 22));
  sets.push_back(make_sparse_input({kBlocks, 8, 0.5, MaskKind::random, ValueLaw::gaussian, 23}));
  sets.push_back(make_sparse_input({kBlocks, 8, 0.3, MaskKind::random, ValueLaw::constant, 24}));
  return sets;
}

Decomposition decompose_blocks(const std::vector<float>& values, const std::string& series, std::int64_t cols = 8) {
  return decompose(MatrixView::f32(values, static_cast<std::int64_t>(values.size()) / cols, cols),
                   Series::parse(series));
}

enum class Norm { l1, l2 };

double weight(float value, Norm norm) {
  const double v = std::abs(static_cast<double>(value));
  return norm == Norm::l1 ? v : v * v;
}

double kept(const std::vector<float>& block, const std::string& series) {
  return sum_of_magnitudes(decompose_blocks(block, series, static_cast<std::int64_t>(block.size())).approximation());
}

// The most that n1:4 and n2:8 together can keep of a block of 8, over all choices: a set of entries is a choice when at
// most n2 of them are beyond the first n1 of each half.
double best_kept(const float* block, int n1, int n2, Norm norm) {
  double best = 0;
  for (unsigned set = 0; set < 256; ++set) {
    const int low = std::popcount(set & 15U);
    const int high = std::popcount(set >> 4);
    if (std::max(0, low - n1) + std::max(0, high - n1) > n2) continue;
    double sum = 0;
    for (unsigned i = 0; i < 8; ++i) {
      if ((set >> i & 1U) != 0) sum += weight(block[i], norm);
    }
    best = std::max(best, sum);
  }
  return best;
}

double kept_of_row(const std::vector<float>& approximation, std::int64_t row, Norm norm) {
  double sum = 0;
  for (std::int64_t i = row * 8; i < row * 8 + 8; ++i) {
    sum += weight(approximation[static_cast<std::size_t>(i)], norm);
  }
  return sum;
}

TEST(Statement1, TermsOfEqualMAreOneTerm) {
  const std::vector<std::array<const char*, 2>> equal = {{"2:8+1:8", "3:8"},         {"1:8+2:8", "3:8"},
                                                         {"4:8+2:8", "6:8"},         {"1:4+1:4", "2:4"},
                                                         {"1:8+1:8+1:8+1:8", "4:8"}, {"4:16+6:16", "10:16"}};
  for (const auto& values : block_sets()) {
    for (const auto& [series, single] : equal) {
      EXPECT_EQ(decompose_blocks(values, series, 16).approximation(),
                decompose_blocks(values, single, 16).approximation())
          << series;
    }
  }
}

TEST(Statement2, TwoOfFourAndTwoOfEightAreSixOfEight) {
  for (const auto& values : block_sets()) {
    EXPECT_EQ(decompose_blocks(values, "2:4+2:8").approximation(), decompose_blocks(values, "6:8").approximation());
  }
}

TEST(Statement2, TwoOfFourAndOneOfEightAreSlightlyWorseThanFiveOfEight) {
  const std::vector<float> values = normal_values(kBlocks * 8, 25);
  const double series = sum_of_magnitudes(decompose_blocks(values, "2:4+1:8").approximation());
  const double single = sum_of_magnitudes(decompose_blocks(values, "5:8").approximation());
  EXPECT_LT(series, single);
  EXPECT_GT(series, 0.98 * single);
}

TEST(Statement3, SmallMFirstIsOptimalInBothNorms) {
  for (const auto& values : block_sets()) {
    for (const auto& [n1, n2] : {std::pair{1, 1}, {1, 2}, {2, 1}, {2, 2}, {1, 4}, {3, 1}}) {
      const std::string series = std::to_string(n1) + ":4+" + std::to_string(n2) + ":8";
      const std::vector<float> approximation = decompose_blocks(values, series).approximation();
      for (std::int64_t row = 0; row < kBlocks; ++row) {
        for (const Norm norm : {Norm::l1, Norm::l2}) {
          const double best = best_kept(values.data() + row * 8, n1, n2, norm);
          ASSERT_NEAR(kept_of_row(approximation, row, norm), best, 1e-12 * best) << series << " row " << row;
        }
      }
    }
  }
}

TEST(Statement3, LargeMFirstIsNot) {
  const std::vector<float> example = {10, 1, 0, 0, 9, 8, 0, 0};
  EXPECT_EQ(kept(example, "1:4+1:8"), 27);
  EXPECT_EQ(kept(example, "1:8+1:4"), 20);
  const std::vector<float> values = normal_values(kBlocks * 8, 26);
  const std::vector<float> approximation = decompose_blocks(values, "1:8+1:4").approximation();
  std::int64_t suboptimal = 0;
  for (std::int64_t row = 0; row < kBlocks; ++row) {
    const double best = best_kept(values.data() + row * 8, 1, 1, Norm::l1);
    const double got = kept_of_row(approximation, row, Norm::l1);
    ASSERT_LE(got, best * (1 + 1e-12));
    suboptimal += got < best * (1 - 1e-12) ? 1 : 0;
  }
  EXPECT_GT(suboptimal, kBlocks / 10);
}

TEST(Statement4, TheControlIsNeverWorse) {
  const std::vector<float> normal = normal_values(1 << 14, 27);
  const std::vector<float> tied = tied_values(1 << 14, 28);
  for (const char* text :
       {"2:4+1:8", "1:8+2:4", "1:4+1:8", "2:8+2:4", "2:4+2:16", "1:4+1:8+1:16", "1:2+1:32", "4:8+1:8"}) {
    const Series series = Series::parse(text);
    const Series control({series.same_slots_control()});
    EXPECT_EQ(control.slots(), series.slots());
    for (const auto* values : {&normal, &tied}) {
      const MatrixView view = MatrixView::f32(*values, 256, 64);
      const DecompositionMetrics with_series = metrics_of(decompose(view, series));
      const DecompositionMetrics with_control = metrics_of(decompose(view, control));
      EXPECT_GE(with_control.kept_magnitude, with_series.kept_magnitude * (1 - 1e-12)) << text;
      EXPECT_LE(with_control.relative_frobenius, with_series.relative_frobenius * (1 + 1e-12)) << text;
    }
  }
}

TEST(Statement5, LosslessExactlyWhenTheBlocksAllowIt) {
  int lossless_seen = 0;
  int lossy_seen = 0;
  for (const double sparsity : {0.3, 0.6, 0.8}) {
    const std::vector<float> values =
        make_sparse_input({kBlocks, 8, sparsity, MaskKind::random, ValueLaw::laplace, 29});
    for (const auto& [n1, n2, nested] :
         {std::tuple{2, 1, true}, {1, 1, true}, {1, 2, true}, {2, 1, false}, {1, 3, false}}) {
      const std::string series = std::to_string(n1) + (nested ? ":4+" : ":8+") + std::to_string(n2) + ":8";
      const Decomposition d = decompose_blocks(values, series);
      for (std::int64_t row = 0; row < kBlocks; ++row) {
        std::array<int, 2> count = {0, 0};
        bool residual_is_zero = true;
        for (std::int64_t i = 0; i < 8; ++i) {
          const auto at = static_cast<std::size_t>(row * 8 + i);
          count[static_cast<std::size_t>(i / 4)] += values[at] != 0 ? 1 : 0;
          residual_is_zero = residual_is_zero && d.residual[at] == 0;
        }
        const bool expected =
            nested ? std::max(0, count[0] - n1) + std::max(0, count[1] - n1) <= n2 : count[0] + count[1] <= n1 + n2;
        ASSERT_EQ(residual_is_zero, expected) << series << " row " << row;
        (expected ? lossless_seen : lossy_seen) += 1;
      }
    }
  }
  EXPECT_GT(lossless_seen, 1000);
  EXPECT_GT(lossy_seen, 1000);
}

TEST(Statement6, EnoughEqualTermsAreLosslessWithSlotsOfOne) {
  const std::vector<float> values = normal_values(64 * 32, 30);
  for (const char* text : {"2:4+2:4", "1:4+1:4+1:4+1:4", "2:8+2:8+2:8+2:8", "4:16+4:16+4:16+4:16", "16:32+16:32"}) {
    const Decomposition d = decompose_blocks(values, text, 32);
    EXPECT_EQ(d.approximation(), values) << text;
    EXPECT_DOUBLE_EQ(d.executed_slots(), 1.0);
    EXPECT_EQ(metrics_of(d).dropped_nonzeros, 0);
    EXPECT_EQ(metrics_of(d).relative_frobenius, 0);
  }
}

// E[max(0, X - N)] / (M d) for X ~ Bin(M, d).
double expected_drop(int n, int m, double density) {
  double expectation = 0;
  for (int x = n + 1; x <= m; ++x) {
    const double ways = std::exp(std::lgamma(m + 1.0) - std::lgamma(x + 1.0) - std::lgamma(m - x + 1.0));
    expectation += (x - n) * ways * std::pow(density, x) * std::pow(1 - density, m - x);
  }
  return expectation / (m * density);
}

TEST(Statement7, RandomMasksDropWhatTheBinomialSays) {
  EXPECT_NEAR(expected_drop(2, 4, 0.5), 0.1875, 1e-12);
  constexpr std::int64_t kEntries = 1 << 20;
  for (const double sparsity : {0.5, 0.7, 0.9}) {
    const std::vector<float> values =
        make_sparse_input({1024, 1024, sparsity, MaskKind::random, ValueLaw::gaussian, 31});
    for (const char* text : {"1:4", "2:4", "1:8", "2:8", "4:8", "4:16"}) {
      const NmPattern pattern = parse_nm_pattern(text);
      const double expected = expected_drop(pattern.n, pattern.m, 1 - sparsity);
      const double got =
          metrics_of(decompose(MatrixView::f32(values, 1024, 1024), Series({pattern}))).dropped_nonzero_fraction();
      // Five standard deviations, blocks being independent and a block's drop varying by at most M/2 entries.
      const double deviation =
          0.5 * pattern.m * std::sqrt(static_cast<double>(pattern.m) / kEntries) / (pattern.m * (1 - sparsity));
      EXPECT_NEAR(got, expected, std::min(5 * deviation, 0.004)) << text << " " << sparsity;
    }
  }
}

}  // namespace
}  // namespace hetscope

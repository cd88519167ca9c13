// The decomposition's contract: ties, tails, zeros, types, errors, threads, and the same bits on every instruction set.
#include "kernels/sparse/decomposition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "kernels/sparse/decompose_row.hpp"
#include "kernels/sparse/decomposition_metrics.hpp"
#include "tests/unit/kernels_sparse/sparse_fixture.hpp"

namespace hetscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Decomposition decompose_f32(const std::vector<float>& values, std::int64_t rows, const char* series) {
  return decompose(MatrixView::f32(values, rows, static_cast<std::int64_t>(values.size()) / rows),
                   Series::parse(series));
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

void expect_same(const Decomposition& a, const Decomposition& b, const std::string& what) {
  ASSERT_EQ(a.terms.size(), b.terms.size()) << what;
  for (std::size_t t = 0; t < a.terms.size(); ++t) {
    EXPECT_TRUE(same_bits(a.terms[t].values, b.terms[t].values)) << what << " term " << t;
    EXPECT_EQ(a.terms[t].indices, b.terms[t].indices) << what << " term " << t;
  }
  EXPECT_TRUE(same_bits(a.residual, b.residual)) << what;
}

TEST(Decomposition, KeepsTheLargestOfEachBlockInOrder) {
  const Decomposition d = decompose_f32({1, -4, 2, 3, 5, 0, -7, 6}, 1, "2:4+1:8");
  EXPECT_THAT(d.terms[0].values, ElementsAre(-4, 3, -7, 6));
  EXPECT_THAT(d.terms[0].indices, ElementsAre(1, 3, 2, 3));
  EXPECT_THAT(d.terms[1].values, ElementsAre(5));
  EXPECT_THAT(d.terms[1].indices, ElementsAre(4));
  EXPECT_THAT(d.residual, ElementsAre(1, 0, 2, 0, 0, 0, 0, 0));
}

TEST(Decomposition, TheLowerIndexWinsATie) {
  const Decomposition d = decompose_f32({1, -1, 1, -1, 2, -2, 2, 2}, 1, "2:4+1:8");
  EXPECT_THAT(d.terms[0].indices, ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(d.terms[0].values, ElementsAre(1, -1, 2, -2));
  EXPECT_THAT(d.terms[1].indices, ElementsAre(6));
}

TEST(Decomposition, EmptySlotsAreZeroAndLast) {
  const Decomposition d = decompose_f32({0, 0, 0, 9, -0.0F, 0, 0, 0}, 1, "2:4");
  EXPECT_THAT(d.terms[0].values, ElementsAre(9, 0, 0, 0));
  EXPECT_THAT(d.terms[0].indices, ElementsAre(3, 0, 0, 0));
  for (const float v : d.terms[0].values) EXPECT_FALSE(std::signbit(v));
}

TEST(Decomposition, SubnormalNumbersCount) {
  const float tiny = std::numeric_limits<float>::denorm_min();
  const Decomposition d = decompose_f32({0, tiny, 2 * tiny, 0}, 1, "1:4");
  EXPECT_THAT(d.terms[0].indices, ElementsAre(2));
  EXPECT_EQ(d.residual[1], tiny);
}

TEST(Decomposition, TailBlocksArePaddedAndNeverPointBehindTheRow) {
  for (std::int64_t cols = 1; cols <= 70; ++cols) {
    const std::vector<float> a = tied_values(static_cast<std::size_t>(3 * cols), static_cast<std::uint64_t>(cols));
    for (const char* series : {"2:4", "4:8", "1:8", "7:8", "2:4+2:8", "3:5+4:32", "16:32"}) {
      const Decomposition d = decompose_f32(a, 3, series);
      EXPECT_EQ(d.reconstruction(), a) << series << " " << cols;
      for (const Term& term : d.terms) {
        EXPECT_EQ(term.blocks, (cols + term.pattern.m - 1) / term.pattern.m);
        for (std::size_t slot = 0; slot < term.indices.size(); ++slot) {
          const auto in_row = static_cast<std::int64_t>(slot) % term.slots_per_row();
          ASSERT_LT(in_row / term.pattern.n * term.pattern.m + term.indices[slot], cols) << series;
        }
      }
    }
  }
}

TEST(Decomposition, TermsAndResidualAreTheMatrixForEveryPattern) {
  const std::vector<float> a = normal_values(4 * 97, 5);
  for (int m = 1; m <= NmPattern::kMaxM; ++m) {
    for (int n = 1; n <= m; ++n) {
      const Decomposition d = decompose(MatrixView::f32(a, 4, 97), Series({NmPattern{n, m}}));
      ASSERT_TRUE(same_bits(d.reconstruction(), a)) << n << ":" << m;
      std::vector<float> sum = d.approximation();
      for (std::size_t i = 0; i < a.size(); ++i) {
        // Each entry is in the terms or in the residual, never in both, never changed.
        ASSERT_TRUE((sum[i] == a[i] && d.residual[i] == 0) || (sum[i] == 0 && d.residual[i] == a[i]));
      }
    }
  }
}

TEST(Decomposition, GreedyKeepsNoSmallerEntryThanItDrops) {
  const std::vector<float> a = normal_values(64 * 30, 6);
  const Decomposition d = decompose_f32(a, 30, "3:16");
  const std::vector<float> kept = d.approximation();
  for (std::size_t block = 0; block < a.size() / 16; ++block) {
    float smallest_kept = std::numeric_limits<float>::infinity();
    float largest_dropped = 0;
    int count = 0;
    for (std::size_t i = block * 16; i < block * 16 + 16; ++i) {
      if (kept[i] != 0) {
        smallest_kept = std::min(smallest_kept, std::abs(kept[i]));
        ++count;
      }
      largest_dropped = std::max(largest_dropped, std::abs(d.residual[i]));
    }
    EXPECT_EQ(count, 3);
    EXPECT_GE(smallest_kept, largest_dropped);
  }
}

TEST(Decomposition, F16AndI8AreDecomposedAsTheirValues) {
  const std::vector<float> values = tied_values(5 * 37, 8, 100);
  std::vector<std::uint16_t> halves;
  std::vector<std::int8_t> bytes;
  for (const float v : values) {
    halves.push_back(f16_from_f32(v));
    bytes.push_back(static_cast<std::int8_t>(v));
  }
  const Series series = Series::parse("2:4+3:7");
  const Decomposition expected = decompose(MatrixView::f32(values, 5, 37), series);
  expect_same(decompose(MatrixView::f16(halves, 5, 37), series), expected, "f16");
  const Decomposition scaled = decompose(MatrixView::i8(bytes, 5, 37, 0.25), series);
  expect_same(scaled, expected, "i8");
  EXPECT_EQ(scaled.scale, 0.25);
  EXPECT_DOUBLE_EQ(metrics_of(scaled).kept_magnitude, 0.25 * metrics_of(expected).kept_magnitude);
}

TEST(Decomposition, TheSmallestI8IsTheLargestMagnitude) {
  const std::vector<std::int8_t> bytes = {127, -128, 0, 1};
  EXPECT_THAT(decompose(MatrixView::i8(bytes, 1, 4, 1), Series::parse("1:4")).terms[0].values, ElementsAre(-128));
}

TEST(Decomposition, ReadsRowsApart) {
  const std::vector<float> padded = {1, 2, 3, 4, 99, 99, 8, 7, 6, 5, 99, 99};
  MatrixView view{DType::f32, padded.data(), 2, 4, 6, 1};
  const Decomposition d = decompose(view, Series::parse("2:4"));
  EXPECT_THAT(d.terms[0].values, ElementsAre(3, 4, 8, 7));
}

TEST(Decomposition, WhatIsNotFiniteIsFound) {
  for (const std::int64_t cols : {5, 16, 67}) {
    for (const std::int64_t at : {std::int64_t{0}, cols - 1, cols / 2}) {
      std::vector<float> a = normal_values(static_cast<std::size_t>(4 * cols), 9);
      a[static_cast<std::size_t>(2 * cols + at)] = -std::numeric_limits<float>::infinity();
      a[static_cast<std::size_t>(3 * cols)] = std::numeric_limits<float>::quiet_NaN();
      const std::string message = error_of([&] { decompose_f32(a, 4, "2:4"); });
      EXPECT_THAT(message, HasSubstr("row 2, column " + std::to_string(at) + ": infinity"));
    }
  }
  for (const std::int64_t cols : {4, 16, 68}) {
    for (const std::int64_t at : {std::int64_t{0}, cols - 1, cols / 2}) {
      for (const bool is_nan : {false, true}) {
        std::vector<std::uint16_t> halves(static_cast<std::size_t>(3 * cols), 0);
        halves[static_cast<std::size_t>(cols + at)] = is_nan ? 0x7e00 : 0xfc00;
        EXPECT_THAT(error_of([&] { decompose(MatrixView::f16(halves, 3, cols), Series::parse("1:4")); }),
                    HasSubstr("row 1, column " + std::to_string(at) + (is_nan ? ": NaN" : ": infinity")));
      }
    }
  }
}

TEST(Decomposition, BadMatricesAreRefused) {
  const std::vector<float> a(12, 1.0F);
  const Series series = Series::parse("2:4");
  EXPECT_THAT(error_of([&] { MatrixView::f32(a, 5, 3); }), HasSubstr("not a matrix of 5 x 3"));
  EXPECT_THAT(error_of([&] { MatrixView::f32(a, 0, 3); }), HasSubstr("not a matrix"));
  EXPECT_THAT(error_of([&] { MatrixView::f32(a, -4, -3); }), HasSubstr("not a matrix"));
  EXPECT_THAT(error_of([&] { decompose({DType::i32, a.data(), 3, 4, 4, 1}, series); }), HasSubstr("i32"));
  EXPECT_THAT(error_of([&] { decompose({DType::f32, a.data(), 3, 4, 3, 1}, series); }), HasSubstr("stride"));
  EXPECT_THAT(error_of([&] { decompose({DType::f32, nullptr, 3, 4, 4, 1}, series); }), HasSubstr("no elements"));
  const std::vector<std::int8_t> q(12, 1);
  for (const double scale : {0.0, -1.0, std::nan("")}) {
    EXPECT_THAT(error_of([&] { decompose(MatrixView::i8(q, 3, 4, scale), series); }), HasSubstr("scale"));
  }
}

TEST(Decomposition, ThreadsChangeNothing) {
  const std::vector<float> a = normal_values(37 * 90, 10);
  const MatrixView view = MatrixView::f32(a, 37, 90);
  const Series series = Series::parse("2:4+1:8+3:16");
  const Decomposition alone = decompose(view, series);
  ThreadPool pool({0, 0, 0});
  expect_same(decompose(view, series, {.pool = &pool}), alone, "3 threads");
  std::vector<float> bad = a;
  bad[20 * 90 + 3] = std::nanf("");
  bad[36 * 90 + 1] = std::nanf("");
  const Series two = Series::parse("2:4");
  EXPECT_THAT(error_of([&] { decompose(MatrixView::f32(bad, 37, 90), two, {.pool = &pool}); }),
              HasSubstr("row 20, column 3"));
}

TEST(Decomposition, ABufferUsedAgainHoldsNothingOld) {
  Decomposition buffer;
  const std::vector<float> large = normal_values(50 * 64, 11);
  decompose(MatrixView::f32(large, 50, 64), Series::parse("4:8+2:8"), {}, buffer);
  const std::vector<float> small = tied_values(7 * 13, 12);
  decompose(MatrixView::f32(small, 7, 13), Series::parse("2:4"), {}, buffer);
  expect_same(buffer, decompose_f32(small, 7, "2:4"), "used again");
  decompose(MatrixView::f32(small, 7, 13), Series::parse("2:4"), {.keep_residual = false}, buffer);
  EXPECT_TRUE(buffer.residual.empty());
  EXPECT_THAT(error_of([&] { (void)buffer.reconstruction(); }), HasSubstr("no residual"));
}

TEST(Decomposition, ExtractTermIsOneStepOfTheSeries) {
  std::vector<float> residual = normal_values(9 * 29, 13);
  const std::vector<float> a = residual;
  const Decomposition d = decompose_f32(a, 9, "2:4+1:8");
  for (const Term& expected : d.terms) {
    const Term term = extract_term(expected.pattern, 9, 29, residual);
    EXPECT_EQ(term.values, expected.values);
    EXPECT_EQ(term.indices, expected.indices);
  }
  EXPECT_EQ(residual, d.residual);
  EXPECT_THAT(error_of([&] {
                extract_term({2, 4}, 9, 30, residual);
              }),
              HasSubstr("261 values are not a matrix of 9 x 30"));
  EXPECT_THAT(error_of([&] { extract_term({2, 4}, -9, 29, residual); }), HasSubstr("not a matrix"));
  EXPECT_THAT(error_of([&] { extract_term({5, 4}, 9, 29, residual); }), HasSubstr("N > M"));
}

// Rows of every length around the vector widths, with ties, zeros of both signs, subnormals and normals.
TEST(DecomposeRow, EveryTargetGivesTheBitsOfTheGenericLoop) {
  Random random(14);
  std::vector<float> source(8 * 75);
  for (float& v : source) {
    const std::uint64_t kind = random.below(6);
    v = kind == 0   ? 0.0F
        : kind == 1 ? -0.0F
        : kind == 2 ? static_cast<float>(random.below(3)) - 1.0F
        : kind == 3 ? std::numeric_limits<float>::denorm_min() * static_cast<float>(random.below(4))
                    : static_cast<float>(random.normal());
  }
  for_each_target([&](const std::string& target) {
    for (const char* text : {"1:4", "2:4", "3:4", "4:4", "1:8", "2:8", "3:8", "4:8", "5:8", "4:16", "1:32"}) {
      const NmPattern pattern = parse_nm_pattern(text);
      const std::int64_t most = static_cast<std::int64_t>(source.size()) / pattern.m;
      for (std::int64_t blocks = 0; blocks <= most; ++blocks) {
        std::vector<float> row_a = source;
        std::vector<float> row_b = source;
        const auto slots = static_cast<std::size_t>(blocks * pattern.n);
        std::vector<float> values_a(slots), values_b(slots);
        std::vector<std::uint8_t> indices_a(slots), indices_b(slots);
        decompose_row_generic(pattern, row_a.data(), blocks, values_a.data(), indices_a.data());
        decompose_row(pattern, row_b.data(), blocks, values_b.data(), indices_b.data());
        ASSERT_EQ(indices_a, indices_b) << target << " " << text << " " << blocks;
        ASSERT_TRUE(same_bits(values_a, values_b)) << target << " " << text << " " << blocks;
        for (std::size_t i = 0; i < row_a.size(); ++i) ASSERT_EQ(row_a[i], row_b[i]) << target << " " << text;
      }
    }
  });
}

TEST(DecomposeRow, EveryTargetFindsWhatIsNotFinite) {
  for_each_target([&](const std::string& target) {
    for (std::int64_t count = 1; count <= 70; ++count) {
      std::vector<float> in = normal_values(static_cast<std::size_t>(count), 15);
      std::vector<float> out(in.size());
      EXPECT_TRUE(copy_finite_f32(in.data(), out.data(), count)) << target;
      EXPECT_EQ(in, out);
      in[static_cast<std::size_t>(count / 2)] = std::nanf("");
      EXPECT_FALSE(copy_finite_f32(in.data(), out.data(), count)) << target << " " << count;
      in[static_cast<std::size_t>(count / 2)] = -std::numeric_limits<float>::infinity();
      EXPECT_FALSE(copy_finite_f32(in.data(), out.data(), count)) << target << " " << count;
      in[static_cast<std::size_t>(count / 2)] = std::numeric_limits<float>::max();
      EXPECT_TRUE(copy_finite_f32(in.data(), out.data(), count)) << target << " " << count;
    }
  });
}

TEST(DecomposeRow, EveryTargetWidensEveryHalf) {
  std::vector<std::uint16_t> halves;
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    if ((bits & 0x7c00U) != 0x7c00U) halves.push_back(static_cast<std::uint16_t>(bits));
  }
  std::vector<float> expected;
  for (const std::uint16_t bits : halves) expected.push_back(f32_from_f16(bits));
  for_each_target([&](const std::string& target) {
    std::vector<float> got(halves.size());
    EXPECT_TRUE(widen_finite_f16(halves.data(), got.data(), static_cast<std::int64_t>(got.size()))) << target;
    EXPECT_TRUE(same_bits(got, expected)) << target;
    for (const std::size_t at : {std::size_t{0}, halves.size() - 1, halves.size() / 2}) {
      std::vector<std::uint16_t> bad = halves;
      bad[at] = 0xfc00;
      EXPECT_FALSE(widen_finite_f16(bad.data(), got.data(), static_cast<std::int64_t>(got.size()))) << target;
    }
  });
}

}  // namespace
}  // namespace hetscope

// The masks are what they say, and a seed is a matrix.
#include "kernels/sparse/inputs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "kernels/sparse/decomposition_metrics.hpp"
#include "tests/unit/kernels_sparse/sparse_fixture.hpp"

namespace hetscope {
namespace {

using ::testing::HasSubstr;

const std::vector<MaskKind> kMasks = {MaskKind::random,         MaskKind::global_magnitude, MaskKind::row_magnitude,
                                      MaskKind::channel_skewed, MaskKind::banded,           MaskKind::adversary};
const std::vector<ValueLaw> kLaws = {ValueLaw::gaussian,    ValueLaw::laplace, ValueLaw::constant, ValueLaw::heavy_tail,
                                     ValueLaw::half_normal, ValueLaw::gelu,    ValueLaw::silu};

std::int64_t nonzeros(const std::vector<float>& values, std::size_t begin, std::size_t count) {
  return std::count_if(values.begin() + static_cast<std::ptrdiff_t>(begin),
                       values.begin() + static_cast<std::ptrdiff_t>(begin + count), [](float v) { return v != 0; });
}

TEST(SparseInput, NamesRoundTrip) {
  for (const MaskKind mask : kMasks) EXPECT_EQ(parse_mask_kind(to_string(mask)), mask);
  for (const ValueLaw law : kLaws) EXPECT_EQ(parse_value_law(to_string(law)), law);
  EXPECT_THAT(error_of([] { parse_mask_kind("randon"); }), HasSubstr("random"));
  EXPECT_THAT(error_of([] { parse_value_law("cauchy"); }), HasSubstr("unknown value law"));
}

TEST(SparseInput, ASeedIsAMatrix) {
  for (const MaskKind mask : kMasks) {
    for (const ValueLaw law : kLaws) {
      const SparseInput input{12, 40, 0.75, mask, law, 7};
      EXPECT_EQ(make_sparse_input(input), make_sparse_input(input));
      SparseInput other = input;
      other.seed = 8;
      EXPECT_NE(make_sparse_input(input), make_sparse_input(other));
    }
  }
}

TEST(SparseInput, SparsityIsExactButForTheRandomMask) {
  for (const MaskKind mask : kMasks) {
    for (const ValueLaw law : kLaws) {
      for (const double sparsity : {0.0, 0.5, 0.9, 1.0}) {
        const std::vector<float> values = make_sparse_input({64, 160, sparsity, mask, law, 9});
        const double got = static_cast<double>(nonzeros(values, 0, values.size()));
        const double expected = (1 - sparsity) * 64 * 160;
        EXPECT_NEAR(got, expected, mask == MaskKind::random ? 5 * std::sqrt(expected * sparsity) : 1e-6)
            << to_string(mask) << " " << to_string(law) << " " << sparsity;
        for (const float v : values) ASSERT_TRUE(std::isfinite(v));
      }
    }
  }
}

TEST(SparseInput, RowMasksGiveEveryRowItsShare) {
  for (const MaskKind mask : {MaskKind::row_magnitude, MaskKind::banded, MaskKind::adversary}) {
    const std::vector<float> values = make_sparse_input({16, 64, 0.75, mask, ValueLaw::gaussian, 10});
    for (std::size_t row = 0; row < 16; ++row) EXPECT_EQ(nonzeros(values, row * 64, 64), 16) << to_string(mask);
  }
}

TEST(SparseInput, MagnitudeMasksKeepTheLargest) {
  const SparseInput dense{32, 64, 0, MaskKind::global_magnitude, ValueLaw::laplace, 11};
  SparseInput sparse = dense;
  sparse.sparsity = 0.8;
  const std::vector<float> all = make_sparse_input(dense);
  const std::vector<float> kept = make_sparse_input(sparse);
  float smallest_kept = 1e9F;
  float largest_dropped = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_TRUE(kept[i] == 0 || kept[i] == all[i]);
    if (kept[i] != 0) smallest_kept = std::min(smallest_kept, std::abs(all[i]));
    if (kept[i] == 0) largest_dropped = std::max(largest_dropped, std::abs(all[i]));
  }
  EXPECT_GE(smallest_kept, largest_dropped);
}

TEST(SparseInput, TheConstantLawIsAllTies) {
  for (const float v : make_sparse_input({8, 8, 0, MaskKind::random, ValueLaw::constant, 12})) {
    EXPECT_EQ(std::abs(v), 1.0F);
  }
}

TEST(SparseInput, LawsHaveTheirMeanMagnitude) {
  const auto mean = [](ValueLaw law) {
    const std::vector<float> values = make_sparse_input({256, 1024, 0, MaskKind::random, law, 13});
    return sum_of_magnitudes(values) / static_cast<double>(values.size());
  };
  EXPECT_NEAR(mean(ValueLaw::gaussian), std::sqrt(2 / 3.14159265358979), 0.01);
  EXPECT_NEAR(mean(ValueLaw::laplace), 1.0, 0.01);
  EXPECT_NEAR(mean(ValueLaw::heavy_tail), std::sqrt(2.0), 0.1);
  EXPECT_NEAR(mean(ValueLaw::half_normal), std::sqrt(2 / 3.14159265358979), 0.01);
}

// Their least value and their mean: E[x Phi(x)] = 1 / (2 sqrt(pi)) (Stein's identity).
TEST(SparseInput, ActivationsAreThoseOfANormal) {
  const auto values = [](ValueLaw law) { return make_sparse_input({256, 1024, 0, MaskKind::random, law, 13}); };
  for (const float v : values(ValueLaw::half_normal)) EXPECT_GT(v, 0.0F);
  const std::vector<float> gelu = values(ValueLaw::gelu);
  EXPECT_NEAR(std::ranges::min(gelu), -0.16997F, 1e-4F);
  EXPECT_NEAR(std::accumulate(gelu.begin(), gelu.end(), 0.0) / static_cast<double>(gelu.size()), 0.28209, 0.005);
  EXPECT_NEAR(std::ranges::min(values(ValueLaw::silu)), -0.27846F, 1e-4F);
}

TEST(SparseInput, SkewedRowsHoldUnequalShares) {
  const std::vector<float> values =
      make_sparse_input({128, 128, 0.9, MaskKind::channel_skewed, ValueLaw::gaussian, 14});
  std::int64_t most = 0;
  std::int64_t least = 128;
  for (std::size_t row = 0; row < 128; ++row) {
    most = std::max(most, nonzeros(values, row * 128, 128));
    least = std::min(least, nonzeros(values, row * 128, 128));
  }
  EXPECT_GT(most, 60);
  EXPECT_EQ(least, 0);
}

TEST(SparseInput, TheAdversaryIsTheWorstForAPattern) {
  const auto dropped = [](MaskKind mask) {
    const std::vector<float> values = make_sparse_input({32, 256, 0.75, mask, ValueLaw::constant, 15});
    return metrics_of(decompose(MatrixView::f32(values, 32, 256), Series::parse("2:8"))).dropped_nonzero_fraction();
  };
  // Full blocks keep 2 of 8: nothing can drop more.
  EXPECT_DOUBLE_EQ(dropped(MaskKind::adversary), 0.75);
  EXPECT_LT(dropped(MaskKind::random), 0.4);
}

TEST(SparseInput, RefusesWhatIsNoMatrix) {
  EXPECT_THAT(error_of([] { make_sparse_input({0, 4, 0.5}); }), HasSubstr("0 x 4"));
  EXPECT_THAT(error_of([] { make_sparse_input({1 << 30, 1 << 30, 0.5}); }), HasSubstr("sparse input"));
  EXPECT_THAT(error_of([] { make_sparse_input({4, 4, 1.5}); }), HasSubstr("sparsity"));
  EXPECT_THAT(error_of([] { make_sparse_input({4, 4, std::nan("")}); }), HasSubstr("sparsity"));
}

}  // namespace
}  // namespace hetscope

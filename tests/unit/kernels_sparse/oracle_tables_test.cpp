// Tables of what greedy series drop, made by an independent implementation, against this one: 2^20 entries each, in per
// cent: dropped non-zeros, dropped magnitude, relative Frobenius error. Both sides are samples, so a cell may differ by
// 0.1 percentage points (the tables' own statement) plus four standard errors of the difference, taken from the spread
// over 16 slices of this side's sample. A relative error made by fewer than 30 dropped entries says more about the seed
// than about the series and is left out.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <optional>

#include "kernels/sparse/decomposition_metrics.hpp"
#include "kernels/sparse/inputs.hpp"
#include "tests/unit/kernels_sparse/sparse_fixture.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kRows = 1024;
constexpr std::int64_t kCols = 1024;
constexpr std::int64_t kSlices = 16;

using Cell = std::array<double, 3>;

struct Row {
  const char* series;
  std::vector<Cell> cells;  // by sparsity
};

Cell percent_of(const DecompositionMetrics& metrics) {
  return {100 * metrics.dropped_nonzero_fraction(), 100 * metrics.dropped_magnitude_fraction(),
          100 * metrics.relative_frobenius};
}

void expect_cell(const std::vector<float>& values, const char* text, const Cell& table, const std::string& what) {
  const Series series = Series::parse(text);
  const DecompositionMetrics metrics = metrics_of(decompose(MatrixView::f32(values, kRows, kCols), series));
  const Cell whole = percent_of(metrics);
  const std::size_t judged = metrics.dropped_nonzeros < 30 ? 2 : 3;
  std::vector<Cell> slices;
  for (std::int64_t slice = 0; slice < kSlices; ++slice) {
    const MatrixView view{DType::f32, values.data() + slice * (kRows / kSlices) * kCols, kRows / kSlices, kCols, kCols,
                          1};
    slices.push_back(percent_of(metrics_of(decompose(view, series))));
  }
  for (std::size_t i = 0; i < judged; ++i) {
    double mean = 0;
    for (const Cell& slice : slices) mean += slice[i] / kSlices;
    double squares = 0;
    for (const Cell& slice : slices) squares += (slice[i] - mean) * (slice[i] - mean);
    const double standard_error = std::sqrt(squares / (kSlices - 1) / kSlices);
    const double difference_error = std::sqrt(2.0) * standard_error;
    EXPECT_NEAR(whole[i], table[i], 0.1 + 4 * difference_error) << what << " " << text << " value " << i;
  }
}

void expect_table(MaskKind mask, const std::vector<double>& sparsities, const std::vector<Row>& rows) {
  for (std::size_t column = 0; column < sparsities.size(); ++column) {
    const std::vector<float> values =
        make_sparse_input({kRows, kCols, sparsities[column], mask, ValueLaw::gaussian, 41});
    const std::string what = std::string(to_string(mask)) + " " + std::to_string(sparsities[column]);
    for (const Row& row : rows) expect_cell(values, row.series, row.cells[column], what);
  }
}

TEST(OracleTables, RandomMask) {
  expect_table(
      MaskKind::random, {0, 0.5, 0.7, 0.8, 0.9, 0.95},
      {{"1:8",
        {{87.5, 72.0, 75.3},
         {75.1, 55.4, 63.2},
         {60.8, 41.5, 53.4},
         {48.1, 31.3, 45.6},
         {28.8, 17.8, 33.9},
         {16.0, 9.7, 24.8}}},
       {"2:8",
        {{75.0, 51.6, 57.9},
         {51.0, 28.5, 39.9},
         {29.7, 14.8, 27.7},
         {17.0, 8.0, 19.8},
         {5.5, 2.5, 10.9},
         {1.6, 0.66, 5.5}}},
       {"4:16",
        {{75.0, 50.1, 55.4},
         {50.2, 24.7, 34.3},
         {24.5, 9.6, 19.8},
         {10.0, 3.4, 11.2},
         {1.3, 0.40, 3.8},
         {0.11, 0.04, 1.2}}},
       {"1:4+1:8",
        {{62.5, 36.2, 44.8},
         {30.6, 13.9, 25.7},
         {12.8, 5.3, 15.5},
         {5.7, 2.3, 9.9},
         {1.3, 0.52, 4.9},
         {0.29, 0.11, 2.2}}},
       {"3:8",
        {{62.5, 35.6, 43.9},
         {29.6, 12.7, 23.7},
         {11.1, 4.2, 13.1},
         {4.2, 1.5, 7.7},
         {0.69, 0.24, 3.1},
         {0.12, 0.04, 1.2}}},
       {"2:4",
        {{50.0, 25.5, 36.4},
         {18.8, 8.4, 20.1},
         {7.7, 3.3, 12.5},
         {3.6, 1.5, 8.4},
         {0.93, 0.40, 4.4},
         {0.24, 0.09, 2.0}}},
       {"4:8",
        {{50.0, 23.1, 32.1}, {13.7, 4.6, 12.8}, {3.0, 0.88, 5.4}, {0.73, 0.21, 2.6}, {0.04, 0.01, 0.58}, {0, 0, 0.14}}},
       {"2:4+1:8",
        {{37.5, 14.1, 23.1}, {5.6, 1.7, 7.6}, {0.98, 0.29, 3.2}, {0.24, 0.08, 1.7}, {0.03, 0.01, 0.62}, {0, 0, 0.27}}},
       {"4:8+1:8",
        {{37.5, 13.6, 22.1}, {4.6, 1.2, 6.0}, {0.53, 0.13, 1.9}, {0.08, 0.02, 0.79}, {0, 0, 0.08}, {0, 0, 0}}},
       {"2:4+2:8", {{25.0, 6.7, 13.7}, {1.0, 0.22, 2.3}, {0.06, 0.01, 0.50}, {0, 0, 0.12}, {0, 0, 0}, {0, 0, 0}}},
       {"2:8+2:4",
        {{25.0, 8.6, 17.8}, {3.3, 0.99, 5.8}, {0.54, 0.15, 2.2}, {0.13, 0.04, 1.1}, {0.01, 0, 0.30}, {0, 0, 0.14}}}});
}

TEST(OracleTables, GlobalMagnitude) {
  expect_table(
      MaskKind::global_magnitude, {0.5, 0.7, 0.8, 0.9, 0.95},
      {{"1:8", {{75.1, 65.0, 73.1}, {60.7, 53.6, 67.5}, {48.0, 42.9, 61.1}, {28.8, 26.2, 48.4}, {15.5, 14.4, 36.3}}},
       {"2:8", {{51.0, 39.7, 53.5}, {29.7, 24.3, 43.5}, {17.0, 14.3, 34.1}, {5.4, 4.7, 20.0}, {1.5, 1.3, 10.8}}},
       {"2:4", {{18.8, 13.7, 30.2}, {7.6, 6.1, 21.4}, {3.6, 3.0, 15.5}, {0.90, 0.78, 8.1}, {0.21, 0.19, 4.0}}},
       {"4:8", {{13.7, 9.2, 23.6}, {3.0, 2.2, 12.6}, {0.74, 0.59, 6.7}, {0.07, 0.06, 2.2}, {0.01, 0.01, 0.66}}},
       {"4:8+1:8", {{4.6, 2.9, 13.0}, {0.53, 0.39, 5.2}, {0.08, 0.07, 2.2}, {0, 0, 0.51}, {0, 0, 0}}},
       {"2:4+2:8", {{0.96, 0.60, 5.8}, {0.06, 0.05, 1.8}, {0.01, 0, 0.59}, {0, 0, 0}, {0, 0, 0}}}});
}

// Here the rows' scales are the sample, so the standard errors are of the order of one percentage point.
TEST(OracleTables, ChannelSkewed) {
  expect_table(
      MaskKind::channel_skewed, {0.5, 0.7, 0.8, 0.9, 0.95},
      {{"2:8", {{59.9, 48.1, 57.7}, {51.6, 44.0, 56.9}, {46.7, 41.2, 56.1}, {42.0, 37.6, 54.6}, {38.0, 34.1, 52.7}}},
       {"2:4", {{30.5, 22.0, 35.9}, {23.7, 18.9, 35.0}, {20.6, 17.1, 34.3}, {17.4, 14.8, 32.7}, {14.6, 12.6, 30.8}}},
       {"4:8", {{28.2, 19.2, 31.6}, {20.8, 15.9, 30.6}, {17.5, 14.0, 29.7}, {14.3, 11.7, 28.0}, {11.5, 9.4, 25.8}}},
       {"2:4+2:8", {{7.6, 4.4, 13.1}, {4.7, 3.2, 12.2}, {3.6, 2.6, 11.5}, {2.5, 1.9, 10.2}, {1.7, 1.2, 8.6}}}});
}

struct Activation {
  const char* name;
  std::function<double(double)> function;
  double pseudo_density;
  std::array<std::array<double, 2>, 4> cells;  // dropped magnitude and relative error of 2:4, 4:8, 4:8+1:8, 2:4+2:8
};

TEST(OracleTables, ActivationsOfNormalValues) {
  const std::vector<Activation> activations = {
      {"relu", [](double x) { return x > 0 ? x : 0; }, 0.444, {{{8.5, 20.2}, {4.6, 12.8}, {1.2, 6.0}, {0.21, 2.3}}}},
      {"gelu",
       [](double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); },
       0.870,
       {{{16.1, 20.2}, {13.8, 15.0}, {8.3, 10.0}, {4.3, 6.4}}}},
      {"silu",
       [](double x) { return x / (1 + std::exp(-x)); },
       0.887,
       {{{21.1, 24.9}, {19.2, 21.4}, {11.9, 15.4}, {6.1, 10.1}}}}};
  const std::vector<float> normal = normal_values(kRows * kCols, 42);
  for (const Activation& activation : activations) {
    std::vector<float> values = normal;
    for (float& v : values) v = static_cast<float>(activation.function(static_cast<double>(v)));
    EXPECT_NEAR(pseudo_density(values), activation.pseudo_density, 0.0015) << activation.name;
    const std::array<const char*, 4> series = {"2:4", "4:8", "4:8+1:8", "2:4+2:8"};
    for (std::size_t i = 0; i < series.size(); ++i) {
      const Cell got =
          percent_of(metrics_of(decompose(MatrixView::f32(values, kRows, kCols), Series::parse(series[i]))));
      EXPECT_NEAR(got[1], activation.cells[i][0], 0.1) << activation.name << " " << series[i];
      EXPECT_NEAR(got[2], activation.cells[i][1], 0.15) << activation.name << " " << series[i];
    }
  }
}

}  // namespace
}  // namespace hetscope

// Sums in f64 over the terms and the residual of a decomposition.
#include "kernels/sparse/decomposition_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

struct Sums {
  std::int64_t nonzeros = 0;
  double magnitude = 0;
  double squares = 0;
};

Sums sums_of(std::span<const float> values) {
  Sums sums;
  for (const float value : values) {
    const double v = value;
    sums.nonzeros += value != 0.0F ? 1 : 0;
    sums.magnitude += std::abs(v);
    sums.squares += v * v;
  }
  return sums;
}

// Adds row `row` of `values` (row-major, `cols` wide), times B, to `out`.
void add_row_product(std::span<const float> values, std::int64_t cols, std::int64_t row, std::span<const float> b,
                     std::vector<double>& out) {
  const std::size_t width = out.size();
  for (std::int64_t k = 0; k < cols; ++k) {
    const double value = values[static_cast<std::size_t>(row * cols + k)];
    if (value == 0) continue;
    const float* b_row = b.data() + static_cast<std::size_t>(k) * width;
    for (std::size_t j = 0; j < width; ++j) out[j] += value * static_cast<double>(b_row[j]);
  }
}

double sum_of_squares(const std::vector<double>& values) {
  return std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
}

double share_of(double part, double other) { return part + other == 0 ? 0 : part / (part + other); }

void require_residual(const Decomposition& decomposition) {
  if (decomposition.residual.empty()) {
    throw Error("the decomposition has no residual to judge it by", {}, "ask for it with keep_residual");
  }
}

}  // namespace

double DecompositionMetrics::kept_nonzero_fraction() const noexcept {
  return share_of(static_cast<double>(kept_nonzeros), static_cast<double>(dropped_nonzeros));
}

double DecompositionMetrics::dropped_nonzero_fraction() const noexcept {
  return share_of(static_cast<double>(dropped_nonzeros), static_cast<double>(kept_nonzeros));
}

double DecompositionMetrics::kept_magnitude_fraction() const noexcept {
  return share_of(kept_magnitude, dropped_magnitude);
}

double DecompositionMetrics::dropped_magnitude_fraction() const noexcept {
  return share_of(dropped_magnitude, kept_magnitude);
}

double DecompositionMetrics::sparsity() const noexcept {
  return entries == 0 ? 0 : 1 - static_cast<double>(kept_nonzeros + dropped_nonzeros) / static_cast<double>(entries);
}

double DecompositionMetrics::multiply_adds_with_residual() const noexcept {
  return executed_slots + (entries == 0 ? 0 : static_cast<double>(dropped_nonzeros) / static_cast<double>(entries));
}

DecompositionMetrics metrics_of(const Decomposition& decomposition) {
  require_residual(decomposition);
  DecompositionMetrics metrics;
  metrics.entries = decomposition.rows * decomposition.cols;
  double kept_squares = 0;
  for (const Term& term : decomposition.terms) {
    const Sums kept = sums_of(term.values);
    metrics.kept_nonzeros += kept.nonzeros;
    metrics.kept_magnitude += kept.magnitude * decomposition.scale;
    kept_squares += kept.squares;
    metrics.slots += term.pattern.slots();
  }
  const Sums dropped = sums_of(decomposition.residual);
  metrics.dropped_nonzeros = dropped.nonzeros;
  metrics.dropped_magnitude = dropped.magnitude * decomposition.scale;
  const double all_squares = kept_squares + dropped.squares;
  metrics.relative_frobenius = all_squares == 0 ? 0 : std::sqrt(dropped.squares / all_squares);
  metrics.executed_slots = decomposition.executed_slots();
  return metrics;
}

double relative_product_error(const Decomposition& decomposition, std::span<const float> b, std::int64_t b_cols) {
  require_residual(decomposition);
  if (b_cols < 1 || static_cast<std::int64_t>(b.size()) / b_cols != decomposition.cols ||
      static_cast<std::int64_t>(b.size()) % b_cols != 0) {
    throw Error("the second operand does not multiply with the decomposed matrix", {},
                "it must have " + std::to_string(decomposition.cols) + " rows");
  }
  const std::vector<float> kept = decomposition.approximation();
  double error_squares = 0;
  double true_squares = 0;
  std::vector<double> error(static_cast<std::size_t>(b_cols));
  std::vector<double> product(static_cast<std::size_t>(b_cols));
  for (std::int64_t row = 0; row < decomposition.rows; ++row) {
    std::fill(error.begin(), error.end(), 0.0);
    std::fill(product.begin(), product.end(), 0.0);
    add_row_product(decomposition.residual, decomposition.cols, row, b, error);
    add_row_product(kept, decomposition.cols, row, b, product);
    for (std::size_t j = 0; j < product.size(); ++j) product[j] += error[j];
    error_squares += sum_of_squares(error);
    true_squares += sum_of_squares(product);
  }
  if (error_squares == 0) return 0;
  return true_squares == 0 ? std::numeric_limits<double>::infinity() : std::sqrt(error_squares / true_squares);
}

double pseudo_density(std::span<const float> values, double share) {
  if (!(share > 0 && share <= 1)) throw Error("the share of a pseudo-density must be in (0, 1]");
  std::vector<float> magnitudes(values.size());
  std::transform(values.begin(), values.end(), magnitudes.begin(), [](float v) { return std::abs(v); });
  std::sort(magnitudes.begin(), magnitudes.end(), std::greater<>());
  const double all = std::accumulate(magnitudes.begin(), magnitudes.end(), 0.0);
  if (all == 0) return 0;
  double held = 0;
  std::size_t count = 0;
  while (count < magnitudes.size() && held < share * all) held += static_cast<double>(magnitudes[count++]);
  return static_cast<double>(count) / static_cast<double>(magnitudes.size());
}

}  // namespace hetscope

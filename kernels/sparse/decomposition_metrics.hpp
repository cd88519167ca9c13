// How much of a matrix a decomposition keeps, in every measure the literature uses. They do not agree: at 95 % sparsity
// a 2:8 term can drop 1 % of the magnitude and still be 11 % off in the Frobenius norm, so all of them are reported.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/sparse/decomposition.hpp"

namespace hetscope {

// Magnitudes are sums of |a| (i8: with the scale). Fractions are 0 for a matrix of zeros.
struct DecompositionMetrics {
  std::int64_t entries = 0;  // rows * cols
  std::int64_t kept_nonzeros = 0;
  std::int64_t dropped_nonzeros = 0;
  double kept_magnitude = 0;
  double dropped_magnitude = 0;
  double relative_frobenius = 0;  // ||matrix - terms|| / ||matrix||
  double slots = 0;               // sum of N/M
  double executed_slots = 0;      // the same with the padding of the tail blocks

  double kept_nonzero_fraction() const noexcept;
  double dropped_nonzero_fraction() const noexcept;
  double kept_magnitude_fraction() const noexcept;
  double dropped_magnitude_fraction() const noexcept;
  double sparsity() const noexcept;  // zeros of the matrix over its entries
  // Multiply-adds over those of the dense product when the residual follows the terms entry by entry (as compressed
  // rows) and nothing is lost.
  double multiply_adds_with_residual() const noexcept;
};

// Throws Error when the decomposition has no residual.
DecompositionMetrics metrics_of(const Decomposition& decomposition);

// ||A·B - terms·B|| / ||A·B|| in the Frobenius norm, computed in f64, for B: cols x b_cols, row-major. Not the matrix's
// own error: B may be correlated with what was dropped. 0 when both norms are 0, infinity when only ||A·B|| is.
// Throws Error without a residual or when B is not cols x b_cols.
double relative_product_error(const Decomposition& decomposition, std::span<const float> b, std::int64_t b_cols);

// The smallest share of the entries that together hold `share` of the sum of magnitudes ("pseudo-density" of a tensor
// that has few exact zeros, as after GELU or SiLU). 0 for a matrix of zeros. Throws Error unless 0 < share <= 1.
double pseudo_density(std::span<const float> values, double share = 0.99);

}  // namespace hetscope

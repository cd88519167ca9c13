// Seeded sparse matrices: which entries are zero (the mask) and what the others hold (the law). Random masks flatter
// structured sparsity; pruned networks are skewed over their channels, so the suite has both, and the worst case.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/tensor/dtype.hpp"

namespace hetscope {

enum class MaskKind {
  random,            // each entry by itself with probability 1 - sparsity
  global_magnitude,  // the smallest magnitudes of the whole matrix are zeroed
  row_magnitude,     // the smallest of each row
  channel_skewed,    // each row is scaled by exp(standard normal), then global_magnitude
  banded,            // each row keeps one run of neighbours that moves along the diagonal, wrapped around
  adversary,         // each row's entries fill its first blocks of 32 columns: whole blocks full, all others empty
};
enum class ValueLaw {
  gaussian,     // standard normal
  laplace,      // density exp(-|x|) / 2
  constant,     // +1 or -1: every comparison of magnitudes is a tie
  heavy_tail,   // Student's t with 2 degrees of freedom: infinite variance
  half_normal,  // |standard normal|: what ReLU leaves of one, where half of the entries are masked at random
  gelu,         // x Phi(x) of a standard normal: few exact zeros, many small entries
  silu,         // x / (1 + exp(-x)) of a standard normal
};

std::string_view to_string(MaskKind mask);
std::string_view to_string(ValueLaw law);
MaskKind parse_mask_kind(std::string_view name);  // throws Error with the names
ValueLaw parse_value_law(std::string_view name);

struct SparseInput {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  double sparsity = 0;  // share of zeros, in [0, 1]; exact to an entry (a row, for row masks) except for `random`
  MaskKind mask = MaskKind::random;
  ValueLaw law = ValueLaw::gaussian;
  std::uint64_t seed = 0;
};

// rows x cols, row-major. No entry that the mask keeps is zero. Equal magnitudes at a threshold: the lower index is
// kept. Throws Error for sizes below 1, above 2^40 entries, or a sparsity outside [0, 1].
std::vector<float> make_sparse_input(const SparseInput& input);

// How such an entry is stored in a matrix of `dtype`. In i8 it is 32 times what its law draws, rounded and clamped: a
// standard deviation is a quarter of the range. What the mask keeps is no zero afterwards.
double stored_entry(float value, DType dtype);

}  // namespace hetscope

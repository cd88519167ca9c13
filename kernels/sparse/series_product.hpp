// What every product with a series of N:M terms says of itself, on whatever processor and in whatever code it runs.
#pragma once

#include <cstdint>

#include "harness/kernel/work.hpp"
#include "kernels/sparse/decomposition.hpp"
#include "kernels/sparse/nm_pattern.hpp"

namespace hetscope {

// Slots of all terms in a row of k columns, tail blocks padded to whole ones.
std::int64_t slots_of_row(const Series& series, std::int64_t k);

// density, slots, executed_slots, executed_multiply_adds and packed_bytes; and what is lost, or, where the residual
// (`keeps_rest`) is multiplied too, its entries. `decomposed` has its residual.
Metrics metrics_of_product(const Decomposition& decomposed, std::int64_t multiply_adds, bool keeps_rest);

}  // namespace hetscope

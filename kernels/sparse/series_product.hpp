// What every product with a series of N:M terms says of itself, on whatever processor and in whatever code it runs.
#pragma once

#include <cstdint>

#include "harness/kernel/work.hpp"
#include "kernels/sparse/decomposition_metrics.hpp"
#include "kernels/sparse/nm_pattern.hpp"

namespace hetscope {

// Slots of all terms in a row of k columns, tail blocks padded to whole ones.
std::int64_t slots_of_row(const Series& series, std::int64_t k);

// density, slots and executed_slots; what the terms keep and what nothing does, as shares of the entries other than
// zero and of their magnitude; and the relative error (docs/record.md).
Metrics metrics_of_terms(const DecompositionMetrics& metrics);

// The same, executed_multiply_adds and packed_bytes. Where the residual is multiplied too (`keeps_rest`), nothing is
// lost, and what it holds is named. `decomposed` has its residual.
Metrics metrics_of_product(const Decomposition& decomposed, std::int64_t multiply_adds, bool keeps_rest);

}  // namespace hetscope

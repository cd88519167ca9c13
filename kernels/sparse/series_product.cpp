// The slots of a series, and the metrics of a product with it.
#include "kernels/sparse/series_product.hpp"

#include "kernels/sparse/packed_term.hpp"

namespace hetscope {

std::int64_t slots_of_row(const Series& series, std::int64_t k) {
  std::int64_t slots = 0;
  for (const NmPattern& term : series.terms()) slots += (k + term.m - 1) / term.m * term.n;
  return slots;
}

Metrics metrics_of_terms(const DecompositionMetrics& metrics) {
  return {{"density", {1 - metrics.sparsity(), "1", ""}},
          {"slots", {metrics.slots, "1", ""}},
          {"executed_slots", {metrics.executed_slots, "1", ""}},
          {"kept_nonzeros", {metrics.kept_nonzero_fraction(), "1", ""}},
          {"dropped_nonzeros", {metrics.dropped_nonzero_fraction(), "1", ""}},
          {"kept_magnitude", {metrics.kept_magnitude_fraction(), "1", ""}},
          {"dropped_magnitude", {metrics.dropped_magnitude_fraction(), "1", ""}},
          {"relative_error_of_matrix", {metrics.relative_frobenius, "1", ""}}};
}

Metrics metrics_of_product(const Decomposition& decomposed, std::int64_t multiply_adds, bool keeps_rest) {
  const DecompositionMetrics m = metrics_of(decomposed);
  const auto entries = static_cast<double>(m.entries);
  std::int64_t packed_bytes = 0;
  for (const PackedTerm& term : pack(decomposed)) packed_bytes += term.stored_bytes();
  Metrics result = metrics_of_terms(m);
  result["executed_multiply_adds"] = {static_cast<double>(multiply_adds) / entries, "1", ""};
  result["packed_bytes"] = {static_cast<double>(packed_bytes), "B", ""};
  if (!keeps_rest) return result;
  // What the terms do not keep, the residual does.
  for (const char* lost : {"dropped_nonzeros", "dropped_magnitude", "relative_error_of_matrix"}) result[lost].value = 0;
  result["residual_nonzeros"] = {static_cast<double>(m.dropped_nonzeros) / entries, "1", ""};
  result["residual_magnitude"] = {m.dropped_magnitude_fraction(), "1", ""};
  return result;
}

}  // namespace hetscope

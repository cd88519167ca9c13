// Which series fits this matrix? Exhaustive over a menu of patterns, with exact pruning: nothing that could be the
// answer is skipped. Every answer comes with its control, the single N:M term of the same slots at the largest M:
// software has no fixed menu, so a series that its control beats is an artefact of the menu.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "harness/core/clock.hpp"
#include "kernels/sparse/decomposition_metrics.hpp"

namespace hetscope {

// Upper limits; those that are set must all hold.
struct SearchLimits {
  std::optional<double> dropped_magnitude = {};  // share of the sum of |a|
  std::optional<double> matrix_error = {};       // relative Frobenius error of the matrix
  std::optional<double> output_error = {};       // relative Frobenius error of the product with B
  std::optional<double> slots = {};
};

// What is made as small as possible under the limits. Ties: the smaller error (of the output where B is given, else of
// the matrix), then the smaller slots, then the order of all_series().
enum class SearchObjective { slots, error, cost };

// Modelled energy-delay product, measured latency, ...; infinity or NaN: this series cannot be used.
using SeriesCost = std::function<double(const Series& series, const Decomposition& decomposition)>;

struct SearchRequest {
  std::vector<NmPattern> menu;
  int max_terms = 2;
  SearchObjective objective = SearchObjective::slots;
  SearchLimits limits;
  SeriesCost cost;           // needed for, and called only for, the objective `cost`
  std::span<const float> b;  // cols x b_cols, row-major; empty: the error of the output is not computed
  std::int64_t b_cols = 0;
  ThreadPool* pool = nullptr;
};

struct SeriesCandidate {
  Series series;
  DecompositionMetrics metrics;
  std::optional<double> output_error;  // only where B is given
  std::optional<double> cost;          // only for the objective `cost` and within the limits
  bool within_limits = false;
};

struct SearchResult {
  std::vector<SeriesCandidate> candidates;  // all that were evaluated, by ascending slots
  std::optional<std::size_t> best;          // none: no series of the menu is within the limits
  std::optional<SeriesCandidate> control;   // of the best one
  // Where there is no best one: the series that executes the fewest multiply-adds when its residual follows as
  // compressed rows (DecompositionMetrics::multiply_adds_with_residual). Such a product loses nothing and so is within
  // every limit on an error; its multiply-adds are within the limit on the slots, or it is not there. Its metrics are
  // those of the terms alone.
  std::optional<SeriesCandidate> hybrid;
  std::int64_t pruned = 0;     // series that could be ruled out without an evaluation
  std::int64_t search_ns = 0;  // host time of the whole search, costs and control included
};

// Pruning: for `slots`, the search ends with the slots of the first candidate within the limits; where every M of the
// menu divides the largest one, slots whose control is beyond the limit of magnitude or matrix error are skipped, since
// no series keeps more than its control. The hybrid is looked for in all series whose slots alone are below the fewest
// multiply-adds so far. Throws Error for what decompose() and all_series() refuse, for `slots` without a limit on an
// error, `cost` without a function, an output limit without B, and a B that does not multiply.
SearchResult search_series(const MatrixView& matrix, const SearchRequest& request, const Clock& clock);

}  // namespace hetscope

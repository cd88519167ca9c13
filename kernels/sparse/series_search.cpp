// The search: one level of equal slots after the other.
#include "kernels/sparse/series_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

void check(const SearchRequest& request) {
  const SearchLimits& limits = request.limits;
  for (const auto& limit : {limits.dropped_magnitude, limits.matrix_error, limits.output_error, limits.slots}) {
    if (limit && !(*limit >= 0)) throw Error("a limit of the series search is negative or NaN");
  }
  if (limits.output_error && request.b.empty()) {
    throw Error("a limit on the output's error needs the second operand", {}, "give B");
  }
  if (request.objective == SearchObjective::slots && !limits.dropped_magnitude && !limits.matrix_error &&
      !limits.output_error) {
    throw Error("the fewest slots without a limit on an error is always the smallest pattern", {},
                "set a limit, or make the error the objective");
  }
  if (request.objective == SearchObjective::cost && !request.cost) throw Error("the objective `cost` needs a function");
}

bool matrix_within(const SearchLimits& limits, const DecompositionMetrics& metrics) {
  return (!limits.dropped_magnitude || metrics.dropped_magnitude_fraction() <= *limits.dropped_magnitude) &&
         (!limits.matrix_error || metrics.relative_frobenius <= *limits.matrix_error);
}

class Search {
 public:
  Search(const MatrixView& matrix, const SearchRequest& request) : matrix_(matrix), request_(request) {
    largest_m_ = 1;
    for (const NmPattern& pattern : request.menu) largest_m_ = std::max(largest_m_, pattern.m);
    bound_is_exact_ = std::all_of(request.menu.begin(), request.menu.end(),
                                  [&](const NmPattern& pattern) { return largest_m_ % pattern.m == 0; });
  }

  SeriesCandidate evaluate(const Series& series) {
    decompose(matrix_, series, {.keep_residual = true, .pool = request_.pool}, scratch_);
    SeriesCandidate candidate{series, metrics_of(scratch_), std::nullopt, std::nullopt, false};
    if (!request_.b.empty()) candidate.output_error = relative_product_error(scratch_, request_.b, request_.b_cols);
    const SearchLimits& limits = request_.limits;
    candidate.within_limits = matrix_within(limits, candidate.metrics) &&
                              (!limits.output_error || *candidate.output_error <= *limits.output_error) &&
                              (!limits.slots || series.slots() <= *limits.slots);
    return candidate;
  }

  SeriesCandidate evaluate_with_cost(const Series& series) {
    SeriesCandidate candidate = evaluate(series);
    if (request_.objective == SearchObjective::cost && candidate.within_limits) {
      const double cost = request_.cost(series, scratch_);
      candidate.cost = std::isnan(cost) ? std::numeric_limits<double>::infinity() : cost;
      candidate.within_limits = std::isfinite(*candidate.cost);
    }
    return candidate;
  }

  // Whether no series of these slots can be within the limits.
  bool ruled_out(const Series& series) {
    const SearchLimits& limits = request_.limits;
    if (limits.slots && series.slots() > *limits.slots) return true;
    if (!bound_is_exact_ || (!limits.dropped_magnitude && !limits.matrix_error)) return false;
    const Series control({NmPattern{static_cast<int>(std::lround(series.slots() * largest_m_)), largest_m_}},
                         "control");
    decompose(matrix_, control, {.keep_residual = true, .pool = request_.pool}, scratch_);
    return !matrix_within(limits, metrics_of(scratch_));
  }

  // Of `all`, by ascending slots: a series executes no less than its slots.
  std::optional<SeriesCandidate> cheapest_hybrid(const std::vector<Series>& all) {
    double fewest = request_.limits.slots.value_or(std::numeric_limits<double>::infinity());
    std::optional<SeriesCandidate> hybrid;
    for (const Series& series : all) {
      if (series.slots() >= fewest) break;
      decompose(matrix_, series, {.keep_residual = true, .pool = request_.pool}, scratch_);
      const DecompositionMetrics metrics = metrics_of(scratch_);
      const double multiply_adds = metrics.multiply_adds_with_residual();
      if (multiply_adds > fewest || (hybrid && multiply_adds == fewest)) continue;
      fewest = multiply_adds;
      hybrid = SeriesCandidate{series, metrics, std::nullopt, std::nullopt, false};
    }
    return hybrid;
  }

  // Smaller is better.
  std::tuple<double, double, double> rank(const SeriesCandidate& candidate) const {
    const double error = candidate.output_error.value_or(candidate.metrics.relative_frobenius);
    const double slots = candidate.series.slots();
    if (request_.objective == SearchObjective::slots) return {slots, error, 0};
    if (request_.objective == SearchObjective::error) return {error, slots, 0};
    return {candidate.cost.value_or(std::numeric_limits<double>::infinity()), error, slots};
  }

 private:
  const MatrixView& matrix_;
  const SearchRequest& request_;
  int largest_m_;
  bool bound_is_exact_;
  Decomposition scratch_;  // reused: a search decomposes the same matrix again and again
};

}  // namespace

SearchResult search_series(const MatrixView& matrix, const SearchRequest& request, const Clock& clock) {
  const std::int64_t begin_ns = clock.now_ns();
  check(request);
  const std::vector<Series> all = all_series(request.menu, request.max_terms);
  Search search(matrix, request);
  SearchResult result;
  for (std::size_t first = 0; first < all.size();) {
    std::size_t last = first;
    while (last < all.size() && all[last].slots() == all[first].slots()) ++last;
    const bool done = request.objective == SearchObjective::slots && result.best.has_value();
    if (done || search.ruled_out(all[first])) {
      result.pruned += static_cast<std::int64_t>(last - first);
      first = last;
      continue;
    }
    for (; first < last; ++first) {
      result.candidates.push_back(search.evaluate_with_cost(all[first]));
      const SeriesCandidate& candidate = result.candidates.back();
      if (!candidate.within_limits) continue;
      if (!result.best || search.rank(candidate) < search.rank(result.candidates[*result.best])) {
        result.best = result.candidates.size() - 1;
      }
    }
  }
  if (result.best) {
    const Series& best = result.candidates[*result.best].series;
    result.control = search.evaluate_with_cost(Series({best.same_slots_control()}));
  } else {
    result.hybrid = search.cheapest_hybrid(all);
  }
  result.search_ns = clock.now_ns() - begin_ns;
  return result;
}

}  // namespace hetscope

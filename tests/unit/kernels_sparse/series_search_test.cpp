// The search finds what an exhaustive look finds, prunes only what cannot be the answer, and brings its control.
#include "kernels/sparse/series_search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "kernels/sparse/inputs.hpp"
#include "tests/unit/kernels_sparse/sparse_fixture.hpp"

namespace hetscope {
namespace {

using ::testing::HasSubstr;

// Each reading is a microsecond after the last.
class TickingClock final : public Clock {
 public:
  std::int64_t now_ns() const override { return now_ns_ += 1000; }
  void sleep_ns(std::int64_t) const override {}

 private:
  mutable std::int64_t now_ns_ = 0;
};

class SeriesSearch : public ::testing::Test {
 protected:
  SeriesSearch() {
    values_ = make_sparse_input({48, 64, 0.6, MaskKind::global_magnitude, ValueLaw::gaussian, 71});
    b_ = normal_values(64 * 5, 72);
    request_.menu = parse_menu("1:4,2:4,1:8,2:8,4:8");
    request_.max_terms = 2;
  }

  MatrixView view() const { return MatrixView::f32(values_, 48, 64); }
  SearchResult search() const { return search_series(view(), request_, clock_); }
  const SeriesCandidate& best(const SearchResult& result) const { return result.candidates.at(result.best.value()); }
  DecompositionMetrics measure(const Series& series) const { return metrics_of(decompose(view(), series)); }

  std::vector<float> values_;
  std::vector<float> b_;
  SearchRequest request_;
  TickingClock clock_;
};

TEST_F(SeriesSearch, FindsTheFewestSlotsThatAnExhaustiveLookFinds) {
  for (const double limit : {0.5, 0.2, 0.1, 0.03, 0.005}) {
    request_.limits = {.dropped_magnitude = limit};
    const SearchResult result = search();
    const Series* expected = nullptr;
    double expected_error = 0;
    const std::vector<Series> all = all_series(request_.menu, 2);
    for (const Series& series : all) {
      const DecompositionMetrics metrics = measure(series);
      if (metrics.dropped_magnitude_fraction() > limit) continue;
      if (expected == nullptr || (series.slots() == expected->slots() && metrics.relative_frobenius < expected_error)) {
        expected = &series;
        expected_error = metrics.relative_frobenius;
      }
    }
    ASSERT_EQ(result.best.has_value(), expected != nullptr) << limit;
    if (expected == nullptr) continue;
    EXPECT_EQ(best(result).series.to_string(), expected->to_string()) << limit;
    EXPECT_EQ(result.candidates.size() + static_cast<std::size_t>(result.pruned), all.size());
    EXPECT_GT(result.pruned, 0);
  }
}

TEST_F(SeriesSearch, MatrixAndOutputLimitsHold) {
  request_.limits = {.matrix_error = 0.15};
  const SearchResult by_matrix = search();
  EXPECT_LE(best(by_matrix).metrics.relative_frobenius, 0.15);
  EXPECT_FALSE(best(by_matrix).output_error.has_value());
  request_.limits = {.output_error = 0.15};
  request_.b = b_;
  request_.b_cols = 5;
  const SearchResult by_output = search();
  const SeriesCandidate& chosen = best(by_output);
  EXPECT_LE(chosen.output_error.value(), 0.15);
  EXPECT_DOUBLE_EQ(*chosen.output_error, relative_product_error(decompose(view(), chosen.series), b_, 5));
  for (const SeriesCandidate& candidate : by_output.candidates) {
    if (candidate.series.slots() >= chosen.series.slots()) continue;
    EXPECT_GT(*candidate.output_error, 0.15);
  }
}

TEST_F(SeriesSearch, TheControlHasTheSameSlotsAndIsNoWorse) {
  request_.limits = {.dropped_magnitude = 0.03};
  request_.menu = parse_menu("1:4,2:4,1:8");
  const SearchResult result = search();
  const SeriesCandidate& chosen = best(result);
  ASSERT_GT(chosen.series.terms().size(), 1U);
  ASSERT_TRUE(result.control.has_value());
  EXPECT_EQ(result.control->series.terms().size(), 1U);
  EXPECT_EQ(result.control->series.slots(), chosen.series.slots());
  EXPECT_EQ(result.control->series.largest_m(), chosen.series.largest_m());
  EXPECT_LE(result.control->metrics.dropped_magnitude, chosen.metrics.dropped_magnitude * (1 + 1e-12));
}

TEST_F(SeriesSearch, TheSmallestErrorUnderALimitOnSlots) {
  request_.objective = SearchObjective::error;
  request_.limits = {.slots = 0.625};
  const SearchResult result = search();
  EXPECT_LE(best(result).series.slots(), 0.625);
  for (const SeriesCandidate& candidate : result.candidates) {
    EXPECT_LE(candidate.series.slots(), 0.625);
    EXPECT_GE(candidate.metrics.relative_frobenius, best(result).metrics.relative_frobenius);
  }
}

TEST_F(SeriesSearch, ACostIsAskedForWhatIsWithinTheLimitsAndDecides) {
  request_.objective = SearchObjective::cost;
  request_.limits = {.dropped_magnitude = 0.2};
  std::vector<std::string> asked;
  request_.cost = [&](const Series& series, const Decomposition& decomposition) {
    EXPECT_EQ(decomposition.terms.size(), series.terms().size());
    asked.push_back(series.to_string());
    if (series.to_string() == "2:4+1:8") return 1.0;
    if (series.terms().size() == 1) return std::nan("");
    return 2.0 + series.slots();
  };
  const SearchResult result = search();
  EXPECT_EQ(best(result).series.to_string(), "2:4+1:8");
  EXPECT_EQ(best(result).cost, 1.0);
  for (const SeriesCandidate& candidate : result.candidates) {
    const bool was_asked = std::count(asked.begin(), asked.end(), candidate.series.to_string()) > 0;
    EXPECT_EQ(was_asked, candidate.metrics.dropped_magnitude_fraction() <= 0.2) << candidate.series.to_string();
    EXPECT_EQ(candidate.within_limits, was_asked && candidate.series.terms().size() > 1);
  }
}

TEST_F(SeriesSearch, NothingWithinTheLimitsIsAnAnswer) {
  request_.limits = {.dropped_magnitude = 1e-9};
  request_.menu = parse_menu("1:8,2:8");
  const SearchResult result = search();
  EXPECT_FALSE(result.best.has_value());
  EXPECT_FALSE(result.control.has_value());
  EXPECT_GT(result.pruned, 0);
}

TEST_F(SeriesSearch, WhereNothingFitsTheHybridOfTheFewestMultiplyAddsIsOffered) {
  request_.limits = {.dropped_magnitude = 1e-9};
  request_.menu = parse_menu("1:4,1:8,2:8,2:4");
  const SearchResult result = search();
  ASSERT_FALSE(result.best.has_value());
  double fewest = std::numeric_limits<double>::infinity();
  for (const Series& series : all_series(request_.menu, 2)) {
    const Decomposition d = decompose(view(), series);
    const auto rest = std::count_if(d.residual.begin(), d.residual.end(), [](float v) { return v != 0; });
    fewest = std::min(fewest, d.executed_slots() + static_cast<double>(rest) / (48 * 64));
  }
  ASSERT_TRUE(result.hybrid.has_value());
  EXPECT_DOUBLE_EQ(result.hybrid->metrics.multiply_adds_with_residual(), fewest);
  // A limit on the slots holds for all that the hybrid executes.
  request_.limits.slots = fewest * 1.001;
  EXPECT_EQ(search().hybrid->series.to_string(), result.hybrid->series.to_string());
  request_.limits.slots = fewest * 0.999;
  EXPECT_FALSE(search().hybrid.has_value());
  // Where a series fits, nobody needs one.
  request_.limits = {.dropped_magnitude = 0.9};
  EXPECT_FALSE(search().hybrid.has_value());
}

TEST_F(SeriesSearch, AMenuThatDoesNotNestIsNotPrunedByAControl) {
  request_.menu = parse_menu("1:3,2:5,1:4");
  request_.limits = {.dropped_magnitude = 1e-9};
  const SearchResult result = search();
  EXPECT_FALSE(result.best.has_value());
  EXPECT_EQ(result.pruned, 0);
  EXPECT_EQ(result.candidates.size(), all_series(request_.menu, 2).size());
}

TEST_F(SeriesSearch, ReportsItsTime) {
  request_.limits = {.dropped_magnitude = 0.2};
  EXPECT_GE(search().search_ns, 1000);
}

TEST_F(SeriesSearch, RefusesQuestionsWithoutAnAnswer) {
  EXPECT_THAT(error_of([&] { search(); }), HasSubstr("without a limit on an error"));
  request_.limits = {.slots = 0.5};
  EXPECT_THAT(error_of([&] { search(); }), HasSubstr("without a limit on an error"));
  request_.limits = {.output_error = 0.1};
  EXPECT_THAT(error_of([&] { search(); }), HasSubstr("second operand"));
  request_.limits = {.matrix_error = std::nan("")};
  EXPECT_THAT(error_of([&] { search(); }), HasSubstr("NaN"));
  request_.limits = {.dropped_magnitude = 0.1};
  request_.b = b_;
  request_.b_cols = 7;
  EXPECT_THAT(error_of([&] { search(); }), HasSubstr("64 rows"));
  request_.b = {};
  request_.menu = {};
  EXPECT_THAT(error_of([&] { search(); }), HasSubstr("menu"));
  request_.objective = SearchObjective::cost;
  EXPECT_THAT(error_of([&] { search(); }), HasSubstr("needs a function"));
  values_[70] = std::numeric_limits<float>::infinity();
  request_.objective = SearchObjective::slots;
  request_.menu = parse_menu("2:4");
  EXPECT_THAT(error_of([&] { search(); }), HasSubstr("row 1, column 6"));
}

}  // namespace
}  // namespace hetscope

// The N:M pattern (at most N entries other than zero in every block of M) and the ordered series of such patterns that
// a matrix is decomposed into. "2:4+2:8" is the series whose first term is 2:4.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hetscope {

struct NmPattern {
  static constexpr int kMaxM = 32;

  int n = 1;
  int m = 1;

  // Share of a dense product's multiply-adds that the pattern executes: N/M, whatever the slots hold.
  double slots() const noexcept { return static_cast<double>(n) / m; }
  friend bool operator==(const NmPattern&, const NmPattern&) = default;
};

std::string to_string(const NmPattern& pattern);  // "2:4"
// Throws Error unless 1 <= N <= M <= 32. `where` names the place the pattern came from.
void validate(const NmPattern& pattern, std::string_view where = {});
// "2:4"; throws Error for anything else and for what validate() refuses.
NmPattern parse_nm_pattern(std::string_view text, std::string_view where = {});
// "1:4,2:4,4:8": patterns to choose from, each once; throws Error for an empty list or a pattern listed twice.
std::vector<NmPattern> parse_menu(std::string_view text, std::string_view where = {});

// One to kMaxTerms terms, in the order in which they are extracted. Valid by construction.
class Series {
 public:
  static constexpr int kMaxTerms = 16;

  // Throws Error for no term, too many terms or a pattern that validate() refuses.
  explicit Series(std::vector<NmPattern> terms, std::string_view where = {});
  // "2:4+2:8"; throws Error.
  static Series parse(std::string_view text, std::string_view where = {});

  const std::vector<NmPattern>& terms() const noexcept { return terms_; }
  std::string to_string() const;
  // Sum of N/M over the terms: the multiply-adds of a product with the series over those of the dense product.
  double slots() const noexcept;
  int largest_m() const noexcept;
  // Whether this series, cut after each of its terms, is best in kept magnitude among all choices with these patterns:
  // every M divides the M of all later terms. Otherwise the order of the terms is not known to be the best one.
  bool nested() const noexcept;
  // The mandatory control: the single N:M term at M = largest_m() with the same slots. Where no whole N gives the same
  // slots (1:3+1:4), the next larger N, so that the control never has less; at most M:M.
  NmPattern same_slots_control() const;

  friend bool operator==(const Series&, const Series&) = default;

 private:
  std::vector<NmPattern> terms_;
};

// All ordered series of 1 to max_terms patterns of `menu` with slots below 1, by ascending slots; among equal slots
// fewer terms first, then in the order of the menu. Patterns of equal M are taken together once (1:8+1:8 is 2:8
// exactly, statement 1 of the decomposition's algebra) when the menu has their sum. Throws Error when the result would
// exceed `most` series.
std::vector<Series> all_series(const std::vector<NmPattern>& menu, int max_terms, std::size_t most = 20000);

}  // namespace hetscope

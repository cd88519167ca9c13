// Reading, checking and listing of patterns and series.
#include "kernels/sparse/nm_pattern.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "harness/core/decimal.hpp"
#include "harness/core/error.hpp"
#include "harness/core/split_text.hpp"

namespace hetscope {
namespace {

// The exact sum of N/M as a fraction; at most 16 terms with M <= 32 fit in 64 bits (the common denominator divides
// lcm(1..32), below 1.5e14).
std::pair<std::int64_t, std::int64_t> slot_fraction(const std::vector<NmPattern>& terms) {
  std::int64_t over = 1;
  for (const NmPattern& term : terms) over = std::lcm(over, std::int64_t{term.m});
  std::int64_t sum = 0;
  for (const NmPattern& term : terms) sum += over / term.m * term.n;
  return {sum, over};
}

// Whether two neighbours could be written as one pattern of the menu with the same result.
bool is_redundant(const std::vector<NmPattern>& terms, const std::vector<NmPattern>& menu) {
  for (std::size_t i = 0; i + 1 < terms.size(); ++i) {
    if (terms[i].m != terms[i + 1].m) continue;
    const NmPattern sum{terms[i].n + terms[i + 1].n, terms[i].m};
    if (std::find(menu.begin(), menu.end(), sum) != menu.end()) return true;
    // 1:8+4:8 and 4:8+1:8 are the same; keep the second, as the literature writes it.
    if (terms[i].n < terms[i + 1].n) return true;
  }
  return false;
}

}  // namespace

std::string to_string(const NmPattern& pattern) { return std::to_string(pattern.n) + ":" + std::to_string(pattern.m); }

void validate(const NmPattern& pattern, std::string_view where) {
  const std::string text = "pattern '" + to_string(pattern) + "'";
  if (pattern.m < 1 || pattern.m > NmPattern::kMaxM) {
    throw Error(text + " has an M outside 1.." + std::to_string(NmPattern::kMaxM), std::string(where));
  }
  if (pattern.n < 1) throw Error(text + " keeps nothing", std::string(where), "use N >= 1");
  if (pattern.n > pattern.m) throw Error(text + " has N > M", std::string(where), "N of M means N <= M");
}

NmPattern parse_nm_pattern(std::string_view text, std::string_view where) {
  const std::vector<std::string_view> words = split_text(text, ':');
  const auto n = read_whole(words.front());
  const auto m = read_whole(words.back());
  const auto fits = [](std::optional<std::int64_t> number) { return number && std::in_range<int>(*number); };
  if (words.size() != 2 || !fits(n) || !fits(m)) {
    throw Error("'" + std::string(text) + "' is not a pattern", std::string(where), "write N:M, for example 2:4");
  }
  const NmPattern pattern{static_cast<int>(*n), static_cast<int>(*m)};
  validate(pattern, where);
  return pattern;
}

std::vector<NmPattern> parse_menu(std::string_view text, std::string_view where) {
  std::vector<NmPattern> menu;
  for (const std::string_view word : split_text(text, ',')) {
    const NmPattern pattern = parse_nm_pattern(word, where);
    if (std::find(menu.begin(), menu.end(), pattern) != menu.end()) {
      throw Error("pattern '" + std::string(word) + "' is twice in the menu", std::string(where), "list it once");
    }
    menu.push_back(pattern);
  }
  return menu;
}

Series::Series(std::vector<NmPattern> terms, std::string_view where) : terms_(std::move(terms)) {
  if (terms_.empty()) throw Error("a series needs at least one term", std::string(where), "for example 2:4+2:8");
  if (terms_.size() > static_cast<std::size_t>(kMaxTerms)) {
    throw Error("a series of " + std::to_string(terms_.size()) + " terms is too long", std::string(where),
                "use at most " + std::to_string(kMaxTerms) + " terms");
  }
  for (const NmPattern& term : terms_) validate(term, where);
}

Series Series::parse(std::string_view text, std::string_view where) {
  if (text.empty()) throw Error("an empty series", std::string(where), "for example 2:4+2:8");
  std::vector<NmPattern> terms;
  for (const std::string_view word : split_text(text, '+')) {
    if (terms.size() > static_cast<std::size_t>(kMaxTerms)) break;  // Series says so
    terms.push_back(parse_nm_pattern(word, where));
  }
  return Series(std::move(terms), where);
}

std::string Series::to_string() const {
  std::string text;
  for (const NmPattern& term : terms_) {
    if (!text.empty()) text += '+';
    text += hetscope::to_string(term);
  }
  return text;
}

double Series::slots() const noexcept {
  const auto [sum, over] = slot_fraction(terms_);
  return static_cast<double>(sum) / static_cast<double>(over);
}

int Series::largest_m() const noexcept {
  int largest = 1;
  for (const NmPattern& term : terms_) largest = std::max(largest, term.m);
  return largest;
}

bool Series::nested() const noexcept {
  for (std::size_t i = 0; i + 1 < terms_.size(); ++i) {
    if (terms_[i + 1].m % terms_[i].m != 0) return false;
  }
  return true;
}

NmPattern Series::same_slots_control() const {
  const auto [sum, over] = slot_fraction(terms_);
  const int m = largest_m();
  const std::int64_t n = (sum * m + over - 1) / over;
  return {static_cast<int>(std::min<std::int64_t>(n, m)), m};
}

std::vector<Series> all_series(const std::vector<NmPattern>& menu, int max_terms, std::size_t most) {
  if (menu.empty()) throw Error("the menu of patterns is empty", {}, "for example 1:4,2:4,1:8,2:8,4:8");
  for (const NmPattern& pattern : menu) validate(pattern, "menu");
  if (max_terms < 1 || max_terms > Series::kMaxTerms) {
    throw Error("max_terms is " + std::to_string(max_terms), {}, "use 1.." + std::to_string(Series::kMaxTerms));
  }
  std::vector<Series> found;
  std::vector<std::vector<NmPattern>> layer{{}};
  for (int length = 1; length <= max_terms; ++length) {
    std::vector<std::vector<NmPattern>> next;
    for (const auto& head : layer) {
      for (const NmPattern& pattern : menu) {
        auto terms = head;
        terms.push_back(pattern);
        const auto [sum, over] = slot_fraction(terms);
        if (sum >= over || is_redundant(terms, menu)) continue;
        if (found.size() == most) {
          throw Error("the menu gives more than " + std::to_string(most) + " series", {},
                      "use fewer patterns or fewer terms");
        }
        found.emplace_back(terms);
        next.push_back(std::move(terms));
      }
    }
    layer = std::move(next);
  }
  std::stable_sort(found.begin(), found.end(), [](const Series& a, const Series& b) { return a.slots() < b.slots(); });
  return found;
}

}  // namespace hetscope

// A constant plus factors times atoms (variables, quotients, remainders, table values): the normal form in which the
// simplifier adds, compares and divides.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "harness/tensor/index_expression.hpp"

namespace hetscope {

// Forms that are made by multiplying stay below this, far from the end of 64 bits.
inline constexpr double kSafeMagnitude = 0x1.0p60;

struct IndexRange {
  std::int64_t min = 0;
  std::int64_t max = 0;
};

// Terms are sorted by structural_order, their factors are not zero, and no atom occurs twice.
struct IndexLinear {
  std::int64_t constant = 0;
  std::vector<IndexTerm> terms;

  bool is_constant() const noexcept { return terms.empty(); }
  // The atom when this is one atom and nothing else.
  const IndexExpression* lone_atom() const noexcept;
  // The factor of `atom`, 0 when it does not occur.
  std::int64_t factor_of(const IndexExpression& atom) const;

  // this += factor * other.
  void add(const IndexLinear& other, std::int64_t factor = 1);
  void add(const IndexExpression& atom, std::int64_t factor = 1);

  friend bool operator==(const IndexLinear&, const IndexLinear&) = default;
};

// A linear form in two parts: what is a multiple of `divisor` without remainder, divided by it, and the rest. The rest
// keeps the constant.
struct IndexParts {
  IndexLinear quotient;
  IndexLinear rest;
};
IndexParts parts_by(const IndexLinear& linear, std::int64_t divisor);

// The greatest common divisor of the factors, 0 when there is no term.
std::int64_t common_factor(const IndexLinear& linear);

// The form with a positive first factor and no common factor or constant, and what it was multiplied by:
// linear == scale * form + linear.constant. There is at least one term.
struct IndexPrimitive {
  IndexLinear form;
  std::int64_t scale = 1;
};
IndexPrimitive primitive_of(const IndexLinear& linear);

// What is known of linear forms beyond the extents of the variables, and the bounds that follow from it.
class IndexBounds {
 public:
  // `form` is primitive. Bounds that are there already are narrowed.
  void assume(const IndexLinear& form, IndexRange range);
  IndexRange range(const IndexLinear& linear);

 private:
  struct Assumption {
    IndexLinear form;
    IndexRange range;
  };
  IndexRange range_of_atom(const IndexExpression& atom);
  IndexRange range_by_terms(const IndexLinear& linear);

  std::vector<Assumption> assumptions_;
  // By identity; the atom is kept so that no other node can take its place in memory.
  std::unordered_map<const void*, std::pair<IndexExpression, IndexRange>> atom_ranges_;
};

// A bound of every value that appears while `linear` is added up; in floating point, to ask before multiplying.
double magnitude_of(const IndexLinear& linear);

// The linear form of an operand that is already simplified.
IndexLinear linear_of(const IndexExpression& simplified);

}  // namespace hetscope

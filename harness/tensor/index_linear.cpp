// Arithmetic and bounds of linear forms.
#include "harness/tensor/index_linear.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <utility>

namespace hetscope {

const IndexExpression* IndexLinear::lone_atom() const noexcept {
  const bool is_lone = constant == 0 && terms.size() == 1 && terms.front().factor == 1;
  return is_lone ? &terms.front().value : nullptr;
}

std::int64_t IndexLinear::factor_of(const IndexExpression& atom) const {
  for (const IndexTerm& term : terms) {
    if (term.value == atom) return term.factor;
  }
  return 0;
}

void IndexLinear::add(const IndexExpression& atom, std::int64_t factor) {
  assert(atom.kind() != IndexKind::sum && atom.kind() != IndexKind::constant);
  if (factor == 0) return;
  const auto place = std::ranges::lower_bound(
      terms, atom, [](const IndexExpression& a, const IndexExpression& b) { return structural_order(a, b) < 0; },
      &IndexTerm::value);
  if (place == terms.end() || !(place->value == atom)) {
    terms.insert(place, {factor, atom});
    return;
  }
  place->factor = checked_sum(place->factor, factor);
  if (place->factor == 0) terms.erase(place);
}

void IndexLinear::add(const IndexLinear& other, std::int64_t factor) {
  constant = checked_sum(constant, checked_product(other.constant, factor));
  for (const IndexTerm& term : other.terms) add(term.value, checked_product(term.factor, factor));
}

IndexParts parts_by(const IndexLinear& linear, std::int64_t divisor) {
  assert(divisor != 0);
  IndexParts parts;
  parts.rest.constant = linear.constant;
  for (const IndexTerm& term : linear.terms) {
    if (term.factor % divisor == 0) {
      parts.quotient.terms.push_back({term.factor / divisor, term.value});
    } else {
      parts.rest.terms.push_back(term);
    }
  }
  return parts;
}

std::int64_t common_factor(const IndexLinear& linear) {
  std::int64_t factor = 0;
  for (const IndexTerm& term : linear.terms) factor = std::gcd(factor, term.factor);
  return factor;
}

IndexPrimitive primitive_of(const IndexLinear& linear) {
  assert(!linear.is_constant());
  const std::int64_t factor = common_factor(linear);
  const std::int64_t scale = linear.terms.front().factor < 0 ? -factor : factor;
  IndexPrimitive primitive{parts_by(linear, scale).quotient, scale};
  return primitive;
}

IndexLinear linear_of(const IndexExpression& simplified) {
  IndexLinear linear;
  if (simplified.kind() == IndexKind::constant) {
    linear.constant = simplified.constant();
  } else if (simplified.kind() == IndexKind::sum) {
    linear.constant = simplified.constant();
    linear.terms.assign(simplified.terms().begin(), simplified.terms().end());
  } else {
    linear.terms.push_back({1, simplified});
  }
  return linear;
}

namespace {

IndexRange intersection(IndexRange a, IndexRange b) { return {std::max(a.min, b.min), std::min(a.max, b.max)}; }

IndexRange sum_of(IndexRange a, IndexRange b) { return {checked_sum(a.min, b.min), checked_sum(a.max, b.max)}; }

IndexRange scaled(IndexRange range, std::int64_t factor) {
  const std::int64_t a = checked_product(range.min, factor);
  const std::int64_t b = checked_product(range.max, factor);
  return {std::min(a, b), std::max(a, b)};
}

// How often `form` is contained in `linear`, every term with the same multiple; 0 when it is not.
std::int64_t multiple_of_form(const IndexLinear& linear, const IndexLinear& form) {
  std::int64_t multiple = 0;
  for (const IndexTerm& term : form.terms) {
    const std::int64_t factor = linear.factor_of(term.value);
    if (factor == 0 || factor % term.factor != 0) return 0;
    const std::int64_t this_multiple = factor / term.factor;
    if (multiple != 0 && this_multiple != multiple) return 0;
    multiple = this_multiple;
  }
  return multiple;
}

}  // namespace

void IndexBounds::assume(const IndexLinear& form, IndexRange range) {
  atom_ranges_.clear();
  for (Assumption& known : assumptions_) {
    if (known.form == form) {
      known.range = intersection(known.range, range);
      return;
    }
  }
  assumptions_.push_back({form, range});
}

IndexRange IndexBounds::range_by_terms(const IndexLinear& linear) {
  IndexRange range{linear.constant, linear.constant};
  for (const IndexTerm& term : linear.terms) range = sum_of(range, scaled(range_of_atom(term.value), term.factor));
  return range;
}

IndexRange IndexBounds::range(const IndexLinear& linear) {
  IndexRange range = range_by_terms(linear);
  for (const Assumption& known : assumptions_) {
    if (known.form.terms.size() < 2) continue;  // a lone atom's bounds are in its own range
    const std::int64_t multiple = multiple_of_form(linear, known.form);
    if (multiple == 0) continue;
    IndexLinear rest = linear;
    rest.add(known.form, -multiple);
    range = intersection(range, sum_of(range_by_terms(rest), scaled(known.range, multiple)));
  }
  return range;
}

IndexRange IndexBounds::range_of_atom(const IndexExpression& atom) {
  if (const auto found = atom_ranges_.find(atom.identity()); found != atom_ranges_.end()) return found->second.second;
  IndexRange range{atom.min(), atom.max()};
  if (atom.kind() == IndexKind::floor_div || atom.kind() == IndexKind::mod) {
    const IndexRange inner = this->range(linear_of(atom.operand()));
    const std::int64_t first_block = floor_quotient(inner.min, atom.divisor());
    const std::int64_t last_block = floor_quotient(inner.max, atom.divisor());
    if (atom.kind() == IndexKind::floor_div) {
      range = intersection(range, {first_block, last_block});
    } else if (first_block == last_block) {
      range =
          intersection(range, {floor_remainder(inner.min, atom.divisor()), floor_remainder(inner.max, atom.divisor())});
    }
  }
  for (const Assumption& known : assumptions_) {
    const IndexExpression* lone = known.form.lone_atom();
    if (lone != nullptr && *lone == atom) range = intersection(range, known.range);
  }
  atom_ranges_.emplace(atom.identity(), std::pair(atom, range));
  return range;
}

double magnitude_of(const IndexLinear& linear) {
  double magnitude = std::abs(static_cast<double>(linear.constant));
  for (const IndexTerm& term : linear.terms) {
    const double largest =
        std::max(std::abs(static_cast<double>(term.value.min())), std::abs(static_cast<double>(term.value.max())));
    magnitude += std::abs(static_cast<double>(term.factor)) * largest;
  }
  return magnitude;
}

}  // namespace hetscope

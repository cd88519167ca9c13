// The rules for sums, quotients and remainders; conditions, tables and recombination are in index_recombine.cpp.
// Division by c is normal when every factor under it lies in [0, c) and no common part can be divided out; the
// remainder by c has the same normal form, which is what lets a quotient find its remainder again.
#include "harness/tensor/index_simplify.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>

#include "harness/tensor/index_candidates.hpp"

namespace hetscope {
namespace {

constexpr double kMaxInt32 = std::numeric_limits<std::int32_t>::max();

bool product_is_safe(std::int64_t a, std::int64_t b) {
  return static_cast<double>(a) * static_cast<double>(b) < kSafeMagnitude;
}

double largest_of(const IndexExpression& atom) {
  return std::max(std::abs(static_cast<double>(atom.min())), std::abs(static_cast<double>(atom.max())));
}

// A factor congruent to `factor` modulo `modulus`: in [0, modulus) unless that leaves the safe range.
std::int64_t reduced_factor(std::int64_t factor, std::int64_t modulus, const IndexExpression& atom) {
  const std::int64_t reduced = floor_remainder(factor, modulus);
  return static_cast<double>(reduced) * largest_of(atom) < kSafeMagnitude ? reduced : factor;
}

}  // namespace

IndexExpression IndexSimplifier::interned(IndexExpression expression) {
  std::vector<IndexExpression>& same_hash = nodes_[expression.hash()];
  for (const IndexExpression& known : same_hash) {
    if (known == expression) return known;
  }
  same_hash.push_back(expression);
  return expression;
}

IndexExpression IndexSimplifier::node(const IndexLinear& linear) {
  if (linear.is_constant()) return interned(IndexExpression::constant(linear.constant));
  if (const IndexExpression* atom = linear.lone_atom()) return *atom;
  return interned(IndexExpression::sum(linear.constant, linear.terms));
}

IndexLinear IndexSimplifier::of_atom(IndexExpression atom) {
  IndexLinear linear;
  linear.terms.push_back({1, interned(std::move(atom))});
  const IndexRange range = bounds_.range(linear);
  if (range.min != range.max) return linear;
  return {range.min, {}};
}

bool IndexSimplifier::in_one_block(const IndexLinear& linear, std::int64_t size, std::int64_t& block) {
  const IndexRange range = bounds_.range(linear);
  block = floor_quotient(range.min, size);
  return block == floor_quotient(range.max, size);
}

IndexExpression IndexSimplifier::simplify(const IndexExpression& expression) { return node(linear(expression)); }

IndexLinear IndexSimplifier::linear(const IndexExpression& expression) {
  if (expression.kind() == IndexKind::constant) return {expression.constant(), {}};
  if (expression.kind() == IndexKind::variable) return of_atom(expression);
  if (const auto found = done_.find(expression.identity()); found != done_.end()) return found->second.second;
  IndexLinear result;
  switch (expression.kind()) {
    case IndexKind::floor_div:
      result = divided(linear(expression.operand()), expression.divisor());
      break;
    case IndexKind::mod:
      result = remainder(linear(expression.operand()), expression.divisor());
      break;
    case IndexKind::lookup:
      result = looked_up(expression.table(), linear(expression.operand()));
      break;
    default:
      result.constant = expression.constant();
      for (const IndexTerm& term : expression.terms()) result.add(linear(term.value), term.factor);
      result = recombined(std::move(result));
  }
  done_.emplace(expression.identity(), std::pair(expression, result));
  return result;
}

IndexLinear IndexSimplifier::divided(const IndexLinear& dividend, std::int64_t divisor) {
  if (divisor == 1) return dividend;
  std::int64_t block = 0;
  if (in_one_block(dividend, divisor, block)) return {block, {}};
  IndexLinear whole;
  IndexLinear rest;
  whole.constant = floor_quotient(dividend.constant, divisor);
  rest.constant = floor_remainder(dividend.constant, divisor);
  for (const IndexTerm& term : dividend.terms) {
    const std::int64_t kept = reduced_factor(term.factor, divisor, term.value);
    rest.add(term.value, kept);
    whole.add(term.value, (term.factor - kept) / divisor);
  }
  whole.add(divided_rest(rest, divisor));
  return recombined(std::move(whole));
}

// `dividend` without the parts that divide by `divisor`.
IndexLinear IndexSimplifier::divided_rest(const IndexLinear& dividend, std::int64_t divisor) {
  std::int64_t block = 0;
  if (in_one_block(dividend, divisor, block)) return {block, {}};
  for (const std::int64_t part : common_parts(dividend, divisor)) {
    IndexParts parts = parts_by(dividend, part);
    if (!in_one_block(parts.rest, part, block)) continue;
    parts.quotient.constant = checked_sum(parts.quotient.constant, block);
    return divided(parts.quotient, divisor / part);
  }
  IndexLinear merged;
  if (policy_.merge_quotients && merge_nested_division(dividend, divisor, merged)) return merged;
  if (const IndexExpression* atom = dividend.lone_atom(); atom != nullptr && policy_.divide_under_remainder) {
    if (atom->kind() == IndexKind::mod && atom->divisor() % divisor == 0) {
      return remainder(divided(linear_of(atom->operand()), divisor), atom->divisor() / divisor);
    }
  }
  return of_atom(IndexExpression::floor_div(node(dividend), divisor));
}

// (x / a + y) / b is (x + a*y) / (a*b).
bool IndexSimplifier::merge_nested_division(const IndexLinear& dividend, std::int64_t divisor, IndexLinear& quotient) {
  for (const IndexTerm& term : dividend.terms) {
    if (term.factor != 1 || term.value.kind() != IndexKind::floor_div) continue;
    const std::int64_t inner = term.value.divisor();
    if (!product_is_safe(inner, divisor)) continue;
    IndexLinear others = dividend;
    others.add(term.value, -1);
    IndexLinear merged = linear_of(term.value.operand());
    const double before = magnitude_of(merged);
    const double after = before + static_cast<double>(inner) * magnitude_of(others);
    // 64-bit division costs several of 32 bits: none is bought for one division less.
    if (after >= kSafeMagnitude || (after > kMaxInt32 && before <= kMaxInt32)) continue;
    merged.add(others, inner);
    quotient = divided(recombined(std::move(merged)), inner * divisor);
    return true;
  }
  return false;
}

IndexLinear IndexSimplifier::remainder(const IndexLinear& dividend, std::int64_t divisor) {
  if (divisor == 1) return {};
  std::int64_t block = 0;
  const auto without_blocks = [&](IndexLinear linear) {
    linear.constant = checked_sum(linear.constant, -checked_product(block, divisor));
    return linear;
  };
  if (in_one_block(dividend, divisor, block)) return without_blocks(dividend);
  const IndexLinear rest = reduced(dividend, divisor);
  if (in_one_block(rest, divisor, block)) return without_blocks(rest);
  for (const std::int64_t part : common_parts(rest, divisor)) {
    IndexParts parts = parts_by(rest, part);
    if (!in_one_block(parts.rest, part, block)) continue;
    parts.quotient.constant = checked_sum(parts.quotient.constant, block);
    IndexLinear result = parts.rest;
    result.constant = checked_sum(result.constant, -checked_product(block, part));
    result.add(remainder(parts.quotient, divisor / part), part);
    return recombined(std::move(result));
  }
  return of_atom(IndexExpression::mod(node(rest), divisor));
}

IndexLinear IndexSimplifier::reduced(const IndexLinear& linear, std::int64_t modulus) {
  IndexLinear now = linear;
  while (true) {
    IndexLinear next = reduced_once(now, modulus);
    if (next == now) return now;
    now = std::move(next);
  }
}

IndexLinear IndexSimplifier::reduced_once(const IndexLinear& linear, std::int64_t modulus) {
  IndexLinear result;
  result.constant = floor_remainder(linear.constant, modulus);
  for (const IndexTerm& term : linear.terms) {
    const std::int64_t factor = reduced_factor(term.factor, modulus, term.value);
    const std::int64_t period = modulus / std::gcd(factor, modulus);  // how far the atom may move unseen
    if (factor == 0) continue;
    if (term.value.kind() == IndexKind::mod && term.value.divisor() % period == 0) {
      const IndexLinear inner = reduced(linear_of(term.value.operand()), period);
      if (static_cast<double>(std::abs(factor)) * magnitude_of(inner) < kSafeMagnitude) {
        result.add(inner, factor);
        continue;
      }
    }
    if (term.value.kind() == IndexKind::floor_div && product_is_safe(period, term.value.divisor())) {
      const IndexLinear inner = linear_of(term.value.operand());
      const IndexLinear less = reduced(inner, period * term.value.divisor());
      if (less != inner) {
        result.add(divided(less, term.value.divisor()), factor);
        continue;
      }
    }
    result.add(term.value, factor);
  }
  return result;
}

}  // namespace hetscope

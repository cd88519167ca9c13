// The rules that need more than one term or more than arithmetic: a quotient with its remainder, tables, and
// conditions.
#include <algorithm>
#include <cassert>
#include <numeric>

#include "harness/tensor/index_candidates.hpp"
#include "harness/tensor/index_simplify.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMaxParts = 256;
constexpr std::int64_t kSafeValue = std::int64_t{1} << 60;

std::int64_t ceil_quotient(std::int64_t value, std::int64_t divisor) {
  return floor_quotient(value, divisor) + (floor_remainder(value, divisor) == 0 ? 0 : 1);
}

}  // namespace

std::vector<std::int64_t> common_parts(const IndexLinear& linear, std::int64_t divisor) {
  std::vector<std::int64_t> parts;
  const auto add = [&](std::int64_t part) {
    if (part > 1 && std::ranges::find(parts, part) == parts.end() && parts.size() < kMaxParts) parts.push_back(part);
  };
  for (const IndexTerm& term : linear.terms) {
    const std::int64_t part = std::gcd(term.factor, divisor);
    const std::size_t known = parts.size();
    add(part);
    for (std::size_t i = 0; i < known; ++i) add(std::gcd(parts[i], part));
  }
  std::ranges::sort(parts, std::greater<>());
  return parts;
}

IndexLinear IndexSimplifier::recombined(IndexLinear linear) {
  // A pair becomes one form with fewer divisions and remainders, so this ends.
  bool changed = true;
  while (changed) {
    changed = false;
    const std::vector<IndexTerm> terms = linear.terms;
    for (std::size_t high = 0; high < terms.size() && !changed; ++high) {
      for (std::size_t low = 0; low < terms.size() && !changed; ++low) {
        changed = high != low && recombine_pair(linear, terms[high], terms[low]);
      }
    }
  }
  return linear;
}

bool IndexSimplifier::is_remainder_of(const IndexExpression& atom, const IndexLinear& dividend, std::int64_t divisor) {
  const IndexLinear found = remainder(dividend, divisor);
  const IndexExpression* lone = found.lone_atom();
  return lone != nullptr && *lone == atom;
}

bool IndexSimplifier::recombine_pair(IndexLinear& linear, const IndexTerm& high, const IndexTerm& low) {
  if (low.value.kind() != IndexKind::mod) return false;
  const std::int64_t base = low.value.divisor();
  if (high.factor % base != 0 || high.factor / base != low.factor) return false;
  const auto replace_by = [&](const IndexLinear& whole) {
    linear.add(high.value, -high.factor);
    linear.add(low.value, -low.factor);
    linear.add(whole, low.factor);
    return true;
  };
  // (x / n) * base + (x / (n / base)) % base is x / (n / base).
  if (high.value.kind() == IndexKind::floor_div && high.value.divisor() % base == 0) {
    const IndexLinear whole = divided(linear_of(high.value.operand()), high.value.divisor() / base);
    return is_remainder_of(low.value, whole, base) && replace_by(whole);
  }
  if (high.value.kind() != IndexKind::mod) return false;
  // ((x / n) % b) * base + (x / (n / base)) % base is (x / (n / base)) % (b * base); what stands beside x / n under the
  // remainder belongs to x.
  const IndexLinear digits = linear_of(high.value.operand());
  for (const IndexTerm& digit : digits.terms) {
    const bool fits =
        digit.factor == 1 && digit.value.kind() == IndexKind::floor_div && digit.value.divisor() % base == 0;
    if (!fits) continue;
    const std::int64_t divisor = digit.value.divisor();
    IndexLinear beside = digits;
    beside.add(digit.value, -1);
    IndexLinear whole = linear_of(digit.value.operand());
    const double magnitude = magnitude_of(whole) + static_cast<double>(divisor) * magnitude_of(beside);
    const double modulus = static_cast<double>(high.value.divisor()) * static_cast<double>(base);
    if (magnitude >= kSafeMagnitude || modulus >= kSafeMagnitude) continue;
    whole.add(beside, divisor);
    whole = divided(whole, divisor / base);
    if (!is_remainder_of(low.value, whole, base)) continue;
    return replace_by(remainder(whole, high.value.divisor() * base));
  }
  return false;
}

IndexLinear IndexSimplifier::looked_up(const std::shared_ptr<const IndexTable>& table, const IndexLinear& position) {
  const std::vector<std::int64_t>& values = table->values();
  const auto value_at = [&](std::int64_t i) {
    return values[static_cast<std::size_t>(std::clamp<std::int64_t>(i, 0, table->size() - 1))];
  };
  if (position.is_constant()) return {value_at(position.constant), {}};
  if (table->min() == table->max()) return {table->min(), {}};
  const IndexRange range = bounds_.range(position);
  const bool steps_fit = table->min() > -kSafeValue && table->max() < kSafeValue;
  if (steps_fit && range.min >= 0 && range.min < range.max && range.max < table->size()) {
    const std::int64_t first = value_at(range.min);
    const std::int64_t step = value_at(range.min + 1) - first;
    bool is_line = true;
    for (std::int64_t i = range.min + 1; i <= range.max && is_line; ++i) {
      is_line = value_at(i) - value_at(i - 1) == step;
    }
    if (is_line) {
      IndexLinear line{checked_sum(first, -checked_product(step, range.min)), {}};
      line.add(position, step);
      return recombined(std::move(line));
    }
  }
  if (const IndexExpression* inner = position.lone_atom(); inner != nullptr && inner->kind() == IndexKind::lookup) {
    std::vector<std::int64_t> through;
    for (const std::int64_t value : inner->table()->values()) through.push_back(value_at(value));
    return looked_up(std::make_shared<const IndexTable>(std::move(through)), linear_of(inner->operand()));
  }
  return of_atom(IndexExpression::lookup(table, node(position)));
}

IndexVerdict IndexSimplifier::assume(IndexCondition& condition) {
  IndexLinear form = linear(condition.expression);
  std::int64_t min = condition.min;
  std::int64_t max = condition.max;
  while (true) {
    min = checked_sum(min, -form.constant);
    max = checked_sum(max, -form.constant);
    if (form.is_constant()) return min <= 0 && 0 <= max ? IndexVerdict::always : IndexVerdict::never;
    IndexPrimitive primitive = primitive_of(form);
    if (primitive.scale < 0) {
      std::swap(min, max);
      min = -min;
      max = -max;
    }
    const std::int64_t scale = std::abs(primitive.scale);
    min = ceil_quotient(min, scale);
    max = floor_quotient(max, scale);
    form = std::move(primitive.form);
    const IndexRange range = bounds_.range(form);
    if (min <= range.min && range.max <= max) return IndexVerdict::always;
    if (min > max || min > range.max || max < range.min) return IndexVerdict::never;
    min = std::max(min, range.min);
    max = std::min(max, range.max);
    const IndexExpression* lone = form.lone_atom();
    if (lone != nullptr && lone->kind() == IndexKind::floor_div) {
      const std::int64_t divisor = lone->divisor();
      min = checked_product(min, divisor);
      max = checked_sum(checked_product(max, divisor), divisor - 1);
      form = linear_of(lone->operand());
      continue;
    }
    if (!split_condition(form, min, max)) break;
  }
  condition = {node(form), min, max};
  bounds_.assume(form, {min, max});
  done_.clear();
  return IndexVerdict::sometimes;
}

// min <= g*x + y <= max says the same of x alone when no value of y makes a difference.
bool IndexSimplifier::split_condition(IndexLinear& form, std::int64_t& min, std::int64_t& max) {
  const IndexRange whole = bounds_.range(form);
  for (const std::int64_t part : common_parts(form, 0)) {
    const IndexParts parts = parts_by(form, part);
    const IndexRange rest = bounds_.range(parts.rest);
    const IndexRange quotient = bounds_.range(parts.quotient);
    std::int64_t new_min = quotient.min;
    std::int64_t new_max = quotient.max;
    if (min > whole.min) {
      new_min = ceil_quotient(min - rest.min, part);
      if (new_min != ceil_quotient(min - rest.max, part)) continue;
    }
    if (max < whole.max) {
      new_max = floor_quotient(max - rest.max, part);
      if (new_max != floor_quotient(max - rest.min, part)) continue;
    }
    form = parts.quotient;
    min = new_min;
    max = new_max;
    return true;
  }
  return false;
}

}  // namespace hetscope

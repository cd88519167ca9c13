// Nodes of index expressions: their bounds, their order, substitution and evaluation.
#include "harness/tensor/index_expression.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

Error overflow() { return Error("an index expression leaves 64 bits", {}, "use smaller shapes"); }

std::size_t mixed(std::size_t hash, std::size_t value) { return (hash ^ value) * 0x9e3779b97f4a7c15ULL + (hash >> 29); }

int order_of(std::int64_t a, std::int64_t b) { return a < b ? -1 : (a > b ? 1 : 0); }

int order_of_tables(const std::shared_ptr<const IndexTable>& a, const std::shared_ptr<const IndexTable>& b) {
  if (a == b) return 0;
  if (a == nullptr || b == nullptr) return a == nullptr ? -1 : 1;
  if (a->values() == b->values()) return 0;
  return a->values() < b->values() ? -1 : 1;
}

}  // namespace

std::int64_t floor_quotient(std::int64_t value, std::int64_t divisor) {
  const std::int64_t quotient = value / divisor;
  return value % divisor < 0 ? quotient - 1 : quotient;
}

std::int64_t floor_remainder(std::int64_t value, std::int64_t divisor) {
  const std::int64_t remainder = value % divisor;
  return remainder < 0 ? remainder + divisor : remainder;
}

std::int64_t checked_sum(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result)) throw overflow();
  return result;
}

std::int64_t checked_product(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) throw overflow();
  return result;
}

IndexTable::IndexTable(std::vector<std::int64_t> values) : values_(std::move(values)) {
  if (values_.empty()) throw Error("an index table without values");
  const auto [smallest, largest] = std::ranges::minmax(values_);
  min_ = smallest;
  max_ = largest;
  hash_ = values_.size();
  for (const std::int64_t value : values_) hash_ = mixed(hash_, static_cast<std::size_t>(value));
}

struct IndexExpression::Node {
  IndexKind kind = IndexKind::constant;
  std::int64_t number = 0;  // the value, the variable's number, a sum's constant, or the divisor
  std::vector<IndexTerm> terms;
  std::shared_ptr<const IndexTable> table;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::size_t hash = 0;
};

IndexExpression IndexExpression::make(Node node) {
  std::size_t hash = mixed(static_cast<std::size_t>(node.kind), static_cast<std::size_t>(node.number));
  if (node.kind == IndexKind::variable) hash = mixed(hash, static_cast<std::size_t>(node.max));
  for (const IndexTerm& term : node.terms) {
    hash = mixed(mixed(hash, static_cast<std::size_t>(term.factor)), term.value.hash());
  }
  if (node.table != nullptr) hash = mixed(hash, node.table->hash());
  node.hash = hash;
  return IndexExpression(std::make_shared<const Node>(std::move(node)));
}

IndexExpression IndexExpression::constant(std::int64_t value) {
  return make({.kind = IndexKind::constant, .number = value, .terms = {}, .table = {}, .min = value, .max = value});
}

IndexExpression IndexExpression::variable(int number, std::int64_t extent) {
  assert(number >= 0 && extent >= 1);
  return make({.kind = IndexKind::variable, .number = number, .terms = {}, .table = {}, .min = 0, .max = extent - 1});
}

IndexExpression IndexExpression::sum(std::int64_t constant, std::vector<IndexTerm> terms) {
  std::int64_t min = constant;
  std::int64_t max = constant;
  for (const IndexTerm& term : terms) {
    const std::int64_t a = checked_product(term.factor, term.value.min());
    const std::int64_t b = checked_product(term.factor, term.value.max());
    min = checked_sum(min, std::min(a, b));
    max = checked_sum(max, std::max(a, b));
  }
  return make(
      {.kind = IndexKind::sum, .number = constant, .terms = std::move(terms), .table = {}, .min = min, .max = max});
}

IndexExpression IndexExpression::floor_div(IndexExpression dividend, std::int64_t divisor) {
  assert(divisor >= 1);
  const std::int64_t min = floor_quotient(dividend.min(), divisor);
  const std::int64_t max = floor_quotient(dividend.max(), divisor);
  return make({.kind = IndexKind::floor_div,
               .number = divisor,
               .terms = {{1, std::move(dividend)}},
               .table = {},
               .min = min,
               .max = max});
}

IndexExpression IndexExpression::mod(IndexExpression dividend, std::int64_t divisor) {
  assert(divisor >= 1);
  std::int64_t min = 0;
  std::int64_t max = divisor - 1;
  if (floor_quotient(dividend.min(), divisor) == floor_quotient(dividend.max(), divisor)) {
    min = floor_remainder(dividend.min(), divisor);
    max = floor_remainder(dividend.max(), divisor);
  }
  return make({.kind = IndexKind::mod,
               .number = divisor,
               .terms = {{1, std::move(dividend)}},
               .table = {},
               .min = min,
               .max = max});
}

IndexExpression IndexExpression::lookup(std::shared_ptr<const IndexTable> table, IndexExpression position) {
  assert(table != nullptr);
  const std::int64_t min = table->min();
  const std::int64_t max = table->max();
  return make({.kind = IndexKind::lookup,
               .number = 0,
               .terms = {{1, std::move(position)}},
               .table = std::move(table),
               .min = min,
               .max = max});
}

IndexKind IndexExpression::kind() const noexcept { return node_->kind; }

std::int64_t IndexExpression::constant() const noexcept {
  assert(kind() == IndexKind::constant || kind() == IndexKind::sum);
  return node_->number;
}

int IndexExpression::variable_number() const noexcept {
  assert(kind() == IndexKind::variable);
  return static_cast<int>(node_->number);
}

std::int64_t IndexExpression::divisor() const noexcept {
  assert(kind() == IndexKind::floor_div || kind() == IndexKind::mod);
  return node_->number;
}

std::span<const IndexTerm> IndexExpression::terms() const noexcept { return node_->terms; }

const IndexExpression& IndexExpression::operand() const noexcept {
  assert(kind() != IndexKind::sum && node_->terms.size() == 1);
  return node_->terms.front().value;
}

const std::shared_ptr<const IndexTable>& IndexExpression::table() const noexcept { return node_->table; }

std::int64_t IndexExpression::min() const noexcept { return node_->min; }
std::int64_t IndexExpression::max() const noexcept { return node_->max; }
std::size_t IndexExpression::hash() const noexcept { return node_->hash; }

bool operator==(const IndexExpression& a, const IndexExpression& b) {
  if (a.node_ == b.node_) return true;
  return a.hash() == b.hash() && structural_order(a, b) == 0;
}

int structural_order(const IndexExpression& a, const IndexExpression& b) {
  if (a.identity() == b.identity()) return 0;
  if (a.kind() != b.kind()) return a.kind() < b.kind() ? -1 : 1;
  switch (a.kind()) {
    case IndexKind::constant:
      return order_of(a.constant(), b.constant());
    case IndexKind::variable: {
      const int order = order_of(a.variable_number(), b.variable_number());
      return order != 0 ? order : order_of(a.max(), b.max());
    }
    case IndexKind::floor_div:
    case IndexKind::mod: {
      const int order = structural_order(a.operand(), b.operand());
      return order != 0 ? order : order_of(a.divisor(), b.divisor());
    }
    case IndexKind::lookup: {
      const int order = structural_order(a.operand(), b.operand());
      return order != 0 ? order : order_of_tables(a.table(), b.table());
    }
    case IndexKind::sum:
      break;
  }
  for (std::size_t i = 0; i < a.terms().size() && i < b.terms().size(); ++i) {
    if (const int order = structural_order(a.terms()[i].value, b.terms()[i].value)) return order;
    if (const int order = order_of(a.terms()[i].factor, b.terms()[i].factor)) return order;
  }
  if (a.terms().size() != b.terms().size()) return a.terms().size() < b.terms().size() ? -1 : 1;
  return order_of(a.constant(), b.constant());
}

IndexExpression operator+(const IndexExpression& a, const IndexExpression& b) {
  return IndexExpression::sum(0, {{1, a}, {1, b}});
}
IndexExpression operator+(const IndexExpression& a, std::int64_t b) { return IndexExpression::sum(b, {{1, a}}); }
IndexExpression operator*(const IndexExpression& a, std::int64_t factor) {
  return IndexExpression::sum(0, {{factor, a}});
}

IndexExpression IndexSubstitution::operator()(const IndexExpression& expression) {
  if (expression.kind() == IndexKind::constant) return expression;
  if (expression.kind() == IndexKind::variable) {
    return replacements_.at(static_cast<std::size_t>(expression.variable_number()));
  }
  if (const auto found = done_.find(expression.identity()); found != done_.end()) return found->second.second;
  std::vector<IndexTerm> terms;
  for (const IndexTerm& term : expression.terms()) terms.push_back({term.factor, (*this)(term.value)});
  const IndexExpression result = [&] {
    switch (expression.kind()) {
      case IndexKind::floor_div:
        return IndexExpression::floor_div(std::move(terms.front().value), expression.divisor());
      case IndexKind::mod:
        return IndexExpression::mod(std::move(terms.front().value), expression.divisor());
      case IndexKind::lookup:
        return IndexExpression::lookup(expression.table(), std::move(terms.front().value));
      default:
        return IndexExpression::sum(expression.constant(), std::move(terms));
    }
  }();
  done_.emplace(expression.identity(), std::pair(expression, result));
  return result;
}

}  // namespace hetscope

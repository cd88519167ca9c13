// Strength reduction of index expressions: a division or a remainder costs tens of a GPU's cycles, and static extents
// prove most of them away. The rules are those of SmartMem (ASPLOS 2024, section 3.2.1) and what they need to be
// complete on reshapes and transposes:
//
//   x / c -> 0, x % c -> x         when 0 <= x < c
//   (x / a) / b -> x / (a*b)       x % a % b -> x % b when b divides a
//   (x % a) / b -> (x / b) % (a/b) when b divides a
//   (i*a + j) / b -> i*(a/b) + j/b (i*a + j) % b -> j % b when b divides a
//   (i*g + j) / (g*b) -> i / b     (i*g + j) % (g*b) -> (i % b)*g + j when 0 <= j < g
//   (x / c)*c + x % c -> x         (x / c % b)*c + x % c -> x % (b*c)
//   lo <= x / c <= hi -> lo*c <= x <= hi*c + c-1
//   table[x] -> x*d + e            when the table is that line; table[table[x]] -> one table
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/tensor/index_linear.hpp"

namespace hetscope {

// min <= expression <= max.
struct IndexCondition {
  IndexExpression expression;
  std::int64_t min;
  std::int64_t max;

  friend bool operator==(const IndexCondition&, const IndexCondition&) = default;
};

enum class IndexVerdict { always, never, sometimes };

// The two rules that save an operation only where their operand is not needed elsewhere anyway. Whoever knows the whole
// map tries them both ways.
struct IndexPolicy {
  bool merge_quotients = true;         // (x / a) / b -> x / (a*b)
  bool divide_under_remainder = true;  // (x % a) / b -> (x / b) % (a/b)
};

// Simplifies expressions that are computed where some conditions hold.
class IndexSimplifier {
 public:
  explicit IndexSimplifier(IndexPolicy policy) : policy_(policy) {}

  // Equal to `expression` wherever all assumed conditions hold.
  IndexExpression simplify(const IndexExpression& expression);
  // Simplifies `condition` in place, given those assumed before, and, when it holds sometimes, assumes it.
  IndexVerdict assume(IndexCondition& condition);

 private:
  IndexLinear linear(const IndexExpression& expression);
  IndexLinear divided(const IndexLinear& dividend, std::int64_t divisor);
  IndexLinear divided_rest(const IndexLinear& dividend, std::int64_t divisor);
  bool merge_nested_division(const IndexLinear& dividend, std::int64_t divisor, IndexLinear& quotient);
  IndexLinear remainder(const IndexLinear& dividend, std::int64_t divisor);
  // Another form that is congruent to `linear` modulo `modulus`, with smaller factors and fewer remainders.
  IndexLinear reduced(const IndexLinear& linear, std::int64_t modulus);
  IndexLinear reduced_once(const IndexLinear& linear, std::int64_t modulus);
  IndexLinear looked_up(const std::shared_ptr<const IndexTable>& table, const IndexLinear& position);
  // Puts a quotient and the remainder that belongs to it together again.
  IndexLinear recombined(IndexLinear linear);
  bool recombine_pair(IndexLinear& linear, const IndexTerm& high, const IndexTerm& low);
  bool is_remainder_of(const IndexExpression& atom, const IndexLinear& dividend, std::int64_t divisor);

  // True when every value of `linear` lies in one block [k*size, (k+1)*size).
  bool in_one_block(const IndexLinear& linear, std::int64_t size, std::int64_t& block);
  bool split_condition(IndexLinear& form, std::int64_t& min, std::int64_t& max);

  IndexExpression node(const IndexLinear& linear);
  IndexExpression interned(IndexExpression expression);
  IndexLinear of_atom(IndexExpression atom);

  IndexPolicy policy_;
  IndexBounds bounds_;
  std::unordered_map<std::size_t, std::vector<IndexExpression>> nodes_;
  // By identity; the original is kept so that no other node can take its place in memory.
  std::unordered_map<const void*, std::pair<IndexExpression, IndexLinear>> done_;
};

}  // namespace hetscope

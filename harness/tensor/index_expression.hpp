// Integer index arithmetic over variables with known extents: what remains of a reshape or a transpose when no element
// is moved and only the reader's index changes. Expressions are immutable and share their parts; building one
// simplifies nothing (that is index_simplify.hpp), so that the naive form can be measured too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hetscope {

// The operand of a gather: values by position.
class IndexTable {
 public:
  // Throws Error when there is no value.
  explicit IndexTable(std::vector<std::int64_t> values);

  const std::vector<std::int64_t>& values() const noexcept { return values_; }
  std::int64_t size() const noexcept { return static_cast<std::int64_t>(values_.size()); }
  std::int64_t min() const noexcept { return min_; }
  std::int64_t max() const noexcept { return max_; }
  std::size_t hash() const noexcept { return hash_; }

 private:
  std::vector<std::int64_t> values_;
  std::int64_t min_;
  std::int64_t max_;
  std::size_t hash_;
};

enum class IndexKind { constant, variable, sum, floor_div, mod, lookup };

struct IndexTerm;

// Division rounds down and the remainder is never negative, whatever the sign of the dividend.
class IndexExpression {
 public:
  static IndexExpression constant(std::int64_t value);
  // Variable `number` takes the values 0 .. extent-1.
  static IndexExpression variable(int number, std::int64_t extent);
  // constant + the sum of factor * value. Throws Error when a value can leave 64 bits, as every maker below does.
  static IndexExpression sum(std::int64_t constant, std::vector<IndexTerm> terms);
  // The divisor is positive.
  static IndexExpression floor_div(IndexExpression dividend, std::int64_t divisor);
  static IndexExpression mod(IndexExpression dividend, std::int64_t divisor);
  // table[position]; a position outside the table reads its nearest end, so that a masked-off access is harmless.
  static IndexExpression lookup(std::shared_ptr<const IndexTable> table, IndexExpression position);

  IndexKind kind() const noexcept;
  // The constant's value, or the constant of a sum.
  std::int64_t constant() const noexcept;
  int variable_number() const noexcept;
  std::int64_t divisor() const noexcept;
  // Of a sum; the operand of a division, a remainder or a lookup is its only term, with factor 1.
  std::span<const IndexTerm> terms() const noexcept;
  const IndexExpression& operand() const noexcept;
  const std::shared_ptr<const IndexTable>& table() const noexcept;

  // Bounds over all values of the variables; not always tight.
  std::int64_t min() const noexcept;
  std::int64_t max() const noexcept;
  std::size_t hash() const noexcept;
  // The same for two handles of one node.
  const void* identity() const noexcept { return node_.get(); }

  // Equal in structure.
  friend bool operator==(const IndexExpression& a, const IndexExpression& b);

 private:
  struct Node;
  explicit IndexExpression(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  static IndexExpression make(Node node);

  std::shared_ptr<const Node> node_;
};

struct IndexTerm {
  std::int64_t factor;
  IndexExpression value;

  friend bool operator==(const IndexTerm&, const IndexTerm&) = default;
};

// A total order on structure, the same in every run: negative, zero or positive.
int structural_order(const IndexExpression& a, const IndexExpression& b);

IndexExpression operator+(const IndexExpression& a, const IndexExpression& b);
IndexExpression operator+(const IndexExpression& a, std::int64_t b);
IndexExpression operator*(const IndexExpression& a, std::int64_t factor);

// Replaces variable i by replacements[i]; parts that were shared stay shared, over all calls of one object.
class IndexSubstitution {
 public:
  explicit IndexSubstitution(std::vector<IndexExpression> replacements) : replacements_(std::move(replacements)) {}
  IndexExpression operator()(const IndexExpression& expression);

 private:
  std::vector<IndexExpression> replacements_;
  // By identity; the original is kept so that no other node can take its place in memory.
  std::unordered_map<const void*, std::pair<IndexExpression, IndexExpression>> done_;
};

// Integer arithmetic that the algebra is made of. The checked ones throw Error instead of leaving 64 bits.
std::int64_t floor_quotient(std::int64_t value, std::int64_t divisor);
std::int64_t floor_remainder(std::int64_t value, std::int64_t divisor);
std::int64_t checked_sum(std::int64_t a, std::int64_t b);
std::int64_t checked_product(std::int64_t a, std::int64_t b);

}  // namespace hetscope

// Expressions as a flat list of steps in which every distinct part occurs once: what is evaluated on the host, counted
// and printed. A compiler finds the same common parts, so that is what the reader of an index really pays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "harness/tensor/index_expression.hpp"

namespace hetscope {

struct IndexStep {
  struct Operand {
    std::int64_t factor;
    std::size_t step;
  };
  IndexKind kind;
  std::int64_t number;  // the constant, the variable's number or the divisor
  std::vector<Operand> operands;
  std::size_t table;  // among tables(), for a lookup
  std::int64_t min;
  std::int64_t max;
  int uses;  // by later steps and as results
};

class IndexSteps {
 public:
  explicit IndexSteps(std::span<const IndexExpression> expressions);

  // A step's operands come before it.
  const std::vector<IndexStep>& steps() const noexcept { return steps_; }
  // The step of each expression.
  const std::vector<std::size_t>& results() const noexcept { return results_; }
  const std::vector<std::shared_ptr<const IndexTable>>& tables() const noexcept { return tables_; }

 private:
  std::size_t step_of(const IndexExpression& expression);
  std::size_t table_number(const std::shared_ptr<const IndexTable>& table);

  std::vector<IndexStep> steps_;
  std::vector<std::size_t> results_;
  std::vector<std::shared_ptr<const IndexTable>> tables_;
  std::unordered_map<const void*, std::size_t> by_identity_;
  std::map<std::vector<std::int64_t>, std::size_t> by_structure_;
};

class IndexEvaluator {
 public:
  explicit IndexEvaluator(std::span<const IndexExpression> expressions);
  // The expressions' values, in their order; valid until the next call.
  std::span<const std::int64_t> operator()(std::span<const std::int64_t> variables);

 private:
  std::int64_t value_of(const IndexStep& step, std::span<const std::int64_t> variables) const;

  IndexSteps program_;
  std::vector<std::int64_t> values_;
  std::vector<std::int64_t> results_;
};

// What an index costs. Divisions and remainders by powers of two are shifts and masks.
struct IndexOperations {
  int divisions = 0;
  int remainders = 0;
  int shifts = 0;
  int masks = 0;
  int multiplications = 0;
  int additions = 0;
  int lookups = 0;
  int comparisons = 0;

  int divisions_and_remainders() const noexcept { return divisions + remainders; }
};

// Of all steps together; comparisons are not expressions and stay 0.
IndexOperations count_operations(std::span<const IndexExpression> expressions);

// The exponent when `value` is a power of two, else -1.
int exponent_of_two(std::int64_t value);

}  // namespace hetscope

// Common parts are found by numbering values bottom up, which is linear even where a naive chain repeats itself.
#include "harness/tensor/index_steps.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace hetscope {

IndexSteps::IndexSteps(std::span<const IndexExpression> expressions) {
  for (const IndexExpression& expression : expressions) {
    results_.push_back(step_of(expression));
    ++steps_[results_.back()].uses;
  }
  by_identity_.clear();
  by_structure_.clear();
}

std::size_t IndexSteps::table_number(const std::shared_ptr<const IndexTable>& table) {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    if (tables_[i] == table || tables_[i]->values() == table->values()) return i;
  }
  tables_.push_back(table);
  return tables_.size() - 1;
}

std::size_t IndexSteps::step_of(const IndexExpression& expression) {
  if (const auto found = by_identity_.find(expression.identity()); found != by_identity_.end()) return found->second;
  IndexStep step{expression.kind(), 0, {}, 0, expression.min(), expression.max(), 0};
  for (const IndexTerm& term : expression.terms()) step.operands.push_back({term.factor, step_of(term.value)});
  if (step.kind == IndexKind::constant || step.kind == IndexKind::sum) step.number = expression.constant();
  if (step.kind == IndexKind::variable) step.number = expression.variable_number();
  if (step.kind == IndexKind::floor_div || step.kind == IndexKind::mod) step.number = expression.divisor();
  if (step.kind == IndexKind::lookup) step.table = table_number(expression.table());

  std::vector<std::int64_t> key = {static_cast<std::int64_t>(step.kind), step.number,
                                   static_cast<std::int64_t>(step.table)};
  for (const IndexStep::Operand& operand : step.operands) {
    key.push_back(operand.factor);
    key.push_back(static_cast<std::int64_t>(operand.step));
  }
  const auto [place, is_new] = by_structure_.emplace(std::move(key), steps_.size());
  if (is_new) {
    for (const IndexStep::Operand& operand : step.operands) ++steps_[operand.step].uses;
    steps_.push_back(std::move(step));
  }
  by_identity_.emplace(expression.identity(), place->second);
  return place->second;
}

IndexEvaluator::IndexEvaluator(std::span<const IndexExpression> expressions)
    : program_(expressions), values_(program_.steps().size()), results_(program_.results().size()) {}

std::int64_t IndexEvaluator::value_of(const IndexStep& step, std::span<const std::int64_t> variables) const {
  switch (step.kind) {
    case IndexKind::constant:
      return step.number;
    case IndexKind::variable:
      return variables[static_cast<std::size_t>(step.number)];
    case IndexKind::floor_div:
      return floor_quotient(values_[step.operands.front().step], step.number);
    case IndexKind::mod:
      return floor_remainder(values_[step.operands.front().step], step.number);
    case IndexKind::lookup: {
      const IndexTable& table = *program_.tables()[step.table];
      const std::int64_t position = std::clamp<std::int64_t>(values_[step.operands.front().step], 0, table.size() - 1);
      return table.values()[static_cast<std::size_t>(position)];
    }
    case IndexKind::sum:
      break;
  }
  std::int64_t value = step.number;
  for (const IndexStep::Operand& operand : step.operands) value += operand.factor * values_[operand.step];
  return value;
}

std::span<const std::int64_t> IndexEvaluator::operator()(std::span<const std::int64_t> variables) {
  for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = value_of(program_.steps()[i], variables);
  for (std::size_t i = 0; i < results_.size(); ++i) results_[i] = values_[program_.results()[i]];
  return results_;
}

int exponent_of_two(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return value > 0 && std::has_single_bit(bits) ? std::countr_zero(bits) : -1;
}

IndexOperations count_operations(std::span<const IndexExpression> expressions) {
  IndexOperations count;
  const IndexSteps program(expressions);
  for (const IndexStep& step : program.steps()) {
    switch (step.kind) {
      case IndexKind::constant:
      case IndexKind::variable:
        break;
      case IndexKind::floor_div:
        if (step.number > 1) ++(exponent_of_two(step.number) >= 0 ? count.shifts : count.divisions);
        break;
      case IndexKind::mod:
        if (step.number > 1) ++(exponent_of_two(step.number) >= 0 ? count.masks : count.remainders);
        break;
      case IndexKind::lookup:
        ++count.lookups;
        break;
      case IndexKind::sum:
        count.additions += std::max(0, static_cast<int>(step.operands.size()) - (step.number == 0 ? 1 : 0));
        for (const IndexStep::Operand& operand : step.operands) {
          if (operand.factor != 1 && operand.factor != -1) ++count.multiplications;
        }
    }
  }
  return count;
}

}  // namespace hetscope

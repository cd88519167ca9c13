// C's division rounds towards zero: where a dividend may be negative, a multiple of the divisor is added first.
#include "harness/tensor/index_print.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

namespace hetscope {
namespace {

constexpr double kLargestInt = std::numeric_limits<std::int32_t>::max();

double largest_of(const IndexStep& step) {
  return std::max(std::abs(static_cast<double>(step.min)), std::abs(static_cast<double>(step.max)));
}

// How many divisors must be added so that no dividend is negative.
std::int64_t lift_of(const IndexStep& dividend, std::int64_t divisor) {
  return dividend.min >= 0 ? 0 : -floor_quotient(dividend.min, divisor);
}

class Printer {
 public:
  Printer(const IndexSteps& program, const IndexNames& names) : program_(program), names_(names) {
    is_long_ = std::ranges::any_of(program_.steps(), [&](const IndexStep& step) { return needs_long(step); });
    for (const IndexStep& step : program_.steps()) {
      std::string text = text_of(step);
      const bool is_leaf = step.kind == IndexKind::constant || step.kind == IndexKind::variable;
      if (!is_leaf && step.uses > 1) {
        const std::string name = names_.temporary + std::to_string(code_.statements.size());
        code_.statements.push_back("const " + type() + " " + name + " = " + std::move(text) + ";");
        text = name;
      }
      texts_.push_back(std::move(text));
    }
  }

  IndexCode code() && {
    code_.type = type();
    for (const std::size_t result : program_.results()) code_.expressions.push_back(texts_[result]);
    code_.tables = program_.tables();
    return std::move(code_);
  }

 private:
  std::string type() const { return is_long_ ? "long" : "int"; }

  // Whether a value on the way to this step's may leave 32 bits.
  bool needs_long(const IndexStep& step) const {
    double largest = largest_of(step);
    if (step.kind == IndexKind::sum) {
      largest = std::abs(static_cast<double>(step.number));
      for (const IndexStep::Operand& operand : step.operands) {
        const double factor = std::abs(static_cast<double>(operand.factor));
        largest += std::max(factor, factor * largest_of(program_.steps()[operand.step]));
      }
    }
    if (step.kind == IndexKind::floor_div || step.kind == IndexKind::mod) {
      const double divisor = static_cast<double>(step.number);
      largest = std::max(largest, 2 * divisor * (is_lifted(step) ? 1 : 0) + divisor);
      if (is_lifted(step)) largest += 2 * largest_of(program_.steps()[step.operands.front().step]);
    }
    return largest > kLargestInt;
  }

  bool is_lifted(const IndexStep& step) const {
    return exponent_of_two(step.number) < 0 && program_.steps()[step.operands.front().step].min < 0;
  }

  std::string number(std::int64_t value) const {
    const std::string digits = std::to_string(value) + (is_long_ ? "L" : "");
    return value < 0 ? "(" + digits + ")" : digits;
  }

  // The text as an operand of any operator.
  std::string operand(std::size_t step) const {
    const std::string& text = texts_[step];
    return text.find(' ') == std::string::npos || text.front() == '(' ? text : "(" + text + ")";
  }

  std::string text_of(const IndexStep& step) const {
    switch (step.kind) {
      case IndexKind::constant:
        return number(step.number);
      case IndexKind::variable: {
        const std::string& name = names_.variables.at(static_cast<std::size_t>(step.number));
        return is_long_ ? "((long)" + name + ")" : name;
      }
      case IndexKind::floor_div:
      case IndexKind::mod:
        return text_of_division(step);
      case IndexKind::lookup:
        return text_of_lookup(step);
      case IndexKind::sum:
        return text_of_sum(step);
    }
    return {};
  }

  std::string text_of_division(const IndexStep& step) const {
    const std::size_t dividend = step.operands.front().step;
    const bool is_quotient = step.kind == IndexKind::floor_div;
    if (step.number == 1) return is_quotient ? texts_[dividend] : number(0);
    if (const int exponent = exponent_of_two(step.number); exponent >= 0) {
      return is_quotient ? "(" + operand(dividend) + " >> " + std::to_string(exponent) + ")"
                         : "(" + operand(dividend) + " & " + number(step.number - 1) + ")";
    }
    const std::int64_t lift = lift_of(program_.steps()[dividend], step.number);
    const std::string lifted =
        lift == 0 ? operand(dividend) : "(" + operand(dividend) + " + " + number(lift * step.number) + ")";
    if (!is_quotient) return "(" + lifted + " % " + number(step.number) + ")";
    const std::string quotient = "(" + lifted + " / " + number(step.number) + ")";
    return lift == 0 ? quotient : "(" + quotient + " - " + number(lift) + ")";
  }

  std::string text_of_lookup(const IndexStep& step) const {
    const IndexStep& position = program_.steps()[step.operands.front().step];
    const std::int64_t last = program_.tables()[step.table]->size() - 1;
    std::string at = texts_[step.operands.front().step];
    if (position.min < 0 || position.max > last) at = "clamp(" + at + ", " + number(0) + ", " + number(last) + ")";
    return names_.table + std::to_string(step.table) + "[" + at + "]";
  }

  std::string text_of_sum(const IndexStep& step) const {
    std::string text;
    const auto append = [&](bool negative, const std::string& part) {
      text += text.empty() ? (negative ? "-" : "") : (negative ? " - " : " + ");
      text += part;
    };
    for (const IndexStep::Operand& term : step.operands) {
      const bool negative = term.factor < 0;
      const std::int64_t factor = negative ? -term.factor : term.factor;
      append(negative, factor == 1 ? operand(term.step) : number(factor) + " * " + operand(term.step));
    }
    if (step.number != 0 || text.empty()) append(step.number < 0, number(step.number < 0 ? -step.number : step.number));
    return text.find(' ') == std::string::npos && text.front() != '-' ? text : "(" + text + ")";
  }

  const IndexSteps& program_;
  const IndexNames& names_;
  bool is_long_ = false;
  std::vector<std::string> texts_;
  IndexCode code_;
};

// The expressions of a map, piece by piece: conditions that need a test, then coordinates.
std::vector<IndexExpression> expressions_of(const IndexMap& map) {
  std::vector<IndexExpression> expressions;
  for (const IndexPiece& piece : map.pieces()) {
    const bool is_last = &piece == &map.pieces().back();
    for (const IndexCondition& condition : piece.conditions) {
      if (!is_last) expressions.push_back(condition.expression);
    }
    expressions.insert(expressions.end(), piece.coordinates.begin(), piece.coordinates.end());
  }
  return expressions;
}

struct Comparisons {
  bool above = false;
  bool below = false;
};

Comparisons comparisons_of(const IndexCondition& condition) {
  return {condition.min > condition.expression.min(), condition.max < condition.expression.max()};
}

std::string text_of(const IndexCondition& condition, const std::string& value, const std::string& suffix) {
  const Comparisons needed = comparisons_of(condition);
  const auto bound = [&](std::int64_t limit) { return "(" + std::to_string(limit) + suffix + ")"; };
  if (needed.above && needed.below && condition.min == condition.max) return value + " == " + bound(condition.min);
  std::string text = needed.above ? value + " >= " + bound(condition.min) : "";
  if (needed.below) text += (text.empty() ? "" : " && ") + value + " <= " + bound(condition.max);
  return text;
}

}  // namespace

IndexCode print_opencl(std::span<const IndexExpression> expressions, const IndexNames& names) {
  const IndexSteps program(expressions);
  return Printer(program, names).code();
}

IndexMapCode print_opencl(const IndexMap& map, const IndexNames& names) {
  const std::vector<IndexExpression> expressions = expressions_of(map);
  IndexCode code = print_opencl(expressions, names);
  IndexMapCode result{code.type, std::move(code.statements), {}, std::move(code.tables)};
  std::size_t next = 0;
  for (const IndexPiece& piece : map.pieces()) {
    IndexMapCode::Piece printed{"", piece.source, piece.fill, {}};
    const bool is_last = &piece == &map.pieces().back();
    for (const IndexCondition& condition : piece.conditions) {
      if (is_last) break;
      const std::string text = text_of(condition, code.expressions[next++], code.type == "long" ? "L" : "");
      if (!text.empty()) printed.condition += (printed.condition.empty() ? "" : " && ") + text;
    }
    if (printed.condition.empty()) printed.condition = "1";
    for (std::size_t i = 0; i < piece.coordinates.size(); ++i) {
      printed.coordinates.push_back(code.expressions[next++]);
    }
    result.pieces.push_back(std::move(printed));
  }
  return result;
}

IndexOperations count_operations(const IndexMap& map) {
  IndexOperations count = count_operations(expressions_of(map));
  for (const IndexPiece& piece : map.pieces()) {
    if (&piece == &map.pieces().back()) break;
    for (const IndexCondition& condition : piece.conditions) {
      const Comparisons needed = comparisons_of(condition);
      const bool is_point = needed.above && needed.below && condition.min == condition.max;
      count.comparisons += is_point ? 1 : (needed.above ? 1 : 0) + (needed.below ? 1 : 0);
    }
  }
  return count;
}

}  // namespace hetscope

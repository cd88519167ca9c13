// Every rule of strength reduction: the result prints as expected, and equals the original on every index.
#include "harness/tensor/index_simplify.hpp"

#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/tensor/index_print.hpp"
#include "tests/unit/tensor/array_oracle.hpp"

namespace hetscope {
namespace {

using Expression = IndexExpression;

Expression variable(int number, std::int64_t extent) { return Expression::variable(number, extent); }
Expression div(const Expression& a, std::int64_t b) { return Expression::floor_div(a, b); }
Expression mod(const Expression& a, std::int64_t b) { return Expression::mod(a, b); }
Expression table(std::vector<std::int64_t> values, const Expression& at) {
  return Expression::lookup(std::make_shared<const IndexTable>(std::move(values)), at);
}

std::string printed(const Expression& expression) {
  const IndexCode code = print_opencl(std::span(&expression, 1), {{"x", "y", "z"}, "p", "table"});
  std::string text;
  for (const std::string& statement : code.statements) text += statement + " ";
  return text + code.expressions.front();
}

void expect_equal(const Expression& a, const Expression& b, const oracle::Index& extents) {
  const std::vector<Expression> both = {a, b};
  IndexEvaluator evaluate(both);
  oracle::made(extents, [&](const oracle::Index& index) {
    const auto values = evaluate(index);
    EXPECT_EQ(values[0], values[1]) << printed(a) << " became " << printed(b);
    return values[0];
  });
}

std::string simplified(const Expression& expression, const oracle::Index& extents) {
  IndexSimplifier simplifier({});
  const Expression simple = simplifier.simplify(expression);
  expect_equal(expression, simple, extents);
  IndexSimplifier fresh({});
  EXPECT_EQ(fresh.simplify(simple), simple) << "not idempotent: " << printed(simple);
  return printed(simple);
}

TEST(IndexSimplify, RemovesWhatTheBoundsDecide) {
  const Expression x = variable(0, 12);
  EXPECT_EQ(simplified(div(x, 12), {12}), "0");
  EXPECT_EQ(simplified(mod(x, 12), {12}), "x");
  EXPECT_EQ(simplified(div(x, 1), {12}), "x");
  EXPECT_EQ(simplified(mod(x, 1), {12}), "0");
  EXPECT_EQ(simplified(div(x + 24, 12), {12}), "2");
  EXPECT_EQ(simplified(mod(x + 24, 12), {12}), "x");
  EXPECT_EQ(simplified(mod(x + -12, 12), {12}), "x");
  EXPECT_EQ(simplified(div(variable(0, 1), 5) + variable(0, 1), {1}), "0");
  EXPECT_EQ(simplified(mod(x, 11), {12}), "(x % 11)");
}

TEST(IndexSimplify, MergesNestedDivisionsAndRemainders) {
  const Expression x = variable(0, 360);
  EXPECT_EQ(simplified(div(div(x, 5), 7), {360}), "(x / 35)");
  EXPECT_EQ(simplified(div(div(x, 5) + 3, 7), {360}), "((x + 15) / 35)");
  EXPECT_EQ(simplified(mod(mod(x, 35), 7), {360}), "(x % 7)");
  EXPECT_EQ(simplified(mod(mod(x, 7), 35), {360}), "(x % 7)");
  EXPECT_EQ(simplified(mod(mod(x, 12), 9), {360}), "((x % 12) % 9)");
  EXPECT_EQ(simplified(div(mod(x, 35), 7), {360}), "((x / 7) % 5)");
  EXPECT_EQ(simplified(mod(div(mod(x, 70), 7), 5), {360}), "((x / 7) % 5)");
  EXPECT_EQ(simplified(mod(mod(x, 70) + variable(1, 4), 7), {360, 4}), "((x + y) % 7)");
}

TEST(IndexSimplify, SplitsSumsByDivisibility) {
  const oracle::Index extents = {5, 13};
  const Expression x = variable(0, 5);
  const Expression y = variable(1, 13);
  EXPECT_EQ(simplified(div(x * 21 + y, 7), extents), "(3 * x + (y / 7))");
  EXPECT_EQ(simplified(mod(x * 21 + y, 7), extents), "(y % 7)");
  EXPECT_EQ(simplified(div(x * 13 + y, 13), extents), "x");
  EXPECT_EQ(simplified(mod(x * 13 + y, 13), extents), "y");
  EXPECT_EQ(simplified(div(x * 13 + y, 39), extents), "(x / 3)");
  EXPECT_EQ(simplified(mod(x * 13 + y, 39), extents), "(y + 13 * (x % 3))");
  EXPECT_EQ(simplified(div(x * 6 + 4, 9), extents), "((2 * x + 1) / 3)");
  EXPECT_EQ(simplified(mod(x * 6 + 4, 9), extents), "(3 * ((2 * x + 1) % 3) + 1)");
  EXPECT_EQ(simplified(div(x * 9 + y, 5), extents), "(x + ((4 * x + y) / 5))");
  EXPECT_EQ(simplified(mod(x * 9 + y, 5), extents), "((4 * x + y) % 5)");
}

TEST(IndexSimplify, PutsQuotientAndRemainderTogether) {
  const Expression x = variable(0, 100);
  EXPECT_EQ(simplified(div(x, 7) * 7 + mod(x, 7), {100}), "x");
  EXPECT_EQ(simplified(div(x, 7) * 21 + mod(x, 7) * 3 + 5, {100}), "(3 * x + 5)");
  EXPECT_EQ(simplified(mod(div(x, 7), 3) * 7 + mod(x, 7), {100}), "(x % 21)");
  EXPECT_EQ(simplified(div(x, 21) * 21 + mod(div(x, 7), 3) * 7 + mod(x, 7), {100}), "x");
  const Expression far = x * 9 + variable(1, 11);
  EXPECT_EQ(simplified(div(far, 5) * 5 + mod(far, 5), {100, 11}), "(9 * x + y)");
  EXPECT_EQ(simplified(mod(div(far, 5), 4) * 5 + mod(far, 5), {100, 11}), "((9 * x + y) % 20)");
  // A stranger stays.
  EXPECT_EQ(simplified(div(x, 7) * 7 + mod(x + 1, 7), {100}), "(7 * (x / 7) + ((x + 1) % 7))");
}

TEST(IndexSimplify, PowersOfTwoAreShiftsAndMasks) {
  const Expression x = variable(0, 100);
  EXPECT_EQ(simplified(div(x, 8), {100}), "(x >> 3)");
  EXPECT_EQ(simplified(mod(x, 8), {100}), "(x & 7)");
  const std::vector<Expression> all = {div(x, 8), mod(x, 8), div(x, 7), mod(x, 7), div(x, 7), div(x, 1)};
  const IndexOperations count = count_operations(all);
  EXPECT_EQ(count.shifts, 1);
  EXPECT_EQ(count.masks, 1);
  EXPECT_EQ(count.divisions, 1);
  EXPECT_EQ(count.remainders, 1);
}

TEST(IndexSimplify, ReadsTablesThrough) {
  const Expression x = variable(0, 4);
  EXPECT_EQ(simplified(table({3, 5, 7, 9}, x), {4}), "(2 * x + 3)");
  EXPECT_EQ(simplified(table({6, 6, 6, 6}, x), {4}), "6");
  EXPECT_EQ(simplified(table({6, 1, 6, 6}, Expression::constant(1)), {4}), "1");
  EXPECT_EQ(simplified(table({9, 8, 1, 5}, table({2, 0, 0, 3}, x)), {4}), "table0[x]");
  EXPECT_EQ(simplified(table({9, 8, 1}, x), {4}), "table0[clamp(x, 0, 2)]");
  EXPECT_EQ(simplified(table({0, 1, 2}, x), {4}), "table0[clamp(x, 0, 2)]");
  EXPECT_EQ(simplified(div(table({9, 8, 1, 5}, x), 10), {4}), "0");
}

TEST(IndexSimplify, UsesWhatIsAssumed) {
  const auto simplified_where = [](IndexCondition condition, const Expression& expression) {
    IndexSimplifier simplifier({});
    EXPECT_EQ(simplifier.assume(condition), IndexVerdict::sometimes);
    return printed(condition.expression) + " in " + std::to_string(condition.min) + ".." +
           std::to_string(condition.max) + ": " + printed(simplifier.simplify(expression));
  };
  const Expression x = variable(0, 100);
  const Expression y = variable(1, 10);
  EXPECT_EQ(simplified_where({x + -20, 0, 9}, div(x, 10)), "x in 20..29: 2");
  EXPECT_EQ(simplified_where({x + -20, 0, 9}, mod(x + -20, 10)), "x in 20..29: (x - 20)");
  EXPECT_EQ(simplified_where({x, 7, 7}, x * 3 + y), "x in 7..7: (y + 21)");
  EXPECT_EQ(simplified_where({div(x, 10), 2, 3}, div(x, 20)), "x in 20..39: 1");
  EXPECT_EQ(simplified_where({x * 10 + y, 50, 79}, x), "x in 5..7: x");
  EXPECT_EQ(simplified_where({x * 3 + y, 50, 55}, div(x * 3 + y + 10, 60)), "(3 * x + y) in 50..55: 1");
  EXPECT_EQ(simplified_where({x * -2, -9, -3}, x), "x in 2..4: x");
}

TEST(IndexSimplify, JudgesConditions) {
  const Expression x = variable(0, 100);
  const auto verdict = [&](const Expression& expression, std::int64_t min, std::int64_t max) {
    IndexSimplifier simplifier({});
    IndexCondition condition{expression, min, max};
    return simplifier.assume(condition);
  };
  EXPECT_EQ(verdict(x, 0, 99), IndexVerdict::always);
  EXPECT_EQ(verdict(x, -5, 500), IndexVerdict::always);
  EXPECT_EQ(verdict(x, 100, 200), IndexVerdict::never);
  EXPECT_EQ(verdict(x, 5, 4), IndexVerdict::never);
  EXPECT_EQ(verdict(x * 2, 5, 5), IndexVerdict::never);
  EXPECT_EQ(verdict(x, 1, 99), IndexVerdict::sometimes);
  EXPECT_EQ(verdict(Expression::constant(3), 0, 5), IndexVerdict::always);
  EXPECT_EQ(verdict(Expression::constant(3), 4, 5), IndexVerdict::never);
}

TEST(IndexExpressionTest, RefusesWhatLeaves64Bits) {
  const Expression huge = variable(0, std::int64_t{1} << 62);
  EXPECT_THROW(huge * 4, Error);
  EXPECT_THROW(huge + huge + huge, Error);
  EXPECT_THROW(IndexTable({}), Error);
}

// Random expressions, also with negative factors and constants, that no map makes.
class RandomExpression {
 public:
  RandomExpression(Random& random, oracle::Index extents) : random_(random), extents_(std::move(extents)) {}

  Expression make(int depth) {
    if (depth == 0 || random_.below(6) == 0) {
      const auto number = static_cast<int>(random_.below(extents_.size()));
      return variable(number, extents_[static_cast<std::size_t>(number)]);
    }
    switch (random_.below(6)) {
      case 0:
        return div(make(depth - 1), divisor());
      case 1:
        return mod(make(depth - 1), divisor());
      case 2:
        return make(depth - 1) * factor() + factor();
      case 3:
        return make(depth - 1) * factor() + make(depth - 1);
      case 4: {
        // What a reshape makes: a quotient and its remainder.
        const Expression inner = make(depth - 1);
        const std::int64_t by = divisor();
        return div(inner, by) * (by * (random_.below(3) == 0 ? 2 : 1)) + mod(inner, by);
      }
      default: {
        std::vector<std::int64_t> values(1 + random_.below(20));
        for (auto& value : values) value = static_cast<std::int64_t>(random_.below(40));
        return table(std::move(values), make(depth - 1));
      }
    }
  }

 private:
  std::int64_t divisor() { return 1 + static_cast<std::int64_t>(random_.below(16)); }
  std::int64_t factor() { return static_cast<std::int64_t>(random_.below(25)) - 8; }

  Random& random_;
  oracle::Index extents_;
};

std::int64_t bound_of(Random& random) { return static_cast<std::int64_t>(random.below(60)) - 20; }

TEST(IndexSimplifyProperty, AnyExpressionKeepsItsValues) {
  Random random(77);
  for (int n = 0; n < 20000; ++n) {
    oracle::Index extents(3);
    for (auto& extent : extents) extent = 1 + static_cast<std::int64_t>(random.below(9));
    RandomExpression maker(random, extents);
    const Expression original = maker.make(4);
    IndexSimplifier simplifier(
        {.merge_quotients = random.below(4) != 0, .divide_under_remainder = random.below(4) != 0});
    const Expression simple = simplifier.simplify(original);
    expect_equal(original, simple, extents);
    // Under a condition: where it does not hold, anything may be read.
    IndexSimplifier conditional({});
    IndexCondition condition{maker.make(2), bound_of(random), bound_of(random) + 10};
    const IndexCondition asked = condition;
    const IndexVerdict verdict = conditional.assume(condition);
    const std::vector<Expression> all = {original, conditional.simplify(original), asked.expression,
                                         condition.expression};
    IndexEvaluator evaluate(all);
    oracle::made(extents, [&](const oracle::Index& index) {
      const auto values = evaluate(index);
      const bool holds = asked.min <= values[2] && values[2] <= asked.max;
      EXPECT_TRUE(!holds || verdict == IndexVerdict::never || values[0] == values[1]);
      EXPECT_FALSE(holds && verdict == IndexVerdict::never);
      EXPECT_FALSE(!holds && verdict == IndexVerdict::always);
      if (verdict == IndexVerdict::sometimes) {
        EXPECT_EQ(condition.min <= values[3] && values[3] <= condition.max, holds);
      }
      return values[0];
    });
    if (testing::Test::HasFailure()) FAIL() << printed(original);
  }
}

}  // namespace
}  // namespace hetscope

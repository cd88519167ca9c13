// The printed OpenCL C, run by an interpreter with C's own arithmetic, reads what the map says.
#include "harness/tensor/index_print.hpp"

#include <gtest/gtest.h>

#include "harness/core/random.hpp"
#include "tests/unit/tensor/array_oracle.hpp"
#include "tests/unit/tensor/c_interpreter.hpp"
#include "tests/unit/tensor/random_chain.hpp"

namespace hetscope {
namespace {

const IndexNames kNames = {{"i0", "i1", "i2", "i3", "i4", "i5"}, "p", "table"};

void fill(CInterpreter& c, const std::vector<std::shared_ptr<const IndexTable>>& tables) {
  for (std::size_t i = 0; i < tables.size(); ++i) c.tables["table" + std::to_string(i)] = tables[i]->values();
}

// What the printed code of `map` reads, by label.
oracle::Array run_code(const IndexMap& map) {
  const IndexMapCode code = print_opencl(map, kNames);
  CInterpreter c;
  fill(c, code.tables);
  return oracle::made(map.output().dims(), [&](const oracle::Index& index) {
    for (std::size_t d = 0; d < index.size(); ++d) c.variables["i" + std::to_string(d)] = {index[d], false};
    for (const std::string& statement : code.statements) c.execute(statement);
    for (const IndexMapCode::Piece& piece : code.pieces) {
      if (c.evaluate(piece.condition) == 0) continue;
      if (piece.source == IndexPiece::kFill) return static_cast<std::int64_t>(piece.fill);
      const Shape& shape = map.sources()[static_cast<std::size_t>(piece.source)];
      std::int64_t position = 0;
      for (int axis = 0; axis < shape.rank(); ++axis) {
        position = position * shape[axis] + c.evaluate(piece.coordinates[static_cast<std::size_t>(axis)]);
      }
      return oracle::label(piece.source, position);
    }
    ADD_FAILURE() << "no piece is meant";
    return std::int64_t{0};
  });
}

TEST(IndexPrintProperty, CodeOfRandomChainsReadsWhatWasMoved) {
  Random random(99);
  oracle::ChainMaker maker(random);
  for (int n = 0; n < 600; ++n) {
    const oracle::Chain chain = maker.make(1 + static_cast<int>(random.below(5)));
    ASSERT_EQ(run_code(chain.map).values, chain.array.values) << chain.story;
    ASSERT_EQ(run_code(chain.map.simplified()).values, chain.array.values) << chain.story;
  }
}

TEST(IndexPrint, NegativeDividendsRoundDown) {
  const IndexExpression x = IndexExpression::variable(0, 40);
  const std::vector<IndexExpression> all = {IndexExpression::floor_div(x + -20, 7),
                                            IndexExpression::mod(x + -20, 7),
                                            IndexExpression::floor_div(x + -20, 8),
                                            IndexExpression::mod(x + -20, 8),
                                            IndexExpression::floor_div(x * -3 + 5, 11),
                                            x * -1,
                                            IndexExpression::constant(-4),
                                            IndexExpression::sum(-9, {{-2, x}, {1, x}})};
  const IndexCode code = print_opencl(all, kNames);
  EXPECT_EQ(code.type, "int");
  IndexEvaluator evaluate(all);
  CInterpreter c;
  for (std::int64_t value = 0; value < 40; ++value) {
    c.variables["i0"] = {value, false};
    for (const std::string& statement : code.statements) c.execute(statement);
    const auto expected = evaluate(oracle::Index{value});
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(c.evaluate(code.expressions[i]), expected[i]);
  }
}

TEST(IndexPrint, SharedPartsAreComputedOnce) {
  const IndexExpression x = IndexExpression::variable(0, 1000);
  const std::vector<IndexExpression> both = {IndexExpression::floor_div(x, 7) * 3,
                                             IndexExpression::mod(IndexExpression::floor_div(x, 7), 5)};
  const IndexCode code = print_opencl(both, kNames);
  EXPECT_EQ(code.statements, std::vector<std::string>{"const int p0 = (i0 / 7);"});
  EXPECT_EQ(code.expressions, (std::vector<std::string>{"(3 * p0)", "(p0 % 5)"}));
}

TEST(IndexPrint, IsLongOnlyWhereIntIsTooSmall) {
  const auto type_of = [](const Shape& shape, const Shape& output) {
    return print_opencl(IndexMap::reshape(shape, output), kNames).type;
  };
  EXPECT_EQ(type_of(Shape({1 << 15, 1 << 15}), Shape({1 << 10, 1 << 20})), "int");
  EXPECT_EQ(type_of(Shape({1 << 16, 1 << 16}), Shape({1 << 10, 1 << 22})), "long");
  // The interpreter throws where an int overflows; these indexes reach the largest offset.
  const IndexMap map = IndexMap::reshape(Shape({70000, 49999}), Shape({49999, 70000}));
  for (const IndexMap& form : {map, map.simplified()}) {
    const IndexMapCode code = print_opencl(form, kNames);
    EXPECT_EQ(code.type, "long");
    CInterpreter c;
    c.variables["i0"] = {49998, false};
    c.variables["i1"] = {69999, false};
    for (const std::string& statement : code.statements) c.execute(statement);
    EXPECT_EQ(c.evaluate(code.pieces.front().coordinates[0]), 69999);
    EXPECT_EQ(c.evaluate(code.pieces.front().coordinates[1]), 49998);
  }
}

TEST(IndexPrint, PadTestsOnlyTheSidesItHas) {
  const IndexMap map = IndexMap::pad(Shape({5, 7}), oracle::Index{1, 0}, oracle::Index{0, 2}, 3).simplified();
  const IndexMapCode code = print_opencl(map, kNames);
  ASSERT_EQ(code.pieces.size(), 2u);
  EXPECT_EQ(code.pieces[0].condition, "i0 >= (1) && i1 <= (6)");
  EXPECT_EQ(code.pieces[0].coordinates, (std::vector<std::string>{"(i0 - 1)", "i1"}));
  EXPECT_EQ(code.pieces[1].condition, "1");
  EXPECT_EQ(code.pieces[1].source, IndexPiece::kFill);
  EXPECT_EQ(code.pieces[1].fill, 3);
}

}  // namespace
}  // namespace hetscope

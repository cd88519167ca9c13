// Pairs: their cells, what their plans launch and compute, and the parts that fold index maps on the CPU.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/error.hpp"
#include "kernels/elimination/index_blocks.hpp"
#include "kernels/elimination/offset_pattern.hpp"
#include "kernels/elimination/pair_metrics.hpp"
#include "kernels/elimination/pair_plan.hpp"
#include "kernels/elimination/pass_launcher.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

Case pair_case(const std::string& axes) {
  return Case::parse("operator_pair kernel=any processor=cpu dtype=f32 " + axes);
}
PairProblem problem_of(const std::string& axes) { return PairProblem(pair_case(axes)); }

PairAction action(const std::string& first, const std::string& second) {
  return action_of(problem_of("shape=4x6 first=" + first + " second=" + second));
}

TEST(OperatorPair, ActionsAreThoseOfTable5) {
  const std::vector<std::string> classes = {"softmax", "relu", "transpose:1,0", "slice:0:0:2:1"};
  using enum PairAction;
  const PairAction expected[4][4] = {{keep_both, try_fuse, eliminate_second, eliminate_second},
                                     {try_fuse, try_fuse, eliminate_second, eliminate_second},
                                     {eliminate_first, eliminate_first, eliminate_both, eliminate_both},
                                     {eliminate_first, eliminate_first, eliminate_both, eliminate_both}};
  for (std::size_t first = 0; first < 4; ++first) {
    for (std::size_t second = 0; second < 4; ++second) {
      EXPECT_EQ(action(classes[first], classes[second]), expected[first][second])
          << classes[first] << " " << classes[second];
    }
  }
}

TEST(OperatorPair, ARunOfMovementsHasTheClassOfItsHardestOne) {
  EXPECT_EQ(PairOperator::parse("slice:0:0:2:1/gather:0:2").operator_class(), OperatorClass::ili_fixed);
  EXPECT_EQ(PairOperator::parse("slice:0:0:2:1/reshape:2x6").operator_class(), OperatorClass::ild_fixed);
  EXPECT_EQ(PairOperator::parse("matmul:7").operator_class(), OperatorClass::ild_variable);
}

TEST(OperatorPair, ActivationsDependOnNoLayout) {
  for (const char* name : {"relu", "gelu", "silu"}) {
    EXPECT_EQ(PairOperator::parse(name).operator_class(), OperatorClass::ili_variable) << name;
    EXPECT_EQ(action("softmax", name), PairAction::try_fuse) << name;
  }
}

TEST(OperatorPair, ARollReadsAroundTheEndOfItsAxisAlone) {
  const PairOperator roll = PairOperator::parse("roll:0:2");
  EXPECT_EQ(roll.operator_class(), OperatorClass::ili_fixed);
  const Shape shape{5, 3};
  const IndexMap map = roll.map(shape);
  IndexMapEvaluator evaluator(map);
  for_each_index(shape, [&](std::span<const std::int64_t> index) {
    const IndexSource from = evaluator.at(index);
    EXPECT_EQ(from.coordinates[0], (index[0] + 3) % 5);
    EXPECT_EQ(from.coordinates[1], index[1]);
  });
  EXPECT_TRUE(roll.keeps_rows(shape));
  EXPECT_FALSE(PairOperator::parse("roll:1:2").keeps_rows(shape));
  // A bijection: what stands before it writes through it.
  EXPECT_EQ(plan_pair(problem_of("shape=4x6 first=softmax second=roll:1:2"), PairMethod::folded).passes.size(), 1u);
}

std::size_t launches(const std::string& axes, PairMethod method) {
  return plan_pair(problem_of(axes), method).passes.size();
}

TEST(OperatorPair, PlansLaunchWhatIsLeft) {
  const std::string heads = "shape=4x6x8 first=reshape:4x6x2x4/transpose:0,2,1,3/transpose:3,2,1,0 second=softmax";
  EXPECT_EQ(launches(heads, PairMethod::op_by_op), 3u);  // two transposes and the softmax
  EXPECT_EQ(launches(heads, PairMethod::gather_naive), 2u);
  EXPECT_EQ(launches(heads, PairMethod::folded), 1u);
  const std::string both = "shape=4x6 first=transpose:1,0 second=gather:0:3";
  EXPECT_EQ(launches(both, PairMethod::op_by_op), 2u);
  EXPECT_EQ(launches(both, PairMethod::gather_simplified), 1u);
  EXPECT_EQ(launches(both, PairMethod::folded), 1u);
  // Reshapes of linear memory cost nothing, but a pair of nothing else still has to leave its input alone.
  EXPECT_EQ(launches("shape=4x6 first=reshape:24 second=reshape:3x8", PairMethod::op_by_op), 1u);
  EXPECT_EQ(launches("shape=4x6 first=reshape:3x8 second=softmax", PairMethod::op_by_op), 1u);
  EXPECT_EQ(launches("shape=4x6 first=matmul:3 second=relu", PairMethod::fused), 1u);
}

TEST(OperatorPair, MethodsSayWhatTheyAreNotFor) {
  const PairProblem keep = problem_of("shape=4x6 first=softmax second=layer_norm");
  EXPECT_TRUE(supports_method(keep, PairMethod::op_by_op));
  EXPECT_NE(supports_method(keep, PairMethod::fused).reason().find("keeps both"), std::string::npos);
  EXPECT_FALSE(supports_method(keep, PairMethod::folded));
  const PairProblem columns = problem_of("shape=4x6 first=softmax second=slice:1:0:3:1");
  EXPECT_FALSE(supports_method(columns, PairMethod::folded));
  EXPECT_TRUE(supports_method(columns, PairMethod::gather_naive));
  // Of a selection of rows, or of elements that nothing depends on, only those are computed.
  EXPECT_TRUE(supports_method(problem_of("shape=4x6 first=softmax second=gather:0:2"), PairMethod::folded));
  EXPECT_TRUE(supports_method(problem_of("shape=4x6 first=relu second=slice:1:0:3:1"), PairMethod::folded));
}

TEST(OperatorPair, WorkCountsEveryPass) {
  const PairProblem problem = problem_of("shape=4x6 first=transpose:1,0 second=matmul:5");
  EXPECT_EQ(plan_pair(problem, PairMethod::op_by_op).work(), (Work{4 * (24 + 24 + 24 + 30 + 20), 2 * 6 * 4 * 5}));
  EXPECT_EQ(plan_pair(problem, PairMethod::folded).work(), (Work{4 * (24 + 30 + 20), 2 * 6 * 4 * 5}));
  const auto operation = make_operation<OperationId::operator_pair>();
  EXPECT_EQ(operation->useful_work(pair_case("shape=8x6 first=slice:0:0:4:1 second=relu")).bytes, 4 * (24 + 24));
  EXPECT_EQ(operation->useful_work(pair_case("shape=8x6 first=relu second=slice:0:0:4:1")).bytes, 4 * (24 + 24));
}

TEST(OperatorPair, ANaiveIndexHasTheDivisionsThatSimplifyingTakesAway) {
  const PairProblem problem = problem_of("shape=30x7 first=reshape:6x5x7/transpose:1,0,2 second=reshape:5x42");
  const auto divisions = [&](PairMethod method) {
    return index_operations(plan_pair(problem, method).passes.front()).divisions_and_remainders();
  };
  EXPECT_GT(divisions(PairMethod::gather_naive), divisions(PairMethod::gather_simplified));
}

TEST(OperatorPair, ReferenceOfRowsIsTheirDefinition) {
  const auto operation = make_operation<OperationId::operator_pair>();
  const Case item = pair_case("shape=2x3 first=transpose:1,0 second=softmax");
  const std::vector<Operand> inputs = operation->inputs(item, 3);
  const std::vector<Expectation> expected = operation->reference(item, inputs);
  const float* x = inputs[0].tensor.as<float>();
  for (std::size_t row = 0; row < 3; ++row) {
    const double low = std::exp(static_cast<double>(x[row]));
    const double high = std::exp(static_cast<double>(x[3 + row]));
    EXPECT_NEAR(expected[0].values[2 * row], low / (low + high), 1e-12);
    EXPECT_NEAR(expected[0].values[2 * row + 1], high / (low + high), 1e-12);
    // The bound is of the size of roundings: it lets no wrong element pass.
    EXPECT_LT(expected[0].magnitudes[2 * row], 100);
  }
  EXPECT_EQ(operation->tolerance(pair_case("shape=2x3 first=transpose:1,0 second=relu")).rtol, 0);
}

TEST(OperatorPair, ReferenceOfGeluIsTheExactFormAndNoOther) {
  const auto operation = make_operation<OperationId::operator_pair>();
  const Case item = pair_case("shape=40x5 first=gelu second=reshape:200");
  const std::vector<Operand> inputs = operation->inputs(item, 3);
  const std::vector<Expectation> expected = operation->reference(item, inputs);
  double furthest = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    const double x = inputs[0].tensor.as<float>()[i];
    EXPECT_NEAR(expected[0].values[i], x * (1 + std::erf(x / std::sqrt(2))) / 2, 1e-15);
    const double by_tanh = x * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x))) / 2;
    furthest = std::max(furthest, std::abs(by_tanh - expected[0].values[i]) / (0x1p-24 * expected[0].magnitudes[i]));
  }
  EXPECT_GT(furthest, 10) << "the approximation by tanh would pass";
}

TEST(OperatorPair, RefusesWhatDoesNotFitTogether) {
  const auto operation = make_operation<OperationId::operator_pair>();
  for (const char* axes : {"shape=4x6 first=transpose:0,0 second=relu",
                           "shape=4x6 first=reshape:5x5 second=relu",
                           "shape=4x6 first=slice:0:2:9:1 second=relu",
                           "shape=4x6 first=slice:2:0:1:1 second=relu",
                           "shape=4x6 first=slice:0:3:2:1 second=relu",
                           "shape=4x6 first=slice:0:0:2:0 second=relu",
                           "shape=4x6 first=gather:0:0 second=relu",
                           "shape=4x6 first=gather:5:1 second=relu",
                           "shape=4x6 first=matmul:0 second=relu",
                           "shape=4x6 first=matmul second=relu",
                           "shape=4x6 first=roll:2:1 second=relu",
                           "shape=4x6 first=roll:0 second=relu",
                           "shape=4x6 first=gelu:2 second=relu",
                           "shape=4x6 first=turn:1 second=relu",
                           "shape=4x6 first=relu/transpose:1,0 second=relu",
                           "shape=4x6 first=transpose:1,-1 second=relu",
                           "shape=4x6 first=reshape:99999999999999999999 second=relu",
                           "shape=4x6 first=reshape: second=relu",
                           "shape=4x6 first=depth_to_space:2 second=relu",
                           "shape=1x1x1x1x1x1x2 first=relu second=relu",
                           "shape=4x6 first=matmul:1048576 second=relu",
                           "shape=1048576x512 first=relu second=relu"}) {
    EXPECT_THROW(operation->validate(pair_case(axes)), Error) << axes;
  }
  // Before 2^30 positions are made to choose one of them.
  EXPECT_THROW(operation->validate(pair_case("shape=4x6 first=matmul:1073741824 second=gather:1:3")), Error);
  EXPECT_NO_THROW(operation->validate(pair_case("shape=4x6 first=transpose:1,0 second=relu")));
}

std::vector<std::int64_t> listed(const OffsetPattern& pattern) {
  std::int64_t count = 1;
  for (const OffsetLoop& loop : pattern.loops) count *= loop.count;
  std::vector<std::int64_t> offsets;
  for (std::int64_t i = 0; i < count; ++i) offsets.push_back(pattern.offset(i));
  return offsets;
}

std::vector<std::int64_t> offsets_through(const std::string& text, const Shape& shape) {
  const Shape line{shape.element_count()};
  return offsets_of(compose(PairOperator::parse(text).map(shape), IndexMap::reshape(line, shape)));
}

TEST(OffsetPattern, ATransposeIsLoopsOfStrides) {
  const OffsetPattern pattern = offset_pattern(offsets_through("reshape:6x5x7x2/transpose:0,2,1,3", {30, 14}));
  EXPECT_EQ(pattern.loops, (std::vector<OffsetLoop>{{6, 70, {}}, {7, 2, {}}, {5, 14, {}}, {2, 1, {}}}));
}

TEST(OffsetPattern, AGatherBehindOrBeforeATransposeIsOneTable) {
  const OffsetPattern rows = offset_pattern(offsets_through("gather:0:11/transpose:1,0", {23, 6}));
  ASSERT_EQ(rows.loops.size(), 2u);
  EXPECT_EQ(rows.loops[0], (OffsetLoop{6, 1, {}}));
  EXPECT_EQ(rows.loops[1].places.size(), 11u);
  const OffsetPattern columns = offset_pattern(offsets_through("transpose:1,0/gather:0:5", {6, 23}));
  ASSERT_EQ(columns.loops.size(), 2u);
  EXPECT_EQ(columns.loops[0].places.size(), 5u);
  EXPECT_EQ(columns.loops[1], (OffsetLoop{6, 23, {}}));
}

TEST(OffsetPatternProperty, ListsTheOffsetsItWasMadeFrom) {
  std::vector<std::vector<std::int64_t>> lists;
  for (const char* text : {"transpose:2,0,1", "gather:1:5", "gather:2:9", "slice:0:1:4:2/transpose:1,0,2",
                           "reshape:60x4", "slice:2:1:8:3", "gather:0:3/reshape:3x10x2x2/transpose:3,1,0,2"}) {
    lists.push_back(offsets_through(text, {6, 4, 10}));
  }
  Random random(17);
  for (int n = 0; n < 50; ++n) {
    auto& any = lists.emplace_back(96);
    for (auto& offset : any) offset = static_cast<std::int64_t>(random.below(3));
  }
  for (const std::vector<std::int64_t>& read : lists) {
    const OffsetPattern pattern = offset_pattern(read);
    EXPECT_EQ(listed(pattern), read);
    for (const std::vector<std::int64_t>& write : lists) {
      if (write.size() != read.size()) continue;
      const OffsetPattern other = offset_pattern(write);
      OffsetPattern left{read.front(), {}};
      OffsetPattern right{write.front(), {}};
      for (const PairedLoop& loop : paired_loops(pattern, other)) {
        EXPECT_EQ(loop.read.count, loop.write.count);
        left.loops.push_back(loop.read);
        right.loops.push_back(loop.write);
      }
      EXPECT_EQ(listed(left), read);
      EXPECT_EQ(listed(right), write);
    }
  }
}

TEST(IndexBlocks, ComputeWhatTheMapSays) {
  for (const char* text : {"reshape:6x5x7x2/transpose:0,2,1,3/reshape:84x5/transpose:1,0", "gather:0:11/transpose:1,0",
                           "slice:1:1:13:3", "reshape:3x140/transpose:1,0/gather:0:200"}) {
    const Shape shape{30, 14};
    const IndexMap moved = PairOperator::parse(text).map(shape);
    const Shape line{moved.output().element_count()};
    const IndexMap naive = compose(IndexMap::reshape(moved.output(), line),
                                   compose(moved, IndexMap::reshape(Shape{shape.element_count()}, shape)));
    const std::vector<std::int64_t> expected = offsets_of(naive);
    for (const IndexMap& map : {naive, naive.simplified()}) {
      const IndexBlocks blocks(map);
      auto memory = blocks.make_memory();
      for (std::int64_t at = 0; at < line[0]; at += 100) {
        const std::int64_t count = std::min<std::int64_t>(100, line[0] - at);
        const IndexBlocks::Values& offsets = blocks.evaluate(at, count, memory);
        for (std::int64_t i = 0; i < count; ++i) {
          ASSERT_EQ(offsets[static_cast<std::size_t>(i)], expected[static_cast<std::size_t>(at + i)]) << text;
        }
      }
    }
  }
}

TEST(IndexBlocks, DivisionsAreRightAtTheEndsOfTheirRange) {
  // Values up to 2^31 - 1 by divisors of every size.
  for (const std::int64_t divisor : {3LL, 7LL, 641LL, 65537LL, 1000003LL, 715827883LL}) {
    const std::int64_t largest = (std::int64_t{1} << 31) - 1;
    const std::int64_t rows = largest / divisor;
    const IndexMap map = compose(IndexMap::slice(Shape{rows * divisor}, 0, 0, rows * divisor),
                                 compose(IndexMap::reshape(Shape{rows, divisor}, Shape{rows * divisor}),
                                         compose(IndexMap::transpose(Shape{divisor, rows}, std::vector<int>{1, 0}),
                                                 IndexMap::reshape(Shape{rows * divisor}, Shape{divisor, rows}))));
    const IndexBlocks blocks(map);
    auto memory = blocks.make_memory();
    for (const std::int64_t begin : {std::int64_t{0}, divisor - 50, rows * divisor - 100}) {
      const std::int64_t first = std::max<std::int64_t>(begin, 0);
      const IndexBlocks::Values& offsets = blocks.evaluate(first, 100, memory);
      for (std::int64_t i = first; i < std::min(first + 100, rows * divisor); ++i) {
        ASSERT_EQ(offsets[static_cast<std::size_t>(i - first)], i % divisor * rows + i / divisor)
            << divisor << " " << i;
      }
    }
  }
}

TEST(OperatorPair, MovementsBetweenAreFoldedIntoStoresOrIntoReads) {
  const std::string axes = "shape=6x4 first=matmul:10 between=transpose:1,0 second=softmax";
  EXPECT_EQ(launches(axes, PairMethod::op_by_op), 3u);
  EXPECT_EQ(launches(axes, PairMethod::consumer_layout), 2u);
  EXPECT_EQ(launches(axes, PairMethod::producer_layout), 2u);
  const PairProblem problem = problem_of(axes);
  const PairPlan consumer = plan_pair(problem, PairMethod::consumer_layout);
  EXPECT_TRUE(consumer.passes[0].write.map().has_value());
  EXPECT_FALSE(consumer.passes[1].read.map().has_value());
  const PairPlan producer = plan_pair(problem, PairMethod::producer_layout);
  EXPECT_FALSE(producer.passes[0].write.map().has_value());
  EXPECT_TRUE(producer.passes[1].read.map().has_value());
}

TEST(OperatorPair, LayoutsNeedSomethingBetweenThatCanBeWrittenThrough) {
  EXPECT_FALSE(supports_method(problem_of("shape=6x4 first=relu second=softmax"), PairMethod::producer_layout));
  const PairProblem slice = problem_of("shape=6x4 first=relu between=slice:0:0:3:1 second=softmax");
  EXPECT_FALSE(supports_method(slice, PairMethod::consumer_layout));
  EXPECT_TRUE(supports_method(slice, PairMethod::producer_layout));
  EXPECT_FALSE(supports_method(slice, PairMethod::folded));
  EXPECT_FALSE(supports_method(problem_of("shape=6x4 first=transpose:1,0 between=transpose:1,0 second=softmax"),
                               PairMethod::producer_layout));
}

// Explicit movements in OpenCL: those of constant strides go as layout transforms.
TEST(OperatorPair, MovementsOfConstantStridesAreBoxes) {
  const auto first_box = [](const std::string& movement, PairMethod method) {
    const PairProblem problem = problem_of("shape=8x6x10 second=relu first=" + movement);
    return box_of_movement(plan_pair(problem, method).passes.front());
  };
  using enum PairMethod;
  const std::optional<MovementBox> turned = first_box("transpose:1,2,0", op_by_op);
  ASSERT_TRUE(turned);
  EXPECT_EQ(turned->loops, (std::vector<MovementLoop>{{60, 1, 8}, {8, 60, 1}}));
  EXPECT_TRUE(first_box("reshape:2x4x6x10/transpose:0,2,1,3", op_by_op));
  const std::optional<MovementBox> sliced = first_box("slice:1:2:5:1", op_by_op);
  ASSERT_TRUE(sliced);
  EXPECT_EQ(sliced->source_offset, 20);
  EXPECT_FALSE(first_box("slice:2:0:10:2", op_by_op)) << "no neighbours are read";
  EXPECT_FALSE(first_box("roll:1:2", op_by_op)) << "two pieces";
  EXPECT_FALSE(first_box("gather:0:5", op_by_op)) << "listed places";
  EXPECT_FALSE(first_box("transpose:1,2,0", gather_naive)) << "its index is to be computed";
}

}  // namespace
}  // namespace hetscope

// Which layouts the reduction dimensions ask for, who reads which copy, and what is refused.
#include <gmock/gmock.h>

#include "harness/core/error.hpp"
#include "kernels/catalog.hpp"
#include "kernels/consumers/consumers.hpp"
#include "kernels/convolution/conv_chain.hpp"
#include "tests/error_of.hpp"

namespace hetscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names_of(const std::vector<Layout>& layouts) {
  std::vector<std::string> names;
  for (const Layout& layout : layouts) names.push_back(layout.name());
  return names;
}

TEST(LayoutsByReduction, OneDimensionLiesInnermost) {
  EXPECT_THAT(names_of(layouts_by_reduction(3, {2}, 1, false)), ElementsAre("order:0,1,2"));
  EXPECT_THAT(names_of(layouts_by_reduction(3, {0}, 1, false)), ElementsAre("order:1,2,0"));
  EXPECT_THAT(names_of(layouts_by_reduction(3, {0}, 2, false)), ElementsAre("order:1,2,0/p0x4"));
}

TEST(LayoutsByReduction, TwoDimensionsAreReachedByOnePackedAroundTheOther) {
  // SmartMem's figure 4: x = d3, y = d2 * ceil(D1 / 4) + d1 / 4, lane = d1 % 4, up to the order of the rows.
  EXPECT_THAT(names_of(layouts_by_reduction(3, {2, 0, 2}, 2, false)), ElementsAre("order:0,1,2/p0x4"));
  EXPECT_THAT(names_of(layouts_by_reduction(3, {0, 1}, 2, false)), ElementsAre("order:1,2,0/p1x4"));
}

TEST(LayoutsByReduction, CopiesServeAllAndOnlyMoreDimensionsThanAreReachedNeedThem) {
  EXPECT_THAT(names_of(layouts_by_reduction(3, {0, 2, 0}, 1, true)), ElementsAre("order:1,2,0", "order:0,1,2"));
  EXPECT_THAT(names_of(layouts_by_reduction(3, {0, 2}, 2, true)), ElementsAre("order:1,2,0/p2x4"));
  EXPECT_THAT(names_of(layouts_by_reduction(3, {0, 1, 2}, 2, true)),
              ElementsAre("order:1,2,0/p1x4", "order:0,1,2/p2x4"));
}

Case consumers_case(const std::string& axes) {
  return make_catalog().complete(
      Case::parse("tensor_consumers kernel=tensor_consumers_rows processor=cpu shape=6x5x8 " + axes));
}

TEST(Consumers, EachReadsTheFirstCopyThatServesIt) {
  const ConsumerProblem problem(
      consumers_case("consumers=sum:0/sum:1/matmul:2:3 layout=order:0,1,2+order:1,2,0/p1x4 producer=relu"));
  EXPECT_EQ(problem.copy_for(problem.consumers[0]), 1U);  // innermost
  EXPECT_EQ(problem.copy_for(problem.consumers[1]), 1U);  // packed
  EXPECT_EQ(problem.copy_for(problem.consumers[2]), 0U);
  EXPECT_EQ(problem.producing().size(), 2U);
  EXPECT_EQ(problem.result(problem.consumers[0]), (Shape{5, 8, 1}));
  EXPECT_EQ(problem.result(problem.consumers[2]), (Shape{6, 5, 3}));
  const Metrics metrics = consumer_metrics(problem);
  EXPECT_EQ(metrics.at("copies").value, 2);
  EXPECT_EQ(metrics.at("served").value, 3);
  EXPECT_EQ(metrics.at("copied_bytes").value, 4 * (240 + 8 * 8 * 6));
  EXPECT_EQ(consumer_metrics(ConsumerProblem(consumers_case("consumers=sum:0/sum:1 layout=k1"))).at("served").value, 1);
}

TEST(Consumers, EveryCopyIsWrittenAndReadByThoseWhoReadIt) {
  const ConsumerProblem problem(
      consumers_case("consumers=sum:0/sum:1 layout=order:0,1,2+order:1,2,0/p1x4 producer=relu"));
  EXPECT_EQ(problem.work().bytes, 4 * (240 + 5 * 8 + 6 * 8));
  EXPECT_EQ(problem.executed_work().bytes, 4 * (2 * (240 + 240) + (240 + 5 * 8) + (240 + 6 * 8)));
}

std::string fault_of_case(const std::string& line) {
  return error_of([&line] {
    const Catalog catalog = make_catalog();
    catalog.validate(catalog.complete(Case::parse(line)));
  });
}

TEST(Consumers, RefusesWhatIsNone) {
  const auto refused = [](const std::string& axes) {
    return fault_of_case("tensor_consumers kernel=tensor_consumers_rows processor=cpu " + axes);
  };
  EXPECT_EQ(refused("shape=6x5x8 consumers=sum:0"), "");
  EXPECT_THAT(refused("shape=6x5x8 consumers=sum:3"), HasSubstr("no such dimension"));
  EXPECT_THAT(refused("shape=6x5x8 consumers=sum"), HasSubstr("unknown consumer"));
  EXPECT_THAT(refused("shape=6x5x8 consumers=sum:0/"), HasSubstr("unknown consumer"));
  EXPECT_THAT(refused("shape=6x5x8 consumers=matmul:0:0"), HasSubstr("unknown consumer"));
  EXPECT_THAT(refused("shape=6x5x8 consumers=matmul:0:99999999999999999999"), HasSubstr("unknown consumer"));
  EXPECT_THAT(refused("shape=6x5x8x2 consumers=sum:0"), HasSubstr("rank 4"));
  EXPECT_THAT(refused("shape=6x5x8 consumers=sum:0 layout=k3"), HasSubstr("unknown layout"));
  EXPECT_THAT(refused("shape=6x5x8 consumers=sum:0 layout=order:0,1,2+"), HasSubstr("unknown layout"));
  EXPECT_THAT(refused("shape=6x5x8 consumers=sum:0/sum:0/sum:0/sum:0/sum:0/sum:0/sum:0/sum:0/sum:0"),
              HasSubstr("more than 8"));
  EXPECT_THAT(refused("shape=100000x2x2 consumers=sum:0"), HasSubstr("2^16"));
  EXPECT_THAT(refused("shape=60000x60000x2 consumers=sum:0"), HasSubstr("2^27"));
}

TEST(ConvChain, RefusesWhatIsNone) {
  const auto refused = [](const std::string& axes) {
    return fault_of_case("conv_chain kernel=conv_chain_direct processor=cpu " + axes);
  };
  EXPECT_EQ(refused("shape=1x4x6x6 operators=conv:8:3x3:2/relu layouts=NCHW,NHWC:NCHW,NCHW"), "");
  EXPECT_THAT(refused("shape=1x4x6x6 operators=conv:8:3x3:3/relu layouts=NCHW,NHWC,NCHW"), HasSubstr("do not divide"));
  EXPECT_THAT(refused("shape=1x4x6x6 operators=conv:8:3 layouts=NCHW,NCHW"), HasSubstr("unknown operator"));
  EXPECT_THAT(refused("shape=1x4x6x6 operators=conv:8:3x3:2:1 layouts=NCHW,NCHW"), HasSubstr("unknown operator"));
  EXPECT_THAT(refused("shape=1x4x6x6 operators=tanh layouts=NCHW,NCHW"), HasSubstr("unknown operator"));
  EXPECT_THAT(refused("shape=1x4x6x6 operators=relu layouts=NCHW"), HasSubstr("1 layouts for 2 tensors"));
  EXPECT_THAT(refused("shape=1x4x6x6 operators=relu layouts=NCHW,NHWC:NCHW:NHWC"), HasSubstr("WRITTEN:READ"));
  EXPECT_THAT(refused("shape=1x4x6x6 operators=relu layouts=NCHW,order:0"), HasSubstr("unknown layout"));
  EXPECT_THAT(refused("shape=4x6x6 operators=relu layouts=NCHW,NCHW"), HasSubstr("rank 3"));
  EXPECT_THAT(refused("shape=1x4096x4096x4096 operators=relu layouts=NCHW,NCHW"), HasSubstr("2^27"));
  EXPECT_THAT(refused("shape=1x4x1x1 operators=conv:4:2x2 layouts=NCHW,NCHW"), HasSubstr("does not fit"));
}

TEST(ConvChain, CountsItsTransforms) {
  const Catalog catalog = make_catalog();
  const ConvChainProblem problem(catalog.complete(
      Case::parse("conv_chain kernel=conv_chain_direct processor=cpu shape=1x6x5x4 operators=conv:8:3x3/instance_norm "
                  "layouts=NCHW:NC4HW4,NC4HW4:NCHW,NCHW")));
  EXPECT_EQ(problem.steps().size(), 4U);
  const Metrics metrics = problem.metrics();
  EXPECT_EQ(metrics.at("launches").value, 4);
  EXPECT_EQ(metrics.at("transforms").value, 2);
  EXPECT_EQ(metrics.at("transformed_bytes").value, 4 * 20 * (6 + 8 + 8 + 8));
  const Work executed = problem.executed_work();
  EXPECT_EQ(executed.bytes, 4 * (20 * (6 + 8) + 20 * (6 + 8) + 8 * 6 * 9 + 20 * (8 + 8) + 20 * (8 + 8)));
}

}  // namespace
}  // namespace hetscope

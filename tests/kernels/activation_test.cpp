// Activations as an operation: what it refuses, what it counts, and where its results lie.
#include <gmock/gmock.h>

#include <algorithm>

#include "harness/core/error.hpp"
#include "harness/kernel/verify.hpp"
#include "kernels/activation/activation.hpp"
#include "kernels/catalog.hpp"
#include "kernels/registration.hpp"
#include "tests/error_of.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

Case activation_case(const std::string& axes) {
  return make_catalog().complete(Case::parse("activation kernel=activation_simd processor=cpu " + axes));
}

TEST(Activation, RefusesWhatHasNoSuchLayout) {
  const auto operation = make_operation<OperationId::activation>();
  const auto refusal = [&](const std::string& axes) {
    return error_of([&] { operation->validate(activation_case(axes)); });
  };
  EXPECT_THAT(refusal("shape=1x1x1x1x1x1x2"), HasSubstr("rank 7"));
  EXPECT_THAT(refusal("shape=3x5 layout=NHWC"), HasSubstr("unknown layout 'NHWC' for rank 2"));
  EXPECT_THAT(refusal("shape=3x5 output_layout=order:0,0"), HasSubstr("order"));
  EXPECT_THAT(refusal("shape=16384x16384"), HasSubstr("2^27"));
  // What a packed layout adds is storage, too.
  EXPECT_THAT(refusal("shape=16384x8192x1 layout=order:0,1,2/p2x4"), HasSubstr("2^27"));
  EXPECT_THAT(error_of([] { make_catalog().validate(activation_case("shape=[4] function=tanh")); }), HasSubstr("tanh"));
}

TEST(Activation, LayoutsThatAreNotNamedAreThoseOfRowsAndOfTheInput) {
  const ActivationProblem plain(activation_case("shape=2x3x4"));
  EXPECT_EQ(plain.source.layout(), Layout::row_major(3));
  EXPECT_TRUE(plain.keeps_layout());
  const ActivationProblem packed(activation_case("shape=2x3x4x5 layout=NC4HW4"));
  EXPECT_EQ(packed.target.layout().name(), "NC4HW4");
  EXPECT_FALSE(ActivationProblem(activation_case("shape=2x3x4x5 output_layout=NHWC")).keeps_layout());
}

TEST(Activation, UsefulWorkIsOneReadAndOneWriteOfTheStorage) {
  const auto operation = make_operation<OperationId::activation>();
  EXPECT_EQ(operation->useful_work(activation_case("shape=3x5 function=relu dtype=f16")), (Work{2 * (15 + 15), 15}));
  // Three channels in vectors of four.
  EXPECT_EQ(operation->useful_work(activation_case("shape=1x3x5x7 output_layout=NC4HW4 function=relu")),
            (Work{4 * (105 + 140), 105}));
}

TEST(Activation, ReluMakesEitherZeroOfNegativeZero) {
  const auto operation = make_operation<OperationId::activation>();
  const Case item = activation_case("shape=[8] function=relu dtype=f16");
  std::vector<Operand> inputs = operation->inputs(item, 3);
  inputs[0].tensor.as<std::uint16_t>()[5] = 0x8000;  // what rounds to zero from below
  const std::vector<Expectation> expected = operation->reference(item, inputs);
  EXPECT_EQ(expected[0].exact->as<std::uint16_t>()[5], 0);
  HostTensor output = expected[0].exact->clone();
  output.as<std::uint16_t>()[5] = 0x8000;
  EXPECT_TRUE(verify({&output, 1}, expected, operation->tolerance(item)).matches);
}

TEST(Activation, InputsReachBothSidesOfTheBend) {
  const auto operation = make_operation<OperationId::activation>();
  const std::vector<Operand> inputs = operation->inputs(activation_case("shape=[4000] layout=order:0/p0x16"), 3);
  double least = 0;
  double greatest = 0;
  for (const double x : row_major_values(inputs[0].tensor)) {
    least = std::min(least, x);
    greatest = std::max(greatest, x);
  }
  EXPECT_LT(least, -7.5);
  EXPECT_GT(greatest, 7.5);
}

}  // namespace
}  // namespace hetscope

// A wrong answer has no latency: every way of being wrong must be found.
#include "harness/kernel/verify.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace hetscope {
namespace {

using testing::HasSubstr;

HostTensor random_tensor(DType dtype, const Shape& shape, const char* layout, std::uint64_t seed = 1) {
  HostTensor tensor(dtype, shape, Layout::parse(layout, shape.rank()));
  Random random(seed);
  tensor.fill_random(random);
  return tensor;
}

std::vector<HostTensor> one(HostTensor tensor) {
  std::vector<HostTensor> result;
  result.push_back(std::move(tensor));
  return result;
}

std::vector<Expectation> exactly(const HostTensor& tensor) {
  std::vector<Expectation> result;
  result.push_back({tensor.clone(), {}, {}});
  return result;
}

// The values of `tensor` themselves, each with magnitude 2.
std::vector<Expectation> about(const HostTensor& tensor) {
  Expectation expectation;
  for_each_index(tensor.shape(), [&](std::span<const std::int64_t> index) {
    expectation.values.push_back(tensor.get(tensor.view().access(index).offset));
    expectation.magnitudes.push_back(2);
  });
  std::vector<Expectation> result;
  result.push_back(std::move(expectation));
  return result;
}

TEST(Verify, EqualBytesMatchExactly) {
  for (const char* layout : {"NCHW", "NHWC", "NC4HW4"}) {
    const HostTensor tensor = random_tensor(DType::f16, {2, 3, 5, 7}, layout);
    const Verification result = verify(one(tensor.clone()), exactly(tensor), {});
    EXPECT_TRUE(result.matches) << result.reason;
    EXPECT_EQ(result.checked, 210);
    EXPECT_EQ(result.max_scaled_error, 0);
    EXPECT_EQ(result.reason, "");
  }
}

TEST(Verify, ExactFindsAnyOneChangedElement) {
  const HostTensor expected = random_tensor(DType::f32, {1, 3, 2, 5}, "NHWC");
  for (std::int64_t i = 0; i < 30; ++i) {
    HostTensor changed = expected.clone();
    changed.as<std::uint32_t>()[i] ^= 1;
    const Verification result = verify(one(std::move(changed)), exactly(expected), {});
    EXPECT_FALSE(result.matches) << i;
    EXPECT_GT(result.max_abs_error, 0);
    EXPECT_TRUE(std::isinf(result.max_scaled_error));
  }
}

TEST(Verify, ExactSaysWhereTheFirstWrongElementIs) {
  const HostTensor expected = random_tensor(DType::f32, {1, 3, 2, 5}, "NHWC");
  HostTensor changed = expected.clone();
  const std::int64_t index[] = {0, 2, 1, 4};
  changed.set(changed.view().access(index).offset, 5);
  EXPECT_THAT(verify(one(std::move(changed)), exactly(expected), {}).reason, HasSubstr("(0, 2, 1, 4) is 5"));
}

TEST(Verify, ExactFindsDirtyPadding) {
  const HostTensor expected = random_tensor(DType::f32, {1, 3, 2, 2}, "NC4HW4");
  HostTensor changed = expected.clone();
  changed.set(3, 1);  // the fourth lane of a tensor with three channels
  const Verification result = verify(one(std::move(changed)), exactly(expected), {});
  EXPECT_FALSE(result.matches);
  EXPECT_THAT(result.reason, HasSubstr("padding"));
}

TEST(Verify, ExactTellsNegativeZeroFromZero) {
  const HostTensor zero(DType::f32, Shape{1}, Layout::row_major(1));
  HostTensor negative = zero.clone();
  negative.as<float>()[0] = -0.0F;
  EXPECT_FALSE(verify(one(std::move(negative)), exactly(zero), {}).matches);
}

TEST(Verify, ZerosAreEqualWhereTheReferenceSaysSo) {
  const HostTensor expected(DType::f16, {3, 3}, Layout::parse("order:0,1/p1x4", 2));
  std::vector<Expectation> expectations = exactly(expected);
  HostTensor output = expected.clone();
  output.as<std::uint16_t>()[1] = 0x8000;
  EXPECT_FALSE(verify(one(output.clone()), expectations, {}).matches);
  expectations[0].zeros_are_equal = true;
  EXPECT_TRUE(verify(one(output.clone()), expectations, {}).matches);
  // Nothing else is, in an element and in the padding.
  for (const int at : {1, 3}) {
    output.as<std::uint16_t>()[at] = 1;
    EXPECT_FALSE(verify(one(output.clone()), expectations, {}).matches);
    output.as<std::uint16_t>()[at] = 0;
  }
}

TEST(Verify, ExactRefusesAnotherShapeLayoutOrDtype) {
  const HostTensor expected = random_tensor(DType::f32, {1, 4, 2, 2}, "NCHW");
  std::vector<HostTensor> others;
  others.push_back(random_tensor(DType::f32, {1, 4, 4, 1}, "NCHW"));
  others.push_back(random_tensor(DType::f32, {1, 4, 2, 2}, "NHWC"));
  others.push_back(random_tensor(DType::i32, {1, 4, 2, 2}, "NCHW"));
  for (const HostTensor& other : others) {
    const Verification result = verify(one(other.clone()), exactly(expected), {});
    EXPECT_FALSE(result.matches);
    EXPECT_THAT(result.reason, HasSubstr("not f32 1x4x2x2 NCHW"));
  }
}

TEST(Verify, TolerancePassesUpToTheBoundAndNotBeyond) {
  const HostTensor expected = random_tensor(DType::f32, {1, 2, 3, 4}, "NHWC");
  const Tolerance tolerance{0.25, 0.125};  // bound 0.25 + 0.125 * 2 = 0.5
  for (const double error : {0.0, 0.125, 0.499, -0.499}) {
    HostTensor near = expected.clone();
    near.set(7, near.get(7) + error);
    const Verification result = verify(one(std::move(near)), about(expected), tolerance);
    EXPECT_TRUE(result.matches) << error << ": " << result.reason;
    EXPECT_NEAR(result.max_abs_error, std::abs(error), 1e-6);
    EXPECT_NEAR(result.max_scaled_error, std::abs(error) / 0.5, 1e-6);
    EXPECT_EQ(result.checked, 24);
  }
  for (std::int64_t i = 0; i < 24; ++i) {
    HostTensor far = expected.clone();
    far.set(i, far.get(i) - 0.501);
    const Verification result = verify(one(std::move(far)), about(expected), tolerance);
    EXPECT_FALSE(result.matches) << i;
    EXPECT_GT(result.max_scaled_error, 1);
    EXPECT_THAT(result.reason, HasSubstr("output 0 at ("));
  }
}

TEST(Verify, ZeroToleranceMeansEqual) {
  const HostTensor expected = random_tensor(DType::f32, {1, 2, 3, 4}, "NCHW");
  EXPECT_TRUE(verify(one(expected.clone()), about(expected), {}).matches);
  HostTensor changed = expected.clone();
  changed.as<std::uint32_t>()[23] ^= 1;
  EXPECT_FALSE(verify(one(std::move(changed)), about(expected), {}).matches);
}

TEST(Verify, NotFiniteWhereTheReferenceIsFiniteIsWrong) {
  const HostTensor expected = random_tensor(DType::f32, {1, 1, 1, 3}, "NCHW");
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    HostTensor changed = expected.clone();
    changed.as<float>()[1] = bad;
    const Verification result = verify(one(std::move(changed)), about(expected), {1e30, 1e30});
    EXPECT_FALSE(result.matches) << bad;
    EXPECT_THAT(result.reason, HasSubstr("(0, 0, 0, 1)"));
  }
}

TEST(Verify, NotFiniteIsRightOnlyWhereTheReferenceIsTheSame) {
  HostTensor expected(DType::f32, Shape{2}, Layout::row_major(1));
  expected.as<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  expected.as<float>()[1] = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(verify(one(expected.clone()), about(expected), {1, 0}).matches);
  HostTensor opposite = expected.clone();
  opposite.as<float>()[1] = -std::numeric_limits<float>::infinity();
  EXPECT_FALSE(verify(one(std::move(opposite)), about(expected), {1, 0}).matches);
  HostTensor finite = expected.clone();
  finite.as<float>()[0] = 0;
  EXPECT_FALSE(verify(one(std::move(finite)), about(expected), {1, 0}).matches);
}

TEST(Verify, CountsMustAgree) {
  const HostTensor tensor = random_tensor(DType::f32, {1, 2, 3, 4}, "NCHW");
  EXPECT_THAT(verify({}, exactly(tensor), {}).reason, HasSubstr("0 outputs, not 1"));
  EXPECT_THAT(verify(one(tensor.clone()), {}, {}).reason, HasSubstr("1 outputs, not 0"));
  std::vector<Expectation> short_one = about(tensor);
  short_one[0].values.pop_back();
  EXPECT_FALSE(verify(one(tensor.clone()), short_one, {1, 1}).matches);
  std::vector<Expectation> without_magnitudes = about(tensor);
  without_magnitudes[0].magnitudes.clear();
  EXPECT_FALSE(verify(one(tensor.clone()), without_magnitudes, {1, 1}).matches);
}

TEST(Verify, NothingToCheckMatches) {
  const Verification result = verify({}, {}, {});
  EXPECT_TRUE(result.matches);
  EXPECT_EQ(result.checked, 0);
}

TEST(Verify, EveryOutputIsChecked) {
  std::vector<HostTensor> outputs;
  std::vector<Expectation> expectations;
  for (std::uint64_t seed : {1, 2, 3}) {
    outputs.push_back(random_tensor(DType::i8, {1, 1, 1, 8}, "NCHW", seed));
    expectations.push_back({outputs.back().clone(), {}, {}});
  }
  EXPECT_TRUE(verify(outputs, expectations, {}).matches);
  outputs[2].as<std::int8_t>()[7] ^= 1;
  EXPECT_THAT(verify(outputs, expectations, {}).reason, HasSubstr("output 2 at (0, 0, 0, 7)"));
}

TEST(RelativeError, IsTheFrobeniusNormOverAllOutputs) {
  std::vector<HostTensor> outputs;
  outputs.emplace_back(DType::f32, Shape{2}, Layout::row_major(1));
  outputs[0].set(0, 3.0);
  outputs[0].set(1, 5.0);
  std::vector<Expectation> expectations(1);
  expectations[0].values = {3.0, 4.0};
  EXPECT_DOUBLE_EQ(relative_error(outputs, expectations), 0.2);
  expectations[0].values = {3.0, 5.0};
  EXPECT_EQ(relative_error(outputs, expectations), 0.0);
  expectations[0].values = {0.0, 0.0};
  EXPECT_TRUE(std::isinf(relative_error(outputs, expectations)));
  expectations[0].values = {1.0};
  EXPECT_TRUE(std::isinf(relative_error(outputs, expectations)));
  EXPECT_TRUE(std::isinf(relative_error({}, expectations)));
}

TEST(SeamErrorsTest, TheLargestErrorIsFoundOnBothSidesOfTheBorder) {
  HostTensor output(DType::f32, Shape{2, 3}, Layout::row_major(2));
  for (std::int64_t i = 0; i < 6; ++i) output.set(i, 1);
  output.set(1, 1.5);   // (0, 1), at the seam
  output.set(3, 1.25);  // (1, 0), elsewhere
  Expectation expectation;
  expectation.values.assign(6, 1.0);
  expectation.magnitudes.assign(6, 1.0);
  const std::vector<Region> seams = {{{0, 1}, {2, 1}}};
  const SeamErrors errors = seam_errors(output, expectation, {0.25, 0.25}, seams);
  EXPECT_DOUBLE_EQ(errors.at_seam, 1);
  EXPECT_DOUBLE_EQ(errors.elsewhere, 0.5);
}

TEST(NumericsTest, CosineUlpsAndWhatIsNotFinite) {
  HostTensor output(DType::f32, Shape{4}, Layout::row_major(1));
  std::vector<Expectation> expectations(1);
  expectations[0].values = {3, 4, 0, 1};
  output.set(0, 4);
  output.set(1, 3);
  output.as<float>()[3] = std::numeric_limits<float>::quiet_NaN();
  const Numerics far = numerics_of(one(output.clone()), expectations);
  EXPECT_DOUBLE_EQ(far.cosine, 24.0 / 25);
  EXPECT_EQ(far.not_finite, 1);
  // The neighbour of 4 in f32, which is half as far from it below as above.
  output.as<float>()[0] = 3;
  output.as<float>()[1] = std::nextafter(4.0F, 5.0F);
  output.set(3, 1);
  const Numerics near = numerics_of(one(output.clone()), expectations);
  EXPECT_DOUBLE_EQ(near.max_ulp, 1);
  EXPECT_DOUBLE_EQ(near.median_ulp, 0);
  EXPECT_EQ(near.not_finite, 0);
  EXPECT_NEAR(near.cosine, 1, 1e-12);
}

TEST(NumericsTest, APlaceIsOfTheOutputsType) {
  std::vector<Expectation> expectations(1);
  expectations[0].values = {1024};
  HostTensor half(DType::f16, Shape{1}, Layout::row_major(1));
  half.set(0, 1025);
  EXPECT_DOUBLE_EQ(numerics_of(one(std::move(half)), expectations).max_ulp, 1);
  HostTensor small(DType::i8, Shape{1}, Layout::row_major(1));
  expectations[0].values = {5.5};
  small.set(0, 7);
  EXPECT_DOUBLE_EQ(numerics_of(one(std::move(small)), expectations).max_ulp, 1.5);
  // Beside 0 it is the smallest number there is.
  HostTensor tiny(DType::f32, Shape{1}, Layout::row_major(1));
  expectations[0].values = {0};
  tiny.as<std::uint32_t>()[0] = 3;
  EXPECT_DOUBLE_EQ(numerics_of(one(std::move(tiny)), expectations).max_ulp, 3);
}

TEST(NumericsTest, ZeroPointsNowhere) {
  std::vector<Expectation> expectations(1);
  expectations[0].values = {0, 0};
  HostTensor output(DType::f32, Shape{2}, Layout::row_major(1));
  EXPECT_EQ(numerics_of(one(output.clone()), expectations).cosine, 1);
  output.set(0, 1);
  EXPECT_EQ(numerics_of(one(output.clone()), expectations).cosine, 0);
}

TEST(NumericsTest, DifferingElementsAreCountedBitForBit) {
  HostTensor left(DType::f16, Shape{3}, Layout::row_major(1));
  HostTensor right = left.clone();
  EXPECT_EQ(differing_elements(one(left.clone()), one(right.clone())), 0);
  right.as<std::uint16_t>()[1] = 0x8000;  // -0
  right.set(2, 1);
  EXPECT_EQ(differing_elements(one(std::move(left)), one(std::move(right))), 2);
}

}  // namespace
}  // namespace hetscope

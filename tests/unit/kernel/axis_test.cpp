// Types and choices of axes, and how a refusal reads.
#include "harness/kernel/axis.hpp"

#include <gmock/gmock.h>

#include "harness/core/error.hpp"
#include "harness/kernel/operation.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

AxisSpec spec(AxisType type, std::vector<std::string> choices = {}) {
  return {"thing", type, "a thing in kilograms", std::nullopt, std::move(choices)};
}

std::string refusal(const AxisSpec& axis, const AxisValue& value) {
  try {
    check_axis(axis, value, "some.json#/axes");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Axis, EachTypeTakesItsOwnValues) {
  EXPECT_EQ(refusal(spec(AxisType::boolean), true), "");
  EXPECT_EQ(refusal(spec(AxisType::integer), std::int64_t{3}), "");
  EXPECT_EQ(refusal(spec(AxisType::real), 0.5), "");
  EXPECT_EQ(refusal(spec(AxisType::text), std::string("word")), "");
  EXPECT_EQ(refusal(spec(AxisType::dims), Dims{1, 2, 3}), "");
}

TEST(Axis, AnIntegerStandsForARealAndForAShape) {
  EXPECT_EQ(refusal(spec(AxisType::real), std::int64_t{3}), "");
  EXPECT_EQ(refusal(spec(AxisType::dims), std::int64_t{3}), "");
  EXPECT_EQ(canonical_value(spec(AxisType::real), std::int64_t{3}), AxisValue(3.0));
  EXPECT_EQ(canonical_value(spec(AxisType::dims), std::int64_t{3}), AxisValue(Dims{3}));
  EXPECT_EQ(canonical_value(spec(AxisType::integer), std::int64_t{3}), AxisValue(std::int64_t{3}));
  EXPECT_EQ(canonical_value(spec(AxisType::text), std::string("3")), AxisValue(std::string("3")));
}

TEST(Axis, AnotherTypeIsRefusedWithNameTypesValueAndPlace) {
  const std::string line = refusal(spec(AxisType::integer), std::string("many"));
  EXPECT_THAT(line, HasSubstr("'thing' is of type integer, not the text many"));
  EXPECT_THAT(line, HasSubstr("some.json#/axes"));
  EXPECT_NE(refusal(spec(AxisType::integer), 0.5), "");
  EXPECT_NE(refusal(spec(AxisType::integer), true), "");
  EXPECT_NE(refusal(spec(AxisType::text), std::int64_t{3}), "");
  EXPECT_NE(refusal(spec(AxisType::boolean), std::int64_t{1}), "");
  EXPECT_NE(refusal(spec(AxisType::dims), std::string("1x2")), "");
}

TEST(Axis, ATextMustBeAmongTheChoices) {
  const AxisSpec axis = spec(AxisType::text, {"f32", "f16"});
  EXPECT_EQ(refusal(axis, std::string("f16")), "");
  EXPECT_THAT(refusal(axis, std::string("f61")), HasSubstr("f16"));
}

TEST(Axis, CommonAxesAreCacheAndOptionallyLayerAndLoad) {
  ASSERT_EQ(common_axes().size(), 3U);
  EXPECT_EQ(common_axes()[0].name, "cache");
  EXPECT_EQ(common_axes()[0].fallback, AxisValue(std::string("hot")));
  EXPECT_EQ(common_axes()[1].name, "layer");
  EXPECT_FALSE(common_axes()[1].fallback);
  EXPECT_FALSE(common_axes()[1].required);
  EXPECT_EQ(common_axes()[2].name, kLoadAxis);
  EXPECT_FALSE(common_axes()[2].fallback);
  EXPECT_FALSE(common_axes()[2].required);
}

TEST(Axis, TypesAndRoofsHaveNames) {
  EXPECT_EQ(to_string(AxisType::dims), "shape");
  EXPECT_EQ(to_string(RoofKind::bandwidth), "bandwidth");
  EXPECT_EQ(to_string(RoofKind::compute), "compute");
  EXPECT_EQ(to_string(RoofKind::launch), "launch");
}

}  // namespace
}  // namespace hetscope

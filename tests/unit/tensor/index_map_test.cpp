// Index maps against arrays that were really moved: every maker, its errors, and random chains on every index.
// HETSCOPE_FUZZ_MAPS sets the number of random maps, HETSCOPE_FUZZ_SEED which ones.
#include "harness/tensor/index_map.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>

#include "harness/core/error.hpp"
#include "harness/tensor/host_tensor.hpp"
#include "harness/tensor/index_print.hpp"
#include "tests/unit/tensor/array_oracle.hpp"
#include "tests/unit/tensor/random_chain.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

// The labels that `map` reads, in the order of its output.
oracle::Array read_through(const IndexMap& map) {
  IndexMapEvaluator evaluator(map);
  return oracle::made(map.output().dims(), [&](const oracle::Index& index) {
    const IndexSource from = evaluator.at(index);
    if (!from.valid) return static_cast<std::int64_t>(from.fill);
    const Shape& shape = map.sources()[static_cast<std::size_t>(from.source)];
    EXPECT_EQ(static_cast<int>(from.coordinates.size()), shape.rank());
    std::int64_t position = 0;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      const std::int64_t coordinate = from.coordinates[static_cast<std::size_t>(axis)];
      EXPECT_TRUE(coordinate >= 0 && coordinate < shape[axis]);
      position = position * shape[axis] + coordinate;
    }
    return oracle::label(from.source, position);
  });
}

void expect_moves(const IndexMap& map, const oracle::Array& moved) {
  ASSERT_EQ(map.output().dims(), moved.dims);
  EXPECT_EQ(read_through(map).values, moved.values);
  EXPECT_EQ(read_through(map.simplified()).values, moved.values);
}

std::vector<std::string> printed_coordinates(const IndexMap& map) {
  return print_opencl(map, {{"i", "j", "k", "l", "m", "n"}, "p", "table"}).pieces.front().coordinates;
}

IndexMap reshaped(const IndexMap& map, const Shape& shape) {
  return compose(IndexMap::reshape(map.output(), shape), map);
}
IndexMap transposed(const IndexMap& map, std::vector<int> order) {
  return compose(IndexMap::transpose(map.output(), order), map);
}

TEST(IndexMap, MovesAsNumpyDoes) {
  const oracle::Index dims = {4, 6, 9};
  const oracle::Array from = oracle::source(0, dims);
  const Shape shape(dims);
  expect_moves(IndexMap::identity(shape), from);
  expect_moves(IndexMap::reshape(shape, Shape({8, 27})), oracle::reshape(from, {8, 27}));
  expect_moves(IndexMap::transpose(shape, std::vector<int>{2, 0, 1}), oracle::transpose(from, {2, 0, 1}));
  expect_moves(IndexMap::slice(shape, 1, 1, 6, 2), oracle::slice(from, 1, 1, 6, 2));
  expect_moves(IndexMap::slice(shape, 2, 3, 4, kMax), oracle::take(from, 2, {3}));
  expect_moves(IndexMap::pad(shape, oracle::Index{1, 0, 2}, oracle::Index{0, 3, 0}, -5),
               oracle::pad(from, {1, 0, 2}, {0, 3, 0}, -5));
  expect_moves(IndexMap::gather(shape, 0, {3, 3, 0, 1, 2}), oracle::take(from, 0, {3, 3, 0, 1, 2}));
  for (const std::int64_t shift : {std::int64_t{0}, std::int64_t{2}, std::int64_t{-5}, std::int64_t{27}}) {
    expect_moves(IndexMap::roll(shape, 2, shift), oracle::roll(from, 2, shift));
  }
  EXPECT_NO_THROW(IndexMap::roll(shape, 2, std::numeric_limits<std::int64_t>::min()));
  const std::vector<IndexMap> parts = IndexMap::split(shape, 2, oracle::Index{2, 3, 4});
  ASSERT_EQ(parts.size(), 3u);
  expect_moves(parts[1], oracle::slice(from, 2, 2, 5, 1));
}

TEST(IndexMap, ConcatReadsEverySource) {
  const std::vector<Shape> shapes = {Shape({2, 3}), Shape({2, 1}), Shape({2, 4})};
  std::vector<oracle::Array> arrays;
  for (int i = 0; i < 3; ++i) arrays.push_back(oracle::source(i, shapes[static_cast<std::size_t>(i)].dims()));
  expect_moves(IndexMap::concat(shapes, 1), oracle::concat(arrays, 1));
}

TEST(IndexMap, DepthAndSpaceFollowOnnx) {
  for (const bool dcr : {true, false}) {
    const DepthOrder order = dcr ? DepthOrder::dcr : DepthOrder::crd;
    const oracle::Array deep = oracle::source(0, {2, 12, 3, 5});
    expect_moves(IndexMap::depth_to_space(Shape({2, 12, 3, 5}), 2, order), oracle::depth_to_space(deep, 2, dcr));
    const oracle::Array wide = oracle::source(0, {2, 5, 6, 9});
    expect_moves(IndexMap::space_to_depth(Shape({2, 5, 6, 9}), 3, order), oracle::space_to_depth(wide, 3, dcr));
    const IndexMap there = IndexMap::depth_to_space(Shape({2, 12, 3, 5}), 2, order);
    const IndexMap back = compose(IndexMap::space_to_depth(there.output(), 2, order), there);
    EXPECT_EQ(back.simplified(), IndexMap::identity(Shape({2, 12, 3, 5})).simplified());
  }
}

TEST(IndexMap, HandlesRankZeroAndSingleElements) {
  const IndexMap scalar = IndexMap::reshape(Shape({1, 1}), Shape());
  expect_moves(scalar, oracle::reshape(oracle::source(0, {1, 1}), {}));
  expect_moves(reshaped(scalar, Shape({1})), oracle::source(0, {1}));
}

TEST(IndexMap, RefusesBadInput) {
  const Shape shape({2, 6});
  const auto order = [&](std::vector<int> dims) { return IndexMap::transpose(shape, dims); };
  EXPECT_THROW(IndexMap::reshape(shape, Shape({5})), Error);
  EXPECT_THROW(IndexMap::identity(Shape({1, 1, 1, 1, 1, 1, 1})), Error);
  EXPECT_THROW(IndexMap::reshape(shape, Shape({2, 1, 1, 1, 1, 1, 6})), Error);
  EXPECT_THROW(order({0}), Error);
  EXPECT_THROW(order({0, 0}), Error);
  EXPECT_THROW(order({0, 2}), Error);
  EXPECT_THROW(order({-1, 0}), Error);
  EXPECT_THROW(order({0, 1, 2}), Error);
  EXPECT_THROW(IndexMap::slice(shape, 2, 0, 1), Error);
  EXPECT_THROW(IndexMap::slice(shape, -1, 0, 1), Error);
  EXPECT_THROW(IndexMap::slice(shape, 1, -1, 1), Error);
  EXPECT_THROW(IndexMap::slice(shape, 1, 0, 7), Error);
  EXPECT_THROW(IndexMap::slice(shape, 1, 3, 3), Error);
  EXPECT_THROW(IndexMap::slice(shape, 1, 0, kMax), Error);
  EXPECT_THROW(IndexMap::slice(shape, 1, kMax, std::numeric_limits<std::int64_t>::min()), Error);
  EXPECT_THROW(IndexMap::slice(shape, 1, 0, 6, 0), Error);
  EXPECT_THROW(IndexMap::slice(shape, 1, 0, 6, -1), Error);
  EXPECT_THROW(IndexMap::split(shape, 1, oracle::Index{}), Error);
  EXPECT_THROW(IndexMap::split(shape, 1, (oracle::Index{2, 3})), Error);
  EXPECT_THROW(IndexMap::split(shape, 1, (oracle::Index{2, 5})), Error);
  EXPECT_THROW(IndexMap::split(shape, 1, (oracle::Index{6, 0})), Error);
  EXPECT_THROW(IndexMap::split(shape, 1, (oracle::Index{kMax, kMax})), Error);
  EXPECT_THROW(IndexMap::concat({}, 0), Error);
  EXPECT_THROW(IndexMap::concat(std::vector<Shape>{shape, Shape({2, 6, 1})}, 0), Error);
  EXPECT_THROW(IndexMap::concat(std::vector<Shape>{shape, Shape({3, 5})}, 0), Error);
  EXPECT_THROW(IndexMap::concat(std::vector<Shape>{shape, shape}, 2), Error);
  EXPECT_THROW(IndexMap::pad(shape, oracle::Index{1}, oracle::Index{1}, 0), Error);
  EXPECT_THROW(IndexMap::pad(shape, (oracle::Index{1, -1}), (oracle::Index{1, 1}), 0), Error);
  EXPECT_THROW(IndexMap::pad(shape, (oracle::Index{kMax, 0}), (oracle::Index{kMax, 0}), 0), Error);
  EXPECT_THROW(IndexMap::gather(shape, 1, {}), Error);
  EXPECT_THROW(IndexMap::gather(shape, 1, {0, 6}), Error);
  EXPECT_THROW(IndexMap::gather(shape, 1, {-1}), Error);
  EXPECT_THROW(IndexMap::gather(shape, 2, {0}), Error);
  EXPECT_THROW(IndexMap::roll(shape, 5, 1), Error);
  EXPECT_THROW(IndexMap::depth_to_space(shape, 2, DepthOrder::dcr), Error);
  EXPECT_THROW(IndexMap::depth_to_space(Shape({1, 6, 2, 2}), 2, DepthOrder::dcr), Error);
  EXPECT_THROW(IndexMap::depth_to_space(Shape({1, 4, 2, 2}), 0, DepthOrder::crd), Error);
  EXPECT_THROW(IndexMap::depth_to_space(Shape({1, 4, 2, 2}), kMax, DepthOrder::crd), Error);
  EXPECT_THROW(IndexMap::space_to_depth(Shape({1, 4, 2, 3}), 2, DepthOrder::crd), Error);
  EXPECT_THROW(compose(IndexMap::identity(Shape({3})), IndexMap::identity(shape)), Error);
  EXPECT_THROW(compose(IndexMap::concat(std::vector<Shape>{shape, shape}, 0), IndexMap::identity(shape)), Error);
  const IndexMap two = IndexMap::concat(std::vector<Shape>{shape, Shape({3, 6})}, 0);
  EXPECT_THROW(two.with_sources(std::vector<int>{0, 0}), Error);
  EXPECT_THROW(two.with_sources(std::vector<int>{0, 2}), Error);
  EXPECT_THROW(two.with_sources(std::vector<int>{1, 1}), Error);
  EXPECT_THROW(two.with_sources(std::vector<int>{-1, 0}), Error);
  EXPECT_THROW(two.with_sources(std::vector<int>{0}), Error);
  IndexMapEvaluator evaluator(two);
  EXPECT_THROW(evaluator.at(oracle::Index{0, 6}), Error);
  EXPECT_THROW(evaluator.at(oracle::Index{-1, 0}), Error);
  EXPECT_THROW(evaluator.at(oracle::Index{0}), Error);
}

// The example of SmartMem's figure 3.
TEST(IndexMap, FollowsFigureThree) {
  const Shape shape({2, 256, 4});
  const IndexMap map = transposed(IndexMap::reshape(shape, Shape({16, 8, 4, 4})), {0, 2, 1, 3});
  expect_moves(map, oracle::transpose(oracle::reshape(oracle::source(0, shape.dims()), {16, 8, 4, 4}), {0, 2, 1, 3}));
  const IndexMap simple = map.simplified();
  EXPECT_EQ(printed_coordinates(simple), (std::vector<std::string>{"(i >> 3)", "(j + 4 * k + 32 * (i & 7))", "l"}));
  const IndexMap inverse = simple.inverted()->simplified();
  const IndexOperations cost = count_operations(inverse);
  EXPECT_EQ(cost.divisions_and_remainders(), 0);
  EXPECT_EQ(cost.shifts + cost.masks, 4);  // j >> 5, j & 3, (j >> 2) & 7
}

// Swin's window partition: 56 = 8 * 7, so nothing is a power of two, yet every division by hand is found.
TEST(IndexMap, WindowPartitionKeepsOneDivisionAndRemainderPerSplitDimension) {
  const Shape image({1, 56, 56, 96});
  const IndexMap map = reshaped(transposed(IndexMap::reshape(image, Shape({1, 8, 7, 8, 7, 96})), {0, 1, 3, 2, 4, 5}),
                                Shape({64, 49, 96}));
  const IndexMap simple = map.simplified();
  EXPECT_EQ(printed_coordinates(simple),
            (std::vector<std::string>{"0", "(7 * (i >> 3) + (j / 7))", "(7 * (i & 7) + (j % 7))", "k"}));
  EXPECT_EQ(count_operations(simple).divisions_and_remainders(), 2);
  EXPECT_GT(count_operations(map).divisions_and_remainders(), 8);
  const IndexMap back = compose(*simple.inverted(), simple).simplified();
  EXPECT_EQ(back, IndexMap::identity(image).simplified());
}

TEST(IndexMap, RoundTripsBecomeTheIdentity) {
  const Shape shape({6, 10});
  // A reshape that splits no dimension evenly, and back.
  EXPECT_EQ(reshaped(IndexMap::reshape(shape, Shape({15, 4})), shape).simplified(),
            IndexMap::identity(shape).simplified());
  // Parts put together again are one piece.
  const std::vector<IndexMap> parts = IndexMap::split(shape, 1, oracle::Index{3, 1, 6});
  const std::vector<Shape> shapes = {parts[0].output(), parts[1].output(), parts[2].output()};
  const IndexMap whole = compose(IndexMap::concat(shapes, 1), parts).with_sources(std::vector<int>{0, 0, 0});
  EXPECT_EQ(whole.simplified().pieces(), IndexMap::identity(shape).pieces());
  // What is padded is cut off.
  const IndexMap padded = IndexMap::pad(shape, oracle::Index{2, 3}, oracle::Index{1, 1}, 9);
  const IndexMap rows = compose(IndexMap::slice(padded.output(), 0, 2, 8), padded);
  const IndexMap cut = compose(IndexMap::slice(rows.output(), 1, 3, 13), rows);
  EXPECT_EQ(cut.simplified().pieces(), IndexMap::identity(shape).pieces());
}

TEST(IndexMap, PadOfPadIsOneTestPerSide) {
  const Shape shape({5, 7});
  const IndexMap once = IndexMap::pad(shape, oracle::Index{1, 0}, oracle::Index{1, 0}, 0);
  const IndexMap twice = compose(IndexMap::pad(once.output(), oracle::Index{2, 0}, oracle::Index{0, 0}, 0), once);
  const IndexMap simple = twice.simplified();
  ASSERT_EQ(simple.pieces().size(), 2u);
  EXPECT_EQ(count_operations(simple).comparisons, 2);
  // Another fill cannot be merged.
  const IndexMap other = compose(IndexMap::pad(once.output(), oracle::Index{2, 0}, oracle::Index{0, 0}, 1), once);
  EXPECT_EQ(other.simplified().pieces().size(), 3u);
}

TEST(IndexMap, TheFillMayBeNaN) {
  const IndexMap map =
      IndexMap::pad(Shape({3}), oracle::Index{1}, oracle::Index{1}, std::numeric_limits<double>::quiet_NaN());
  const IndexMap simple = map.simplified();
  EXPECT_EQ(simple.simplified(), simple);
  IndexMapEvaluator evaluator(simple);
  EXPECT_TRUE(std::isnan(evaluator.at(oracle::Index{0}).fill));
}

TEST(IndexMap, InvertsOnlyBijections) {
  const Shape shape({4, 6});
  EXPECT_FALSE(IndexMap::slice(shape, 0, 0, 2).inverted());
  EXPECT_FALSE(IndexMap::gather(shape, 0, {0, 0, 1, 2}).inverted());
  EXPECT_FALSE(IndexMap::pad(shape, oracle::Index{1, 0}, oracle::Index{0, 0}, 0).inverted());
  EXPECT_FALSE(IndexMap::concat(std::vector<Shape>{shape, shape}, 0).inverted());
  // A permutation out of slices: only trying shows it.
  const std::vector<IndexMap> halves = {IndexMap::slice(shape, 1, 0, 6, 2), IndexMap::slice(shape, 1, 1, 6, 2)};
  const std::vector<Shape> shapes = {halves[0].output(), halves[1].output()};
  const IndexMap shuffled = compose(IndexMap::concat(shapes, 1), halves).with_sources(std::vector<int>{0, 0});
  const auto inverse = shuffled.inverted();
  ASSERT_TRUE(inverse);
  const oracle::Array identity = oracle::source(0, shape.dims());
  EXPECT_EQ(read_through(compose(*inverse, shuffled)).values, identity.values);
  EXPECT_EQ(read_through(compose(shuffled, *inverse)).values, identity.values);
}

TEST(IndexMap, LargeShapesStayWithin64Bits) {
  const std::int64_t large = std::int64_t{1} << 46;
  const Shape shape({2, large});
  const IndexMap map = transposed(IndexMap::reshape(shape, Shape({large, 2})), {1, 0});
  IndexMapEvaluator naive(map);
  IndexMapEvaluator simple(map.simplified());
  for (const std::int64_t i : {std::int64_t{0}, std::int64_t{12345678901}, large - 1}) {
    const std::int64_t flat = 2 * i + 1;
    for (IndexMapEvaluator* evaluator : {&naive, &simple}) {
      const IndexSource from = evaluator->at(oracle::Index{1, i});
      EXPECT_EQ(from.coordinates[0], flat / large);
      EXPECT_EQ(from.coordinates[1], flat % large);
    }
  }
}

// Random chains.

std::int64_t fuzz_maps(std::int64_t fallback) {
  const char* wanted = std::getenv("HETSCOPE_FUZZ_MAPS");
  return wanted == nullptr ? fallback : std::max<std::int64_t>(1, std::atoll(wanted));
}

// CI sees the same maps every time.
std::uint64_t fuzz_seed() {
  const char* wanted = std::getenv("HETSCOPE_FUZZ_SEED");
  return wanted == nullptr ? 20240427 : std::strtoull(wanted, nullptr, 10);
}

bool is_permutation_of_source_0(const IndexMap& map, const oracle::Array& moved) {
  if (map.sources().size() != 1) return false;
  std::vector<std::int64_t> sorted = moved.values;
  std::ranges::sort(sorted);
  std::vector<std::int64_t> all(static_cast<std::size_t>(map.sources().front().element_count()));
  std::iota(all.begin(), all.end(), oracle::label(0, 0));
  return sorted == all;
}

void check_inverse(const oracle::Chain& chain, const IndexMap& map) {
  const auto inverse = map.inverted();
  ASSERT_EQ(inverse.has_value(), is_permutation_of_source_0(chain.map, chain.array));
  if (!inverse) return;
  const oracle::Array there_and_back = read_through(compose(*inverse, map).simplified());
  ASSERT_EQ(there_and_back.values, oracle::source(0, map.sources().front().dims()).values);
  const oracle::Array back_and_there = read_through(compose(map, *inverse).simplified());
  ASSERT_EQ(back_and_there.values, oracle::source(0, map.output().dims()).values);
  const auto again = inverse->inverted();
  ASSERT_TRUE(again);
  ASSERT_EQ(read_through(again->simplified()).values, chain.array.values);
}

TEST(IndexMapProperty, RandomChainsReadWhatWasMoved) {
  const std::uint64_t seed = fuzz_seed();
  SCOPED_TRACE("HETSCOPE_FUZZ_SEED=" + std::to_string(seed));
  Random random(seed);
  oracle::ChainMaker maker(random);
  std::int64_t saved = 0;
  std::int64_t inverted = 0;
  const std::int64_t maps = fuzz_maps(10000);
  for (std::int64_t n = 0; n < maps; ++n) {
    const oracle::Chain chain = maker.make(1 + static_cast<int>(random.below(6)));
    ASSERT_EQ(chain.map.output().dims(), chain.array.dims) << chain.story;
    ASSERT_EQ(read_through(chain.map).values, chain.array.values) << chain.story;
    const IndexMap simple = chain.map.simplified();
    ASSERT_EQ(read_through(simple).values, chain.array.values) << chain.story;
    ASSERT_EQ(simple.simplified(), simple) << chain.story;
    const IndexOperations before = count_operations(chain.map);
    const IndexOperations after = count_operations(simple);
    ASSERT_LE(after.divisions_and_remainders(), before.divisions_and_remainders()) << chain.story;
    saved += before.divisions_and_remainders() - after.divisions_and_remainders();
    check_inverse(chain, simple);
    check_inverse(chain, chain.map);
    if (testing::Test::HasFatalFailure()) FAIL() << chain.story;
    if (simple.inverted()) ++inverted;
  }
  EXPECT_GT(saved, maps);  // on average more than one for each map
  EXPECT_GT(inverted, maps / 20);
}

}  // namespace
}  // namespace hetscope

// Boxes are carried out literally and compared with the reference, on shapes and layouts drawn at random: odd, prime,
// of one element, with and without packing on either side.
#include "kernels/layout/movement.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "kernels/layout/box_mover.hpp"
#include "kernels/layout/box_plan.hpp"
#include "kernels/layout/layout_transform.hpp"

namespace hetscope {
namespace {

using testing::ElementsAre;

HostTensor numbered(const TensorView& view) {
  HostTensor tensor(view);
  Random random(11);
  tensor.fill_random(random);
  return tensor;
}

// Marks what is written, so that an element that is written twice or never is seen.
struct Written {
  HostTensor target;
  std::vector<int> times;
};

void move_box(const MovementBox& box, const HostTensor& source, Written& written) {
  const auto width = static_cast<std::int64_t>(size_of(source.dtype()));
  const auto count_bytes = [&](std::int64_t at) {
    for (std::int64_t i = 0; i < width; ++i) ++written.times[static_cast<std::size_t>(at * width + i)];
  };
  std::vector<std::int64_t> counts;
  for (const MovementLoop& loop : box.loops) counts.push_back(loop.count);
  for_each_index(Shape(counts), [&](std::span<const std::int64_t> index) {
    std::int64_t from = box.source_offset;
    std::int64_t to = box.target_offset;
    for (std::size_t i = 0; i < index.size(); ++i) {
      from += index[i] * box.loops[i].source_stride;
      to += index[i] * box.loops[i].target_stride;
    }
    ASSERT_LE((from + 1) * width, static_cast<std::int64_t>(source.size_bytes()));
    ASSERT_LE((to + 1) * width, static_cast<std::int64_t>(written.target.size_bytes()));
    std::memcpy(written.target.data() + to * width, source.data() + from * width, static_cast<std::size_t>(width));
    count_bytes(to);
    if (box.fill == 0 || index.back() + 1 < box.loops.back().count) return;
    ASSERT_EQ(box.loops.back().target_stride, 1);
    for (std::int64_t i = 1; i <= box.fill; ++i) count_bytes(to + i);
  });
}

void expect_moved(const TensorView& from, const TensorView& to) {
  SCOPED_TRACE(from.shape().to_string() + " " + from.layout().name() + " to " + to.layout().name());
  const HostTensor source = numbered(from);
  HostTensor expected(to);
  copy_elements(source, expected);
  Written written{HostTensor(to), std::vector<int>(expected.size_bytes(), 0)};
  for (const MovementBox& box : movement_of(from, to)) {
    for (std::size_t i = 1; i < box.loops.size(); ++i) {
      EXPECT_GT(box.loops[i - 1].target_stride, box.loops[i].target_stride);
    }
    move_box(box, source, written);
  }
  EXPECT_TRUE(std::ranges::all_of(written.times, [](int times) { return times == 1; }));
  EXPECT_EQ(std::memcmp(written.target.data(), expected.data(), expected.size_bytes()), 0);
}

Layout random_layout(int rank, Random& random) {
  std::vector<int> order(static_cast<std::size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i-- > 1;) std::swap(order[i], order[random.below(i + 1)]);
  if (random.below(3) != 0) return Layout(order);
  return Layout(order, static_cast<int>(random.below(static_cast<std::uint64_t>(rank))), 2 << random.below(4));
}

TEST(Movement, MovesEveryElementOnceForRandomLayouts) {
  constexpr std::int64_t kExtents[] = {1, 1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 16, 17, 20, 33};
  constexpr DType kTypes[] = {DType::f32, DType::f16, DType::i8};
  Random random(2024);
  for (int trial = 0; trial < 1500; ++trial) {
    std::vector<std::int64_t> dims;
    const int rank = 1 + static_cast<int>(random.below(kMaxLayoutRank));
    std::int64_t count = 1;
    while (static_cast<int>(dims.size()) < rank) {
      std::int64_t extent = kExtents[random.below(std::size(kExtents))];
      if (count * extent > 4000) extent = 1;
      count *= extent;
      dims.push_back(extent);
    }
    const Shape shape(dims);
    const DType dtype = kTypes[random.below(3)];
    expect_moved({dtype, shape, random_layout(rank, random)}, {dtype, shape, random_layout(rank, random)});
    if (HasFailure()) return;
  }
}

// As the kernels move them: in every way, divided among workers, into what is not zero before.
void expect_moved_in_every_way(const TensorView& from, const TensorView& to) {
  SCOPED_TRACE(from.shape().to_string() + " " + from.layout().name() + " to " + to.layout().name());
  const HostTensor source = numbered(from);
  HostTensor expected(to);
  copy_elements(source, expected);
  HostTensor target(to);
  const auto width = static_cast<std::int64_t>(size_of(source.dtype()));
  const std::vector<MovementBox> boxes = movement_of(from, to);
  for (const TransposeWay way : kTransposeWays) {
    for (const int workers : {1, 2, 3, 7}) {
      SCOPED_TRACE(std::string(name_of(way.order)) + " " + std::string(name_of(way.stores)) +
                   ", workers: " + std::to_string(workers));
      target.fill(std::byte{0xA5});
      for (const MovementBox& box : boxes) {
        const BoxMover mover(box, width, way);
        for (int worker = 0; worker < workers; ++worker) mover.move(source.data(), target.data(), worker, workers);
      }
      ASSERT_EQ(std::memcmp(target.data(), expected.data(), expected.size_bytes()), 0);
    }
  }
}

TEST(Movement, EveryWayMovesEveryElementByAnyNumberOfWorkers) {
  constexpr std::int64_t kExtents[] = {1, 2, 3, 4, 5, 7, 8, 12, 16, 17, 33, 64, 100};
  constexpr DType kTypes[] = {DType::f32, DType::f16, DType::i8};
  Random random(7);
  for (int trial = 0; trial < 150 && !testing::Test::HasFailure(); ++trial) {
    std::vector<std::int64_t> dims;
    std::int64_t count = 1;
    for (std::uint64_t rank = 2 + random.below(3); dims.size() < rank;) {
      std::int64_t extent = kExtents[random.below(std::size(kExtents))];
      if (count * extent > 20'000) extent = 1;
      count *= extent;
      dims.push_back(extent);
    }
    const Shape shape(dims);
    const DType dtype = kTypes[random.below(3)];
    expect_moved_in_every_way({dtype, shape, random_layout(shape.rank(), random)},
                              {dtype, shape, random_layout(shape.rank(), random)});
  }
}

TEST(Movement, OneOfTwentyLoopsIsWalked) {
  // Every second bit of an index of 2^20 comes before the others: nothing can be merged.
  MovementBox box;
  for (int bit = 0; bit < 20; ++bit) {
    const int from = bit < 10 ? 2 * bit : 2 * (bit - 10) + 1;
    box.loops.push_back({2, std::int64_t{1} << from, std::int64_t{1} << (19 - bit)});
  }
  HostTensor source(DType::i8, Shape{1 << 20}, Layout::row_major(1));
  Random random(3);
  source.fill_random(random);
  HostTensor target(DType::i8, Shape{1 << 20}, Layout::row_major(1));
  BoxMover(box, 1, TransposeStores::cached).move(source.data(), target.data(), 0, 1);
  for (std::int64_t at = 0; at < 1 << 20; ++at) {
    std::int64_t from = 0;
    for (int bit = 0; bit < 20; ++bit) {
      if ((at >> (19 - bit) & 1) != 0) from |= std::int64_t{1} << (bit < 10 ? 2 * bit : 2 * (bit - 10) + 1);
    }
    ASSERT_EQ(target.data()[at], source.data()[from]) << at;
  }
}

std::vector<MovementBox> boxes(const char* from, const char* to, const Shape& shape) {
  return movement_of({DType::f32, shape, Layout::parse(from, shape.rank())},
                     {DType::f32, shape, Layout::parse(to, shape.rank())});
}

TEST(Movement, MergesWhatStaysTogether) {
  EXPECT_THAT(boxes("NCHW", "NHWC", {1, 64, 5, 7}), ElementsAre(MovementBox{0, 0, {{35, 1, 64}, {64, 35, 1}}, 0}));
  // Windows of 7 x 7 pixels: a row of one is 7 x 96 elements in both.
  EXPECT_THAT(boxes("order:0,1,2,3,4,5", "order:0,1,3,2,4,5", {1, 8, 7, 8, 7, 96}),
              ElementsAre(MovementBox{0, 0, {{8, 37632, 37632}, {8, 672, 4704}, {7, 5376, 672}, {672, 1, 1}}, 0}));
  EXPECT_THAT(boxes("NCHW", "NCHW", {2, 3, 5, 7}), ElementsAre(MovementBox{0, 0, {{210, 1, 1}}, 0}));
  EXPECT_THAT(boxes("NCHW", "NHWC", {1, 1, 1, 1}), ElementsAre(MovementBox{0, 0, {}, 0}));
}

TEST(Movement, CutsPackedDimensionsWhereTheLastVectorIsNotFull) {
  // 8 full vectors, then one lane and three zeros.
  EXPECT_THAT(boxes("NHWC", "NC4HW4", {1, 33, 2, 3}),
              ElementsAre(MovementBox{0, 0, {{8, 4, 24}, {6, 33, 4}, {4, 1, 1}}, 0},
                          MovementBox{32, 192, {{6, 33, 4}, {1, 1, 1}}, 3}));
  // Channels stay at one distance: nothing to cut.
  EXPECT_THAT(boxes("NCHW", "NHWC4", {1, 33, 2, 3}), ElementsAre(MovementBox{0, 0, {{6, 1, 36}, {33, 6, 1}}, 3}));
  EXPECT_THAT(boxes("NCHW", "NC4HW4", {1, 3, 2, 3}), ElementsAre(MovementBox{0, 0, {{6, 1, 4}, {3, 6, 1}}, 1}));
  // 76 channels in vectors of 4 fill four of 16 and three quarters of the fifth, whose last quarter is zeroed once.
  EXPECT_THAT(boxes("NC4HW4", "NC16HW16", {1, 76, 2, 1}),
              ElementsAre(MovementBox{0, 0, {{4, 32, 32}, {2, 4, 16}, {4, 8, 4}, {4, 1, 1}}, 0},
                          MovementBox{128, 128, {{2, 4, 16}, {2, 8, 4}, {4, 1, 1}}, 0},
                          MovementBox{144, 136, {{2, 4, 16}, {4, 1, 1}}, 4}));
}

MovementBox only_box(const std::string& axes, DType dtype = DType::f32) {
  const Case item =
      Case::parse("layout_transform kernel=any processor=cpu dtype=" + std::string(to_string(dtype)) + " " + axes);
  const LayoutTransformProblem problem(item);
  const std::vector<MovementBox> boxes = movement_of(problem.source, problem.target);
  EXPECT_EQ(boxes.size(), 1U) << axes;
  return boxes.front();
}

BlockPlan plan_of(const std::string& axes, bool is_large, DType dtype = DType::f32) {
  return block_plan(only_box(axes, dtype), static_cast<std::int64_t>(size_of(dtype)), is_large);
}

TEST(BoxPlan, AnItemHasEnoughToDoWhateverTheShapeOfThePlane) {
  const auto extents = [](const std::string& axes) {
    const BlockPlan plan = plan_of(axes, false);
    return std::pair(plan.rows, plan.columns);
  };
  EXPECT_EQ(extents("shape=1x512x128x128 from=NCHW to=NHWC"), std::pair(std::int64_t{16}, std::int64_t{256}));
  EXPECT_EQ(extents("shape=1x512x128x128 from=NHWC to=NCHW"), std::pair(std::int64_t{64}, std::int64_t{64}));
  EXPECT_EQ(extents("shape=1x64x56x56 from=NC4HW4 to=NCHW"), std::pair(std::int64_t{1024}, std::int64_t{4}));
  EXPECT_EQ(extents("shape=1x64x56x56 from=NCHW to=NC4HW4"), std::pair(std::int64_t{4}, std::int64_t{1024}));
  EXPECT_EQ(extents("shape=11x700 from=order:0,1 to=order:1,0"), std::pair(std::int64_t{12}, std::int64_t{340}));
  EXPECT_EQ(extents("shape=2x3 from=order:0,1 to=order:1,0"), std::pair(std::int64_t{4}, std::int64_t{4}));
}

TEST(BoxPlan, OnlyManyWholeLinesFarApartAreWrittenPastTheCaches) {
  const std::string turned = "shape=1x512x128x128 from=NCHW to=NHWC";
  EXPECT_TRUE(plan_of(turned, true).is_past_caches);
  EXPECT_EQ(plan_of(turned, true).pass_columns, 4);
  EXPECT_FALSE(plan_of(turned, false).is_past_caches);
  EXPECT_EQ(plan_of(turned, false).pass_columns, 64);
  EXPECT_FALSE(plan_of(turned, true, DType::f16).is_past_caches) << "16 rows of f16 are half a line";
  EXPECT_FALSE(plan_of("shape=1x515x128x128 from=NCHW to=NHWC", true).is_past_caches) << "rows of no whole lines";
  EXPECT_FALSE(plan_of("shape=1x512x128x128 from=NC4HW4 to=NCHW", true).is_past_caches) << "four streams";
  EXPECT_FALSE(plan_of("shape=1x512x128x128 from=NCHW to=NCHW16c", true).is_past_caches) << "lines in order";
}

TEST(BoxPlan, PassesAreShortWhereLinesOfTheTargetShareSets) {
  const auto pass_columns = [](const std::string& shape) {
    return plan_of("shape=" + shape + " from=NHWC to=NCHW", false).pass_columns;
  };
  EXPECT_EQ(pass_columns("1x320x64x64"), 4);   // one set
  EXPECT_EQ(pass_columns("1x96x112x112"), 8);  // four sets
  EXPECT_EQ(pass_columns("1x384x56x56"), 64);  // 16 sets
  EXPECT_EQ(pass_columns("1x320x63x65"), 64);  // no whole lines
}

TEST(BoxPlan, RunsAreFollowedWhereThereAreMany) {
  const MovementBox box = only_box("shape=256x3x49x32 from=order:0,1,2,3 to=order:0,2,1,3");
  EXPECT_EQ(runs_of(box, 4, 1).next.count, 3);
  const BoxRuns many = runs_of(box, 4, kFewItemBytes);
  EXPECT_EQ(many.next.count, 49);
  EXPECT_EQ(many.vectors, 8);
  EXPECT_EQ(run_block_plan(many, 4).item_runs, 49);
  const BoxRuns odd = runs_of(only_box("shape=500x3x49 from=order:0,1,2 to=order:1,0,2", DType::i8), 1, kFewItemBytes);
  EXPECT_EQ(odd.lanes, 1);
  EXPECT_EQ(run_block_plan(odd, 1).item_runs, 16384 / 49);
}

TEST(BoxPlan, ShortRunsThatLieApartAreAskedForAhead) {
  const auto runs_ahead = [](const std::string& what) {
    return run_block_plan(runs_of(only_box(what), 4, kFewItemBytes), 4).runs_ahead;
  };
  EXPECT_EQ(runs_ahead("shape=128x49x3x3x32 from=order:0,1,2,3,4 to=order:2,0,3,1,4"), 8);
  EXPECT_EQ(runs_ahead("shape=128x49x3x3x8 from=order:0,1,2,3,4 to=order:2,0,3,1,4"), 0);    // in the caches
  EXPECT_EQ(runs_ahead("shape=128x49x3x3x256 from=order:0,1,2,3,4 to=order:2,0,3,1,4"), 0);  // long enough
  EXPECT_EQ(runs_ahead("shape=2x3000x256 from=order:0,1,2 to=order:0,1,2"), 0);              // without gaps
}

}  // namespace
}  // namespace hetscope

// A walk visits every texel equally often, in the order its name says, and refuses what it cannot do.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/processor/processor.hpp"
#include "kernels/catalog.hpp"
#include "kernels/texture/walk.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

template <WalkPattern kPattern>
void expect_every_texel_once(int width_bits, int height_bits) {
  SCOPED_TRACE(std::string(kWalkPatternNames[static_cast<std::size_t>(kPattern)]) + " " + std::to_string(width_bits) +
               " " + std::to_string(height_bits));
  std::set<std::pair<std::uint32_t, std::uint32_t>> visited;
  for (std::uint32_t n = 0; n < 1U << (width_bits + height_bits); ++n) {
    const TexelPlace place = place_of_read<kPattern>(n, width_bits, height_bits);
    ASSERT_LT(place.x, 1U << width_bits);
    ASSERT_LT(place.y, 1U << height_bits);
    ASSERT_TRUE(visited.emplace(place.x, place.y).second) << "read " << n;
  }
}

TEST(MemoryWalk, VisitsEveryTexelOnce) {
  for (const auto& [width_bits, height_bits] : {std::pair{3, 3}, {4, 3}, {4, 4}, {7, 6}, {8, 8}}) {
    expect_every_texel_once<WalkPattern::x_walk>(width_bits, height_bits);
    expect_every_texel_once<WalkPattern::y_walk>(width_bits, height_bits);
    expect_every_texel_once<WalkPattern::tile>(width_bits, height_bits);
    expect_every_texel_once<WalkPattern::random>(width_bits, height_bits);
    expect_every_texel_once<WalkPattern::stencil>(width_bits, height_bits);
  }
}

TEST(MemoryWalk, NeighboursAreWhereThePatternSays) {
  const auto x = place_of_read<WalkPattern::x_walk>(1, 6, 5);
  EXPECT_EQ(std::pair(x.x, x.y), std::pair(1U, 0U));
  const auto y = place_of_read<WalkPattern::y_walk>(1, 6, 5);
  EXPECT_EQ(std::pair(y.x, y.y), std::pair(0U, 1U));
  const auto second_row_of_tile = place_of_read<WalkPattern::tile>(8, 6, 5);
  EXPECT_EQ(std::pair(second_row_of_tile.x, second_row_of_tile.y), std::pair(0U, 1U));
  const auto next_tile = place_of_read<WalkPattern::tile>(64, 6, 5);
  EXPECT_EQ(std::pair(next_tile.x, next_tile.y), std::pair(8U, 0U));
  // Of 64 random neighbours hardly any two share a row of 64 bytes.
  std::set<std::pair<std::uint32_t, std::uint32_t>> lines;
  for (std::uint32_t n = 0; n < 64; ++n) {
    const auto place = place_of_read<WalkPattern::random>(n, 9, 9);
    lines.emplace(place.x / 4, place.y);
  }
  EXPECT_GT(lines.size(), 60U);
}

Case walk_case(const std::string& axes) {
  const Catalog catalog = make_catalog();
  return catalog.complete(Case::parse("memory_walk kernel=memory_walk_buffer processor=opencl:0 " + axes));
}

TEST(MemoryWalk, SmallSetsAreReadRepeatedlyAndLargeOnesOnce) {
  const Walk small(walk_case("pattern=tile bytes=16384 reads=4096"));
  EXPECT_EQ(small.texels(), 1024);
  EXPECT_EQ(small.reads, 4096);
  EXPECT_EQ(small.bytes_read(), 65536);
  const Walk large(walk_case("pattern=stencil bytes=1048576 reads=4096 dtype=f16"));
  EXPECT_EQ(large.texels(), 131072);
  EXPECT_EQ(large.width(), 512);
  EXPECT_EQ(large.height(), 256);
  EXPECT_EQ(large.reads, 131072);
  EXPECT_EQ(large.bytes_read(), 9 * 1048576);
}

// Sets below, at and above the items, in one pass and in several.
TEST(MemoryWalk, AnItemMeetsAsManyTexelsAsItCan) {
  for (const auto& [axes, items] : {std::pair{"bytes=1024 reads=16384", 1024},
                                    {"bytes=16384 reads=16384", 1024},
                                    {"bytes=65536 reads=65536", 1024},
                                    {"bytes=65536 reads=16384", 64},
                                    {"bytes=16384 reads=65536", 64},
                                    {"bytes=4096 reads=4096", 1},
                                    {"bytes=1024 reads=65536", 16},
                                    {"bytes=1024 reads=16384 dtype=f16", 16384}}) {
    SCOPED_TRACE(std::string(axes) + " items=" + std::to_string(items));
    const Walk walk(walk_case(std::string("pattern=x_walk ") + axes));
    const ItemWalk of_items(walk, items);
    const auto steps = static_cast<std::uint32_t>(of_items.steps);
    std::vector<std::int64_t> reads(static_cast<std::size_t>(walk.texels()));
    for (std::uint32_t item = 0; item < static_cast<std::uint32_t>(items); ++item) {
      std::set<std::uint32_t> met;
      for (std::uint32_t step = 0; step < steps; ++step) {
        const std::uint32_t read = of_items.read_of(item, step);
        ASSERT_LT(read, walk.texels());
        ++reads[read];
        met.insert(read);
        // Neighbours read neighbours.
        ASSERT_EQ(of_items.read_of(item + 1, step), (read + 1) % walk.texels());
      }
      ASSERT_EQ(std::ssize(met), std::min(of_items.steps, walk.texels())) << item;
    }
    EXPECT_EQ(std::ranges::count(reads, walk.reads / walk.texels()), walk.texels());
  }
}

TEST(MemoryWalk, GroupsReadAlignedWhereThereAreEnoughTexels) {
  const Walk walk(walk_case("pattern=tile bytes=1048576 reads=1048576"));
  const ItemWalk of_items(walk, 65536);
  ASSERT_EQ(of_items.steps, 16);
  for (std::uint32_t step = 0; step < 16; ++step) EXPECT_EQ(of_items.read_of(64, step) % 64, 0U) << step;
}

TEST(MemoryWalk, RefusesWhatIsNoPowerOfTwo) {
  const Catalog catalog = make_catalog();
  const auto message_of = [&](const std::string& axes) -> std::string {
    try {
      catalog.validate(walk_case(axes));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message_of("pattern=tile bytes=1024"), "");
  EXPECT_THAT(message_of("pattern=tile bytes=1000"), HasSubstr("power of two"));
  EXPECT_THAT(message_of("pattern=tile bytes=512"), HasSubstr("power of two"));
  EXPECT_THAT(message_of("pattern=tile bytes=8589934592"), HasSubstr("power of two"));
  EXPECT_THAT(message_of("pattern=tile bytes=-1024"), HasSubstr("bytes"));
  EXPECT_THAT(message_of("pattern=tile bytes=1024 reads=3"), HasSubstr("power of two"));
  EXPECT_THAT(message_of("pattern=tile bytes=1024 row_padding=1000000"), HasSubstr("1024 texels"));
  EXPECT_THAT(message_of("pattern=spiral bytes=1024"), HasSubstr("spiral"));
}

TEST(OpenClMemoryWalk, RefusesWhatItCannotAddUpExactly) {
  const Catalog catalog = make_catalog();
  ProcessorSet processors;
  int devices = 0;
  for (const ProcessorInfo& info : processors.discover().found) {
    if (info.program_model != ProgramModel::opencl_c) continue;
    ++devices;
    Processor* const on[] = {&processors.at(info.name)};
    const Kernel& kernel = catalog.kernels().at("memory_walk_buffer");
    const auto reason_of = [&](const std::string& axes) { return kernel.supports(walk_case(axes), on).reason(); };
    EXPECT_EQ(reason_of("pattern=tile bytes=1024 reads=1024 items=64"), "");
    EXPECT_THAT(reason_of("pattern=tile bytes=1024 reads=1024 items=48"), HasSubstr("power of two"));
    EXPECT_THAT(reason_of("pattern=tile bytes=1024 reads=1048576 items=1"), HasSubstr("f32 is exact"));
    EXPECT_THAT(reason_of("pattern=stencil bytes=1024 reads=65536 items=8"), HasSubstr("f32 is exact"));
  }
  if (devices == 0) GTEST_SKIP() << "this machine has no OpenCL device";
}

}  // namespace
}  // namespace hetscope

// Transposes in registers. With K = 16 bytes / element width, a tile is K columns by up to 4 K rows:
//
//   load     register j = | row j | row j+K | row j+2K | row j+3K |   (K elements of one row in each 128-bit block)
//   shuffle  K x K transpose inside every block: log2(K) rounds of InterleaveLower and InterleaveUpper
//   store    register j = column j of all rows: one whole vector of a target row
//
// Loading by blocks leaves only shuffles inside blocks and none that cross them. Compiled once for each instruction
// set.
#if defined(HETSCOPE_REGISTER_TILE_TOGGLE) == defined(HWY_TARGET_TOGGLE)
#ifdef HETSCOPE_REGISTER_TILE_TOGGLE
#undef HETSCOPE_REGISTER_TILE_TOGGLE
#else
#define HETSCOPE_REGISTER_TILE_TOGGLE
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <array>
#include <cstdint>
#include <utility>

// Every order of walking inlines some sixty tiles; with a sanitizer's checks in each, compilers take more than eight
// minutes, g++ 12 more than twelve.
#undef HETSCOPE_TILE_INLINE
#if HWY_IS_ASAN || HWY_IS_TSAN || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HETSCOPE_TILE_INLINE HWY_NOINLINE
#else
#define HETSCOPE_TILE_INLINE HWY_INLINE
#endif

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Byte = std::uint8_t;

constexpr std::int64_t kLineBytes = 64;

#if HWY_TARGET != HWY_SCALAR

// 128-bit blocks of a full register.
constexpr int kBlocks = HWY_MAX_BYTES >= 64 ? 4 : (HWY_MAX_BYTES >= 32 ? 2 : 1);

// Columns of a register tile, and rows of each block of it.
template <int kWidth>
constexpr std::int64_t kLanes = 16 / kWidth;
// Rows and columns of a group: one line of each.
template <int kWidth>
constexpr std::int64_t kGroup = kLineBytes / kWidth;

template <int kCount>
using BlocksTag = hn::CappedTag<Byte, std::size_t{16} * kCount>;

// kCount blocks, block b from `from + b * distance`.
template <int kCount>
HWY_INLINE hn::Vec<BlocksTag<kCount>> load_blocks(const Byte* from, std::int64_t distance) {
  const BlocksTag<kCount> d;
  if constexpr (kCount == 1) {
    return hn::LoadU(d, from);
  } else {
    return hn::Combine(d, load_blocks<kCount / 2>(from + distance * (kCount / 2), distance),
                       load_blocks<kCount / 2>(from, distance));
  }
}

template <bool kStream, class D, class V>
HWY_INLINE void store(V v, D d, Byte* to) {
  if constexpr (kStream) {
    hn::Stream(v, d, to);
  } else {
    hn::StoreU(v, d, to);
  }
}

template <int kWidth>
struct UnsignedOf;
template <>
struct UnsignedOf<1> {
  using Type = std::uint8_t;
};
template <>
struct UnsignedOf<2> {
  using Type = std::uint16_t;
};
template <>
struct UnsignedOf<4> {
  using Type = std::uint32_t;
};
template <>
struct UnsignedOf<8> {
  using Type = std::uint64_t;
};

// One round of the transpose inside blocks, and the rounds after it.
template <int kWidth, int kRounds, class D, class V, std::size_t kCount, std::size_t... kHalf>
HWY_INLINE void shuffle_rounds(D d, std::array<V, kCount>& a, std::index_sequence<kHalf...> half) {
  if constexpr (kRounds > 0) {
    const hn::Repartition<typename UnsignedOf<kWidth>::Type, D> dt;
    const std::array<V, kCount> b = a;
    ((a[2 * kHalf] =
          hn::BitCast(d, hn::InterleaveLower(dt, hn::BitCast(dt, b[kHalf]), hn::BitCast(dt, b[kHalf + kCount / 2]))),
      a[2 * kHalf + 1] =
          hn::BitCast(d, hn::InterleaveUpper(dt, hn::BitCast(dt, b[kHalf]), hn::BitCast(dt, b[kHalf + kCount / 2])))),
     ...);
    shuffle_rounds<kWidth, kRounds - 1>(d, a, half);
  }
}

template <int kWidth, class D, class V, std::size_t kCount>
HWY_INLINE void transpose_blocks(D d, std::array<V, kCount>& a) {
  constexpr int kRounds = kCount == 1 ? 0 : kCount == 2 ? 1 : kCount == 4 ? 2 : kCount == 8 ? 3 : 4;
  shuffle_rounds<kWidth, kRounds>(d, a, std::make_index_sequence<kCount / 2>());
}

// Register j holds blocks from source + j * stride on, `distance` apart.
template <int kCount, std::size_t... kRegister>
HWY_INLINE std::array<hn::Vec<BlocksTag<kCount>>, sizeof...(kRegister)> load_rows(const Byte* source,
                                                                                  std::int64_t stride,
                                                                                  std::int64_t distance,
                                                                                  std::index_sequence<kRegister...>) {
  return {load_blocks<kCount>(source + static_cast<std::int64_t>(kRegister) * stride, distance)...};
}

template <bool kStream, class D, class V, std::size_t... kColumn>
HWY_INLINE void store_columns(D d, const std::array<V, sizeof...(kColumn)>& a, Byte* target, std::int64_t stride,
                              std::index_sequence<kColumn...>) {
  (store<kStream>(a[kColumn], d, target + static_cast<std::int64_t>(kColumn) * stride), ...);
}

// kLanes columns by kCount * kLanes rows.
template <int kWidth, int kCount, bool kStream>
HETSCOPE_TILE_INLINE void tile(const Byte* source, Byte* target, std::int64_t source_stride,
                               std::int64_t target_stride) {
  const BlocksTag<kCount> d;
  constexpr auto kSequence = std::make_index_sequence<static_cast<std::size_t>(kLanes<kWidth>)>();
  auto a = load_rows<kCount>(source, source_stride, kLanes<kWidth> * source_stride, kSequence);
  transpose_blocks<kWidth>(d, a);
  store_columns<kStream>(d, a, target, target_stride, kSequence);
}

#if HWY_MAX_BYTES >= 64
// A whole group of 4-byte elements, 16 x 16, whose source lines are loaded once, as two halves: where rows are a
// multiple of 4 KiB apart, a line does not stay in the cache until the next tile.
//   halves   | row i, blocks 0 1 | row i+8, blocks 0 1 | and the same of rows i+4 and i+12
//   blocks   even and odd blocks of both: | row i | row i+4 | row i+8 | row i+12 | of one block of columns
template <bool kStream>
HETSCOPE_TILE_INLINE void group_of_words(const Byte* source, Byte* target, std::int64_t source_stride,
                                         std::int64_t target_stride) {
  const BlocksTag<4> d;
  const BlocksTag<2> half;
  using V = hn::Vec<BlocksTag<4>>;
  std::array<std::array<V, 4>, 4> blocks;
  const auto load_rows_from = [&](std::size_t i) HWY_ATTR {
    const Byte* row = source + static_cast<std::int64_t>(i) * source_stride;
    const auto halves = [&](std::int64_t first, std::int64_t at) HWY_ATTR {
      return hn::Combine(d, hn::LoadU(half, row + (first + 8) * source_stride + at),
                         hn::LoadU(half, row + first * source_stride + at));
    };
    const V low0 = halves(0, 0);
    const V low4 = halves(4, 0);
    const V high0 = halves(0, 32);
    const V high4 = halves(4, 32);
    blocks[0][i] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(low4), low0);
    blocks[1][i] = hn::OddEvenBlocks(low4, hn::SwapAdjacentBlocks(low0));
    blocks[2][i] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(high4), high0);
    blocks[3][i] = hn::OddEvenBlocks(high4, hn::SwapAdjacentBlocks(high0));
  };
  load_rows_from(0);
  load_rows_from(1);
  load_rows_from(2);
  load_rows_from(3);
  const auto store_block = [&](std::size_t b) HWY_ATTR {
    transpose_blocks<4>(d, blocks[b]);
    store_columns<kStream>(d, blocks[b], target + static_cast<std::int64_t>(4 * b) * target_stride, target_stride,
                           std::make_index_sequence<4>());
  };
  store_block(0);
  store_block(1);
  store_block(2);
  store_block(3);
}
#endif

#endif  // HWY_TARGET != HWY_SCALAR

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#endif  // HETSCOPE_REGISTER_TILE_TOGGLE

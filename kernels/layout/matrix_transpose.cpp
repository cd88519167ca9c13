// Matrix transposes in register tiles. With K = 16 bytes / element width, a tile is K columns by up to 4 K rows:
//
//   load     register j = | row j | row j+K | row j+2K | row j+3K |   (K elements of one row in each 128-bit block)
//   shuffle  K x K transpose inside every block: log2(K) rounds of InterleaveLower and InterleaveUpper
//   store    register j = column j of all rows: one whole vector of a target row
//
// Loading by blocks leaves only shuffles inside blocks and none that cross them. Tiles are grouped to one cache line of
// rows by one of columns, and a group's target lines are asked for, to be written, while the group before it is worked
// on: nothing else would fetch them in time, because no prefetcher follows sixteen strided streams of stores.
#include "kernels/layout/matrix_transpose.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

// Arrays of vectors need vectors of known size; NEON stands for these.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/layout/matrix_transpose.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/cache_control.h>

#include "kernels/layout/fetch_to_write.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Byte = std::uint8_t;

constexpr std::int64_t kLineBytes = 64;

template <int kWidth>
struct Element {
  Byte bytes[kWidth];
};

template <int kWidth>
void transpose_scalar(const Byte* source, Byte* target, const TransposeExtent& extent) {
  for (std::int64_t column = 0; column < extent.columns; ++column) {
    for (std::int64_t row = 0; row < extent.rows; ++row) {
      *reinterpret_cast<Element<kWidth>*>(target + column * extent.target_stride + row * kWidth) =
          *reinterpret_cast<const Element<kWidth>*>(source + row * extent.source_stride + column * kWidth);
    }
  }
}

#if HWY_TARGET == HWY_SCALAR

// Vectors of one element have nothing to shuffle.
template <int kWidth>
void transpose(const Byte* source, Byte* target, const TransposeExtent& extent, TransposeStores) {
  transpose_scalar<kWidth>(source, target, extent);
}

#else

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
HWY_INLINE hn::Vec<BlocksTag<kCount> > load_blocks(const Byte* from, std::int64_t distance) {
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

template <int kCount, std::size_t... kRow>
HWY_INLINE std::array<hn::Vec<BlocksTag<kCount> >, sizeof...(kRow)> load_rows(const Byte* source, std::int64_t stride,
                                                                              std::index_sequence<kRow...>) {
  constexpr std::int64_t kRows = sizeof...(kRow);
  return {load_blocks<kCount>(source + static_cast<std::int64_t>(kRow) * stride, kRows * stride)...};
}

template <bool kStream, class D, class V, std::size_t... kColumn>
HWY_INLINE void store_columns(D d, const std::array<V, sizeof...(kColumn)>& a, Byte* target, std::int64_t stride,
                              std::index_sequence<kColumn...>) {
  (store<kStream>(a[kColumn], d, target + static_cast<std::int64_t>(kColumn) * stride), ...);
}

// kLanes columns by kCount * kLanes rows.
template <int kWidth, int kCount, bool kStream>
HWY_INLINE void tile(const Byte* source, Byte* target, std::int64_t source_stride, std::int64_t target_stride) {
  const BlocksTag<kCount> d;
  constexpr auto kSequence = std::make_index_sequence<static_cast<std::size_t>(kLanes<kWidth>)>();
  auto a = load_rows<kCount>(source, source_stride, kSequence);
  transpose_blocks<kWidth>(d, a);
  store_columns<kStream>(d, a, target, target_stride, kSequence);
}

#if HWY_MAX_BYTES >= 64
// A whole group of 4-byte elements, 16 x 16, whose source lines are loaded once, as two halves: where rows are a
// multiple of 4 KiB apart, a line does not stay in the cache until the next tile.
//   halves   | row i, blocks 0 1 | row i+8, blocks 0 1 | and the same of rows i+4 and i+12
//   blocks   even and odd blocks of both: | row i | row i+4 | row i+8 | row i+12 | of one block of columns
template <bool kStream>
HWY_INLINE void group_of_words(const Byte* source, Byte* target, std::int64_t source_stride,
                               std::int64_t target_stride) {
  const BlocksTag<4> d;
  const BlocksTag<2> half;
  using V = hn::Vec<BlocksTag<4> >;
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

// Where a group lies in its matrix.
struct Group {
  std::int64_t row = 0;
  std::int64_t column = 0;
};

// The groups of one matrix, each worked on when the next one's target lines have been asked for.
template <int kWidth, bool kStream>
class Groups {
 public:
  Groups(const Byte* source, Byte* target, const TransposeExtent& extent)
      : source_(source), target_(target), extent_(extent) {}

  HWY_INLINE void visit(Group next) {
    if constexpr (!kStream) {
      const std::int64_t columns = std::min(kGroup<kWidth>, extent_.columns - next.column);
      Byte* line = target_ + next.column * extent_.target_stride + next.row * kWidth;
      for (std::int64_t i = 0; i < columns; ++i) fetch_to_write(line + i * extent_.target_stride);
    }
    finish();
    waiting_ = next;
    is_waiting_ = true;
  }
  HWY_INLINE void finish() {
    if (!is_waiting_) return;
    constexpr std::int64_t kSize = kGroup<kWidth>;
    if (waiting_.row + kSize <= extent_.rows && waiting_.column + kSize <= extent_.columns) {
      move_whole();
    } else {
      move_part();
    }
    is_waiting_ = false;
  }

 private:
  template <int kCount, bool kWhole>
  HWY_INLINE void move_tile(std::int64_t row, std::int64_t column) {
    tile<kWidth, kCount, kStream && kWhole>(source_ + row * extent_.source_stride + column * kWidth,
                                            target_ + column * extent_.target_stride + row * kWidth,
                                            extent_.source_stride, extent_.target_stride);
  }
  HWY_INLINE void move_whole() {
#if HWY_MAX_BYTES >= 64
    if constexpr (kWidth == 4) {
      return group_of_words<kStream>(source_ + waiting_.row * extent_.source_stride + waiting_.column * kWidth,
                                     target_ + waiting_.column * extent_.target_stride + waiting_.row * kWidth,
                                     extent_.source_stride, extent_.target_stride);
    }
#endif
    constexpr std::int64_t kSize = kGroup<kWidth>;
    for (std::int64_t column = 0; column < kSize; column += kLanes<kWidth>) {
      for (std::int64_t row = 0; row < kSize; row += kBlocks * kLanes<kWidth>) {
        move_tile<kBlocks, true>(waiting_.row + row, waiting_.column + column);
      }
    }
  }
  // At the edges tiles overlap their neighbours.
  void move_part() {
    constexpr std::int64_t kStep = kLanes<kWidth>;
    const std::int64_t end = std::min(waiting_.column + kGroup<kWidth>, extent_.columns);
    for (std::int64_t column = waiting_.column; column < end; column += kStep) {
      move_rows(std::min(column, extent_.columns - kStep));
    }
  }
  void move_rows(std::int64_t column) {
    constexpr std::int64_t kStep = kLanes<kWidth>;
    const std::int64_t end = std::min(waiting_.row + kGroup<kWidth>, extent_.rows);
    std::int64_t row = waiting_.row;
    for (; row + kBlocks * kStep <= end; row += kBlocks * kStep) move_tile<kBlocks, true>(row, column);
    if constexpr (kBlocks == 4) {
      if (row + 2 * kStep <= end) {
        move_tile<2, false>(row, column);
        row += 2 * kStep;
      }
    }
    for (; row < end; row += kStep) move_tile<1, false>(std::min(row, extent_.rows - kStep), column);
  }

  const Byte* source_;
  Byte* target_;
  TransposeExtent extent_;
  Group waiting_;
  bool is_waiting_ = false;
};

// Blocks of groups; rows of blocks first. The groups of a block go down its rows, so that the lines of a target row
// follow each other, unless the source's rows all fall into the same few sets of the cache: then along them.
template <int kWidth, bool kStream>
void transpose_blocked(const Byte* source, Byte* target, const TransposeExtent& extent) {
  constexpr std::int64_t kSize = kGroup<kWidth>;
  constexpr std::int64_t kWayBytes = 4096;
  const bool is_aliased = extent.source_stride % kWayBytes == 0;
  const std::int64_t block_rows = std::max<std::int64_t>(kSize, is_aliased ? 32 : 64);
  const std::int64_t block_columns = std::max<std::int64_t>(kSize, 32);
  Groups<kWidth, kStream> groups(source, target, extent);
  for (std::int64_t top = 0; top < extent.rows; top += block_rows) {
    const std::int64_t bottom = std::min(top + block_rows, extent.rows);
    for (std::int64_t left = 0; left < extent.columns; left += block_columns) {
      const std::int64_t right = std::min(left + block_columns, extent.columns);
      if (is_aliased) {
        for (std::int64_t row = top; row < bottom; row += kSize) {
          for (std::int64_t column = left; column < right; column += kSize) groups.visit({row, column});
        }
      } else {
        for (std::int64_t column = left; column < right; column += kSize) {
          for (std::int64_t row = top; row < bottom; row += kSize) groups.visit({row, column});
        }
      }
    }
  }
  groups.finish();
}

// For target rows a multiple of 4 KiB apart, of which a cache of 8 to 16 ways cannot hold a line of each of 16: kLanes
// columns at a time, down many rows.
template <int kWidth>
void transpose_strips(const Byte* source, Byte* target, const TransposeExtent& extent) {
  constexpr std::int64_t kStep = kLanes<kWidth>;
  constexpr std::int64_t kTall = kBlocks * kStep;
  constexpr std::int64_t kStripRows = 256;
  const auto [rows, columns, source_stride, target_stride] = extent;
  const auto fetch = [&](std::int64_t row, std::int64_t column) HWY_ATTR {
    Byte* line = target + std::min(column, columns - kStep) * target_stride + row * kWidth;
    for (std::int64_t i = 0; i < kStep; ++i) fetch_to_write(line + i * target_stride);
  };
  for (std::int64_t left = 0; left < columns; left += kGroup<kWidth>) {
    const std::int64_t right = std::min(left + kGroup<kWidth>, columns);
    for (std::int64_t top = 0; top < rows; top += kStripRows) {
      const std::int64_t bottom = std::min(top + kStripRows, rows);
      for (std::int64_t at = left; at < right; at += kStep) {
        const std::int64_t column = std::min(at, columns - kStep);
        const Byte* read = source + column * kWidth;
        Byte* write = target + column * target_stride;
        std::int64_t row = top;
        for (; row + kTall <= bottom; row += kTall) {
          if (row + 2 * kTall <= bottom) {
            fetch(row + kTall, column);
          } else {
            fetch(top, column + kStep);
          }
          tile<kWidth, kBlocks, false>(read + row * source_stride, write + row * kWidth, source_stride, target_stride);
        }
        for (; row < bottom; row += kStep) {
          const std::int64_t first = std::min(row, rows - kStep);
          tile<kWidth, 1, false>(read + first * source_stride, write + first * kWidth, source_stride, target_stride);
        }
      }
    }
  }
}

// `rows` of 2, 3 or 4 become interleaved vectors of one dense target.
template <int kWidth>
void interleave_rows(const Byte* source, Byte* target, const TransposeExtent& extent) {
  using T = typename UnsignedOf<kWidth>::Type;
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto row = [&](std::int64_t number, std::int64_t column) HWY_ATTR {
    return hn::LoadU(d, reinterpret_cast<const T*>(source + number * extent.source_stride + column * kWidth));
  };
  std::int64_t column = 0;
  for (; column + lanes <= extent.columns; column += lanes) {
    T* to = reinterpret_cast<T*>(target + column * extent.target_stride);
    if (extent.rows == 2) {
      hn::StoreInterleaved2(row(0, column), row(1, column), d, to);
    } else if (extent.rows == 3) {
      hn::StoreInterleaved3(row(0, column), row(1, column), row(2, column), d, to);
    } else {
      hn::StoreInterleaved4(row(0, column), row(1, column), row(2, column), row(3, column), d, to);
    }
  }
  transpose_scalar<kWidth>(source + column * kWidth, target + column * extent.target_stride,
                           {extent.rows, extent.columns - column, extent.source_stride, extent.target_stride});
}

// 2, 3 or 4 interleaved `columns` of one dense source become rows of the target.
template <int kWidth>
void separate_columns(const Byte* source, Byte* target, const TransposeExtent& extent) {
  using T = typename UnsignedOf<kWidth>::Type;
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  hn::Vec<decltype(d)> v0, v1, v2, v3;
  std::int64_t row = 0;
  const auto store_column = [&](hn::Vec<decltype(d)> v, std::int64_t column) HWY_ATTR {
    hn::StoreU(v, d, reinterpret_cast<T*>(target + column * extent.target_stride + row * kWidth));
  };
  for (; row + lanes <= extent.rows; row += lanes) {
    const T* from = reinterpret_cast<const T*>(source + row * extent.source_stride);
    if (extent.columns == 2) {
      hn::LoadInterleaved2(d, from, v0, v1);
    } else if (extent.columns == 3) {
      hn::LoadInterleaved3(d, from, v0, v1, v2);
      store_column(v2, 2);
    } else {
      hn::LoadInterleaved4(d, from, v0, v1, v2, v3);
      store_column(v2, 2);
      store_column(v3, 3);
    }
    store_column(v0, 0);
    store_column(v1, 1);
  }
  transpose_scalar<kWidth>(source + row * extent.source_stride, target + row * kWidth,
                           {extent.rows - row, extent.columns, extent.source_stride, extent.target_stride});
}

template <int kWidth>
void transpose(const Byte* source, Byte* target, const TransposeExtent& extent, TransposeStores stores) {
  constexpr std::int64_t kWayBytes = 4096;
  if constexpr (kWidth <= 8) {
    const auto is_few = [](std::int64_t n) { return n >= 2 && n <= 4; };
    if (is_few(extent.rows) && extent.target_stride == extent.rows * kWidth) {
      return interleave_rows<kWidth>(source, target, extent);
    }
    if (is_few(extent.columns) && extent.source_stride == extent.columns * kWidth) {
      return separate_columns<kWidth>(source, target, extent);
    }
  }
  if (extent.rows < kLanes<kWidth> || extent.columns < kLanes<kWidth>) {
    return transpose_scalar<kWidth>(source, target, extent);
  }
  if (stores == TransposeStores::streaming) {
    transpose_blocked<kWidth, true>(source, target, extent);
    return hwy::FlushStream();
  }
  if (extent.target_stride % kWayBytes == 0) return transpose_strips<kWidth>(source, target, extent);
  transpose_blocked<kWidth, false>(source, target, extent);
}

#endif  // HWY_TARGET == HWY_SCALAR

void transpose_any(int width, const Byte* source, Byte* target, const TransposeExtent& extent, TransposeStores stores) {
  switch (width) {
    case 1:
      return transpose<1>(source, target, extent, stores);
    case 2:
      return transpose<2>(source, target, extent, stores);
    case 4:
      return transpose<4>(source, target, extent, stores);
    case 8:
      return transpose<8>(source, target, extent, stores);
    default:
      return transpose<16>(source, target, extent, stores);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {

HWY_EXPORT(transpose_any);

void transpose_matrix(int width, const std::byte* source, std::byte* target, const TransposeExtent& extent,
                      TransposeStores stores) {
  assert(width == 1 || width == 2 || width == 4 || width == 8 || width == 16);
  HWY_DYNAMIC_DISPATCH(transpose_any)
  (width, reinterpret_cast<const std::uint8_t*>(source), reinterpret_cast<std::uint8_t*>(target), extent, stores);
}

}  // namespace hetscope
#endif  // HWY_ONCE

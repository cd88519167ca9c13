// Matrix transposes in register tiles. With K = 16 bytes / element size, a tile is K columns by up to 4 K rows:
//
//   load     register j = | row j | row j+K | row j+2K | row j+3K |   (K elements of one row in each 128-bit block)
//   shuffle  K x K transpose inside every block: log2(K) rounds of InterleaveLower and InterleaveUpper
//   store    register j = column j of all rows: one whole vector of a target row
//
// Loading by blocks leaves only shuffles inside blocks (2 a target vector for 4-byte, 3 for 2-byte elements) and none
// that cross them. Tiles go through panels of rows in bands of one cache line of columns, so that every source line is
// read once. Two, three and four rows or columns (RGB images) use interleaved stores and loads instead.
#include "kernels/layout/matrix_transpose.hpp"

#include <algorithm>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/layout/matrix_transpose.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/cache_control.h>

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
void transpose_scalar(const T* source, T* target, const TransposeExtent& extent) {
  for (std::int64_t column = 0; column < extent.columns; ++column) {
    for (std::int64_t row = 0; row < extent.rows; ++row) {
      target[column * extent.target_stride + row] = source[row * extent.source_stride + column];
    }
  }
}

#if HWY_TARGET == HWY_SCALAR

// Vectors of one element have nothing to shuffle.
template <class T>
void transpose(const T* source, T* target, const TransposeExtent& extent, TransposeStores) {
  transpose_scalar(source, target, extent);
}

#else

constexpr std::int64_t kLineBytes = 64;
// 128-bit blocks of a full register. Vectors of unknown length work in single blocks.
#if HWY_HAVE_SCALABLE
constexpr int kBlocks = 1;
#else
constexpr int kBlocks = HWY_MAX_BYTES >= 64 ? 4 : (HWY_MAX_BYTES >= 32 ? 2 : 1);
#endif

template <class T>
constexpr std::int64_t kLanes = 16 / static_cast<std::int64_t>(sizeof(T));

template <class T, int kCount>
using BlocksTag = hn::CappedTag<T, static_cast<std::size_t>(kLanes<T>) * kCount>;

// kCount blocks, block b from `from + b * distance`.
template <int kCount, class T>
HWY_INLINE hn::Vec<BlocksTag<T, kCount> > load_blocks(const T* from, std::int64_t distance) {
  const BlocksTag<T, kCount> d;
  if constexpr (kCount == 1) {
    return hn::LoadU(d, from);
  } else {
    return hn::Combine(d, load_blocks<kCount / 2>(from + distance * (kCount / 2), distance),
                       load_blocks<kCount / 2>(from, distance));
  }
}

template <bool kStream, class D, class V, class T>
HWY_INLINE void store(V v, D d, T* to) {
  if constexpr (kStream) {
    hn::Stream(v, d, to);
  } else {
    hn::StoreU(v, d, to);
  }
}

// kLanes columns by kCount * kLanes rows of 4-byte elements.
template <int kCount, bool kStream>
HWY_INLINE void tile(const std::uint32_t* source, std::uint32_t* target, std::int64_t source_stride,
                     std::int64_t target_stride) {
  const BlocksTag<std::uint32_t, kCount> d;
  const std::int64_t distance = 4 * source_stride;
  const auto a0 = load_blocks<kCount>(source, distance);
  const auto a1 = load_blocks<kCount>(source + source_stride, distance);
  const auto a2 = load_blocks<kCount>(source + 2 * source_stride, distance);
  const auto a3 = load_blocks<kCount>(source + 3 * source_stride, distance);
  const auto b0 = hn::InterleaveLower(d, a0, a2);
  const auto b1 = hn::InterleaveUpper(d, a0, a2);
  const auto b2 = hn::InterleaveLower(d, a1, a3);
  const auto b3 = hn::InterleaveUpper(d, a1, a3);
  store<kStream>(hn::InterleaveLower(d, b0, b2), d, target);
  store<kStream>(hn::InterleaveUpper(d, b0, b2), d, target + target_stride);
  store<kStream>(hn::InterleaveLower(d, b1, b3), d, target + 2 * target_stride);
  store<kStream>(hn::InterleaveUpper(d, b1, b3), d, target + 3 * target_stride);
}

// The same for 2-byte elements: registers 0..7, three rounds.
template <int kCount, bool kStream>
HWY_INLINE void tile(const std::uint16_t* source, std::uint16_t* target, std::int64_t source_stride,
                     std::int64_t target_stride) {
  const BlocksTag<std::uint16_t, kCount> d;
  const std::int64_t distance = 8 * source_stride;
  const auto a0 = load_blocks<kCount>(source, distance);
  const auto a1 = load_blocks<kCount>(source + source_stride, distance);
  const auto a2 = load_blocks<kCount>(source + 2 * source_stride, distance);
  const auto a3 = load_blocks<kCount>(source + 3 * source_stride, distance);
  const auto a4 = load_blocks<kCount>(source + 4 * source_stride, distance);
  const auto a5 = load_blocks<kCount>(source + 5 * source_stride, distance);
  const auto a6 = load_blocks<kCount>(source + 6 * source_stride, distance);
  const auto a7 = load_blocks<kCount>(source + 7 * source_stride, distance);
  const auto b0 = hn::InterleaveLower(d, a0, a4);
  const auto b1 = hn::InterleaveUpper(d, a0, a4);
  const auto b2 = hn::InterleaveLower(d, a1, a5);
  const auto b3 = hn::InterleaveUpper(d, a1, a5);
  const auto b4 = hn::InterleaveLower(d, a2, a6);
  const auto b5 = hn::InterleaveUpper(d, a2, a6);
  const auto b6 = hn::InterleaveLower(d, a3, a7);
  const auto b7 = hn::InterleaveUpper(d, a3, a7);
  const auto c0 = hn::InterleaveLower(d, b0, b4);
  const auto c1 = hn::InterleaveUpper(d, b0, b4);
  const auto c2 = hn::InterleaveLower(d, b1, b5);
  const auto c3 = hn::InterleaveUpper(d, b1, b5);
  const auto c4 = hn::InterleaveLower(d, b2, b6);
  const auto c5 = hn::InterleaveUpper(d, b2, b6);
  const auto c6 = hn::InterleaveLower(d, b3, b7);
  const auto c7 = hn::InterleaveUpper(d, b3, b7);
  store<kStream>(hn::InterleaveLower(d, c0, c4), d, target);
  store<kStream>(hn::InterleaveUpper(d, c0, c4), d, target + target_stride);
  store<kStream>(hn::InterleaveLower(d, c1, c5), d, target + 2 * target_stride);
  store<kStream>(hn::InterleaveUpper(d, c1, c5), d, target + 3 * target_stride);
  store<kStream>(hn::InterleaveLower(d, c2, c6), d, target + 4 * target_stride);
  store<kStream>(hn::InterleaveUpper(d, c2, c6), d, target + 5 * target_stride);
  store<kStream>(hn::InterleaveLower(d, c3, c7), d, target + 6 * target_stride);
  store<kStream>(hn::InterleaveUpper(d, c3, c7), d, target + 7 * target_stride);
}

// All columns [begin, end) of kCount * kLanes rows from `row` on; the last tile is moved back to end at `end`.
template <int kCount, bool kStream, class T>
HWY_INLINE void tile_row(const T* source, T* target, const TransposeExtent& extent, std::int64_t row,
                         std::int64_t begin, std::int64_t end) {
  const auto at = [&](std::int64_t column) HWY_ATTR {
    tile<kCount, kStream>(source + row * extent.source_stride + column, target + column * extent.target_stride + row,
                          extent.source_stride, extent.target_stride);
  };
  std::int64_t column = begin;
  for (; column + kLanes<T> <= end; column += kLanes<T>) at(column);
  if (column < end) at(end - kLanes<T>);
}

// At least kLanes rows and columns. Edges are covered by tiles that overlap their neighbours.
template <bool kStream, class T>
void transpose_panel(const T* source, T* target, const TransposeExtent& extent) {
  constexpr std::int64_t kBand = kLineBytes / static_cast<std::int64_t>(sizeof(T));
  constexpr std::int64_t kTileRows = kBlocks * kLanes<T>;
  for (std::int64_t begin = 0; begin < extent.columns; begin += kBand) {
    // A narrow last band joins tiles that end at the last column.
    const std::int64_t end = std::min(begin + kBand, extent.columns);
    const std::int64_t first = std::min(begin, end - kLanes<T>);
    std::int64_t row = 0;
    for (; row + kTileRows <= extent.rows; row += kTileRows) {
      tile_row<kBlocks, kStream>(source, target, extent, row, first, end);
    }
    if constexpr (kBlocks == 4) {
      if (row + 2 * kLanes<T> <= extent.rows) {
        tile_row<2, false>(source, target, extent, row, first, end);
        row += 2 * kLanes<T>;
      }
    }
    for (; row + kLanes<T> <= extent.rows; row += kLanes<T>) {
      tile_row<1, false>(source, target, extent, row, first, end);
    }
    if (row < extent.rows) tile_row<1, false>(source, target, extent, extent.rows - kLanes<T>, first, end);
  }
}

// Panels of rows: the bands beside each other in a panel share pages and the lines that the hardware fetched ahead.
template <bool kStream, class T>
void transpose_tiles(const T* source, T* target, const TransposeExtent& extent) {
  constexpr std::int64_t kPanelRows = 128;
  std::int64_t row = 0;
  while (row < extent.rows) {
    const std::int64_t left = extent.rows - row;
    // What is left behind a panel must fill a tile.
    const std::int64_t rows = left < kPanelRows + kLanes<T> ? left : kPanelRows;
    transpose_panel<kStream>(source + row * extent.source_stride, target + row,
                             {rows, extent.columns, extent.source_stride, extent.target_stride});
    row += rows;
  }
}

// `rows` of 2, 3 or 4 become interleaved vectors of one dense target.
template <class T>
void interleave_rows(const T* source, T* target, const TransposeExtent& extent) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t s = extent.source_stride;
  std::int64_t column = 0;
  for (; column + lanes <= extent.columns; column += lanes) {
    const T* from = source + column;
    T* to = target + column * extent.rows;
    const auto v0 = hn::LoadU(d, from);
    const auto v1 = hn::LoadU(d, from + s);
    if (extent.rows == 2) {
      hn::StoreInterleaved2(v0, v1, d, to);
    } else if (extent.rows == 3) {
      hn::StoreInterleaved3(v0, v1, hn::LoadU(d, from + 2 * s), d, to);
    } else {
      hn::StoreInterleaved4(v0, v1, hn::LoadU(d, from + 2 * s), hn::LoadU(d, from + 3 * s), d, to);
    }
  }
  transpose_scalar(source + column, target + column * extent.rows,
                   {extent.rows, extent.columns - column, s, extent.target_stride});
}

// 2, 3 or 4 interleaved `columns` of one dense source become rows of the target.
template <class T>
void separate_columns(const T* source, T* target, const TransposeExtent& extent) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t t = extent.target_stride;
  hn::Vec<decltype(d)> v0, v1, v2, v3;
  std::int64_t row = 0;
  for (; row + lanes <= extent.rows; row += lanes) {
    const T* from = source + row * extent.columns;
    T* to = target + row;
    if (extent.columns == 2) {
      hn::LoadInterleaved2(d, from, v0, v1);
    } else if (extent.columns == 3) {
      hn::LoadInterleaved3(d, from, v0, v1, v2);
      hn::StoreU(v2, d, to + 2 * t);
    } else {
      hn::LoadInterleaved4(d, from, v0, v1, v2, v3);
      hn::StoreU(v2, d, to + 2 * t);
      hn::StoreU(v3, d, to + 3 * t);
    }
    hn::StoreU(v0, d, to);
    hn::StoreU(v1, d, to + t);
  }
  transpose_scalar(source + row * extent.columns, target + row,
                   {extent.rows - row, extent.columns, extent.source_stride, t});
}

template <class T>
void transpose(const T* source, T* target, const TransposeExtent& extent, TransposeStores stores) {
  const auto is_few = [](std::int64_t n) { return n >= 2 && n <= 4; };
  if (is_few(extent.rows) && extent.target_stride == extent.rows) return interleave_rows(source, target, extent);
  if (is_few(extent.columns) && extent.source_stride == extent.columns) {
    return separate_columns(source, target, extent);
  }
  if (extent.rows < kLanes<T> || extent.columns < kLanes<T>) return transpose_scalar(source, target, extent);
  if (stores == TransposeStores::cached) return transpose_tiles<false>(source, target, extent);
  transpose_tiles<true>(source, target, extent);
  hwy::FlushStream();
}

#endif  // HWY_TARGET == HWY_SCALAR

void transpose_u16(const std::uint16_t* source, std::uint16_t* target, const TransposeExtent& extent,
                   TransposeStores stores) {
  transpose(source, target, extent, stores);
}

void transpose_u32(const std::uint32_t* source, std::uint32_t* target, const TransposeExtent& extent,
                   TransposeStores stores) {
  transpose(source, target, extent, stores);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {

HWY_EXPORT(transpose_u16);
HWY_EXPORT(transpose_u32);

void transpose_matrix(const std::uint16_t* source, std::uint16_t* target, const TransposeExtent& extent,
                      TransposeStores stores) {
  HWY_DYNAMIC_DISPATCH(transpose_u16)(source, target, extent, stores);
}

void transpose_matrix(const std::uint32_t* source, std::uint32_t* target, const TransposeExtent& extent,
                      TransposeStores stores) {
  HWY_DYNAMIC_DISPATCH(transpose_u32)(source, target, extent, stores);
}

}  // namespace hetscope
#endif  // HWY_ONCE

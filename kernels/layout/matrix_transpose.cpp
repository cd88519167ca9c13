// Tiles of register_tile-inl.hpp are grouped to one cache line of rows by one of columns. A group's target lines may be
// asked for, to be written, while the group before it is worked on.
#include "kernels/layout/matrix_transpose.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "kernels/layout/fetch_to_write.hpp"
#include "kernels/sized_vectors.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/layout/matrix_transpose.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/layout/odd_transposes-inl.hpp"
#include "kernels/layout/register_tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

// Vectors of one element have nothing to shuffle.
template <int kWidth>
void transpose(const Byte* source, Byte* target, const TransposeExtent& extent, TransposeWay, const LoopRange& batch) {
  for (LoopWalk at(batch); !at.is_over(); at.step()) {
    transpose_scalar<kWidth>(source + at.source(), target + at.target(), extent);
  }
}

#else

// Lines this far apart, or a multiple of it, share one set in two of a first-level cache whose ways hold 4 KiB.
constexpr std::int64_t kAliasBytes = 2048;
// A matrix that stays in a core's own cache together with its transpose.
constexpr std::int64_t kNearBytes = std::int64_t{1} << 20;

// A part of a matrix, at most one line of rows by one of columns.
struct Group {
  const Byte* source = nullptr;
  Byte* target = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

// Moves groups, whole ones or those of an edge, tile by tile.
template <int kWidth, bool kStream, TransposeOrder kOrder>
class GroupMover {
 public:
  static constexpr std::int64_t kSize = kGroup<kWidth>;

  explicit GroupMover(const TransposeExtent& extent)
      : source_stride_(extent.source_stride), target_stride_(extent.target_stride) {}

  HETSCOPE_TILE_INLINE void move(const Group& group) const {
    if (group.rows == kSize && group.columns == kSize) {
      move_whole(group);
    } else {
      move_part(group);
    }
  }
  HETSCOPE_TILE_INLINE void move_whole(const Group& group) const {
#if HWY_MAX_BYTES >= 64
    if constexpr (kWidth == 4) {
      return group_of_words<kStream>(group.source, group.target, source_stride_, target_stride_);
    }
#endif
    if constexpr (kOrder == TransposeOrder::along) {
      for (std::int64_t row = 0; row < kSize; row += kTall) move_row_of_tiles(group, row, TileColumns());
    } else {
      move_tiles(group, TileColumns());
    }
  }
  // Tiles of an edge that is no multiple of theirs overlap the tiles before them, of this group or of the last.
  HETSCOPE_TILE_INLINE void move_part(const Group& group) const {
    for (std::int64_t column = 0; column < group.columns; column += kStep) {
      move_rows(group, std::min(column, group.columns - kStep));
    }
  }

 private:
  static constexpr std::int64_t kStep = kLanes<kWidth>;
  static constexpr std::int64_t kTall = kBlocks * kStep;
  using TileColumns = std::make_index_sequence<static_cast<std::size_t>(kSize / kStep)>;

  template <int kCount, bool kWhole>
  HETSCOPE_TILE_INLINE void move_tile(const Group& group, std::int64_t row, std::int64_t column) const {
    tile<kWidth, kCount, kStream && kWhole>(group.source + row * source_stride_ + column * kWidth,
                                            group.target + column * target_stride_ + row * kWidth, source_stride_,
                                            target_stride_);
  }
  // Unrolled, so that where in its rows a tile begins is a constant: addresses were half of all instructions.
  template <std::size_t... kColumn>
  HETSCOPE_TILE_INLINE void move_row_of_tiles(const Group& group, std::int64_t row,
                                              std::index_sequence<kColumn...>) const {
    (move_tile<kBlocks, true>(group, row, static_cast<std::int64_t>(kColumn) * kStep), ...);
  }
  template <std::size_t... kColumn>
  HETSCOPE_TILE_INLINE void move_tiles(const Group& group, std::index_sequence<kColumn...>) const {
    (move_column_of_tiles(group, static_cast<std::int64_t>(kColumn) * kStep), ...);
  }
  HETSCOPE_TILE_INLINE void move_column_of_tiles(const Group& group, std::int64_t column) const {
    for (std::int64_t row = 0; row < kSize; row += kTall) move_tile<kBlocks, true>(group, row, column);
  }
  HETSCOPE_TILE_INLINE void move_rows(const Group& group, std::int64_t column) const {
    std::int64_t row = 0;
    for (; row + kTall <= group.rows; row += kTall) move_tile<kBlocks, true>(group, row, column);
    if constexpr (kBlocks == 4) {
      if (row + 2 * kStep <= group.rows) {
        move_tile<2, false>(group, row, column);
        row += 2 * kStep;
      }
    }
    for (; row + kStep <= group.rows; row += kStep) move_tile<1, false>(group, row, column);
    if (row < group.rows) move_last_rows(group, row, column);
  }
  // One or two rows are faster element by element than as a tile that overlaps.
  HETSCOPE_TILE_INLINE void move_last_rows(const Group& group, std::int64_t row, std::int64_t column) const {
    if (group.rows - row > 2) return move_tile<1, false>(group, group.rows - kStep, column);
    transpose_scalar<kWidth>(group.source + row * source_stride_ + column * kWidth,
                             group.target + column * target_stride_ + row * kWidth,
                             {group.rows - row, kStep, source_stride_, target_stride_});
  }

  std::int64_t source_stride_;
  std::int64_t target_stride_;
};

template <TransposeStores kStores>
HWY_INLINE void fetch_target(const Group& group, std::int64_t target_stride) {
  if constexpr (kStores == TransposeStores::fetched) {
    for (std::int64_t i = 0; i < group.columns; ++i) fetch_to_write(group.target + i * target_stride);
  }
}

// Works on each group when the next one's lines have been asked for, across matrices, too.
template <int kWidth, TransposeStores kStores>
class GroupQueue {
 public:
  GroupQueue(const TransposeExtent& extent, bool fetches_source)
      : mover_(extent),
        source_stride_(extent.source_stride),
        target_stride_(extent.target_stride),
        fetches_source_(fetches_source) {}

  HETSCOPE_TILE_INLINE void visit(const Group& next) {
    fetch_target<kStores>(next, target_stride_);
    if (fetches_source_) {
      for (std::int64_t i = 0; i < next.rows; ++i) hwy::Prefetch(next.source + i * source_stride_);
    }
    finish();
    waiting_ = next;
  }
  HETSCOPE_TILE_INLINE void finish() {
    mover_.move(waiting_);
    waiting_ = {};
  }

 private:
  GroupMover<kWidth, kStores == TransposeStores::streaming, TransposeOrder::blocks> mover_;
  std::int64_t source_stride_;
  std::int64_t target_stride_;
  bool fetches_source_;
  Group waiting_;
};

// The order of groups: blocks, in them along the source's rows, so that what was fetched of a row is used. Down all
// rows instead where target rows are no whole lines and two groups write to each line between them: the second finds
// the line where the first left it. Down the rows of a block, too, where the lines of a group and of its neighbour to
// the right would meet in the same sets of the cache.
// kIsStaged only makes an instantiation of its own: the loop is inlined into its caller when there is no other, and
// with two it takes up to a quarter longer in both.
template <int kWidth, TransposeStores kStores, bool kIsStaged = false>
void transpose_blocked(const Byte* source, Byte* target, const TransposeExtent& extent, const LoopRange& batch) {
  constexpr std::int64_t kSize = kGroup<kWidth>;
  constexpr std::int64_t kBlock = std::max<std::int64_t>(kSize, 32);
  const bool has_whole_lines = extent.target_stride % kLineBytes == 0;
  const bool goes_down = !has_whole_lines || extent.target_stride % kAliasBytes == 0;
  const std::int64_t block_rows = has_whole_lines ? kBlock : extent.rows;
  const std::int64_t block_columns = has_whole_lines ? kBlock : kSize;
  GroupQueue<kWidth, kStores> groups(extent, extent.rows * extent.columns * kWidth > kNearBytes);
  for (LoopWalk at(batch); !at.is_over(); at.step()) {
    const auto visit = [&](std::int64_t row, std::int64_t column) HWY_ATTR {
      groups.visit({source + at.source() + row * extent.source_stride + column * kWidth,
                    target + at.target() + column * extent.target_stride + row * kWidth,
                    std::min(kSize, extent.rows - row), std::min(kSize, extent.columns - column)});
    };
    for (std::int64_t top = 0; top < extent.rows; top += block_rows) {
      const std::int64_t bottom = std::min(top + block_rows, extent.rows);
      for (std::int64_t left = 0; left < extent.columns; left += block_columns) {
        const std::int64_t right = std::min(left + block_columns, extent.columns);
        // One place that visits, for the queue is inlined there: a call for every group takes a tenth of its time.
        const auto [outer_begin, outer_end] = goes_down ? std::pair(left, right) : std::pair(top, bottom);
        const auto [inner_begin, inner_end] = goes_down ? std::pair(top, bottom) : std::pair(left, right);
        for (std::int64_t outer = outer_begin; outer < outer_end; outer += kSize) {
          for (std::int64_t inner = inner_begin; inner < inner_end; inner += kSize) {
            visit(goes_down ? inner : outer, goes_down ? outer : inner);
          }
        }
      }
    }
  }
  groups.finish();
}

// The order `along`: all groups of a line of target rows, one after the other. Processors fetch a row's next line by
// themselves.
template <int kWidth, TransposeStores kStores>
void transpose_along(const Byte* source, Byte* target, const TransposeExtent& extent, const LoopRange& batch) {
  constexpr std::int64_t kSize = kGroup<kWidth>;
  const GroupMover<kWidth, false, TransposeOrder::along> mover(extent);
  for (LoopWalk at(batch); !at.is_over(); at.step()) {
    for (std::int64_t row = 0; row < extent.rows; row += kSize) {
      Group group{source + at.source() + row * extent.source_stride, target + at.target() + row * kWidth,
                  std::min(kSize, extent.rows - row), kSize};
      for (std::int64_t left = extent.columns; left > 0; left -= kSize) {
        group.columns = std::min(kSize, left);
        Group next = group;
        next.source += kLineBytes;
        next.target += kSize * extent.target_stride;
        next.columns = std::min(kSize, left - kSize);
        fetch_target<kStores>(next, extent.target_stride);
        mover.move(group);
        group = next;
      }
    }
  }
}

// Rows whose lines meet in one set of a first-level cache meet in one bank of the second, which hands them out one
// after the other. Neighbours of a row do not: a few lines of each row at a time go through a buffer whose rows lie
// apart.
template <int kWidth>
struct Staging {
  static constexpr std::int64_t kAliasedStride = 4096;
  static constexpr std::int64_t kLines = 4;
  static constexpr std::int64_t kStride = (kLines + 1) * kLineBytes;
  static constexpr std::int64_t kColumns = kLines * kGroup<kWidth>;
  static constexpr std::int64_t kRows = 64;
  static constexpr std::int64_t kMostRows = kRows + kRows / 2;  // no block is too low for a tile

  static bool suits(const TransposeExtent& extent) {
    return extent.source_stride % kAliasedStride == 0 && extent.columns % kColumns == 0;
  }
  static std::int64_t rows_of(std::int64_t rest) { return rest <= kMostRows ? rest : kRows; }
};

template <int kWidth, TransposeStores kStores>
void transpose_staged(const Byte* source, Byte* target, const TransposeExtent& extent, const LoopRange& batch) {
  using S = Staging<kWidth>;
  constexpr ByteLoop kOnce;
  const BlocksTag<kBlocks> d;
  alignas(64) Byte buffer[S::kMostRows * S::kStride];
  for (LoopWalk at(batch); !at.is_over(); at.step()) {
    for (std::int64_t left = 0; left < extent.columns; left += S::kColumns) {
      const Byte* from = source + at.source() + left * kWidth;
      Byte* to = target + at.target() + left * extent.target_stride;
      for (std::int64_t top = 0; top < extent.rows;) {
        const std::int64_t rows = S::rows_of(extent.rows - top);
        for (std::int64_t row = 0; row < rows; ++row, from += extent.source_stride) {
          for (std::int64_t byte = 0; byte < S::kLines * kLineBytes; byte += 16 * kBlocks) {
            hn::StoreU(hn::LoadU(d, from + byte), d, buffer + row * S::kStride + byte);
          }
        }
        transpose_blocked<kWidth, kStores, true>(
            buffer, to + top * kWidth, {rows, S::kColumns, S::kStride, extent.target_stride}, {{&kOnce, 1}, 0, 1});
        top += rows;
      }
    }
  }
}

template <int kWidth>
void transpose(const Byte* source, Byte* target, const TransposeExtent& extent, TransposeWay way,
               const LoopRange& batch) {
  const bool fetches_target = way.stores == TransposeStores::fetched;
  if constexpr (kWidth == 4) {
    if (extent.columns == kLanes<kWidth> && extent.source_stride == 16 && extent.rows >= kBlocks * kLanes<kWidth>) {
      return transpose_dense_columns<kWidth>(source, target, extent, fetches_target, batch);
    }
  }
  const bool is_tiled = extent.rows >= kLanes<kWidth> && extent.columns >= kLanes<kWidth> && extent.rows > 4;
  if (is_tiled && way.stores == TransposeStores::streaming) {
    transpose_blocked<kWidth, TransposeStores::streaming>(source, target, extent, batch);
    return hwy::FlushStream();
  }
  const bool goes_along = way.order == TransposeOrder::along;
  const bool meets_in_cache =
      extent.target_stride % kAliasBytes == 0 && extent.rows * extent.columns * kWidth <= kNearBytes;
  const bool is_in_strips = way.order == TransposeOrder::strips || (!goes_along && meets_in_cache);
  if (is_tiled && !is_in_strips && !goes_along && Staging<kWidth>::suits(extent)) {
    return fetches_target ? transpose_staged<kWidth, TransposeStores::fetched>(source, target, extent, batch)
                          : transpose_staged<kWidth, TransposeStores::cached>(source, target, extent, batch);
  }
  if (is_tiled && goes_along) {
    return fetches_target ? transpose_along<kWidth, TransposeStores::fetched>(source, target, extent, batch)
                          : transpose_along<kWidth, TransposeStores::cached>(source, target, extent, batch);
  }
  if (is_tiled && !is_in_strips) {
    return fetches_target ? transpose_blocked<kWidth, TransposeStores::fetched>(source, target, extent, batch)
                          : transpose_blocked<kWidth, TransposeStores::cached>(source, target, extent, batch);
  }
  for (LoopWalk at(batch); !at.is_over(); at.step()) {
    transpose_odd<kWidth>(source + at.source(), target + at.target(), extent, fetches_target);
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

void transpose_any(int width, const Byte* source, Byte* target, const TransposeExtent& extent, TransposeWay way,
                   const LoopRange& batch) {
  switch (width) {
    case 1:
      return transpose<1>(source, target, extent, way, batch);
    case 2:
      return transpose<2>(source, target, extent, way, batch);
    case 4:
      return transpose<4>(source, target, extent, way, batch);
    case 8:
      return transpose<8>(source, target, extent, way, batch);
    default:
      return transpose<16>(source, target, extent, way, batch);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {

HWY_EXPORT(transpose_any);

void transpose_matrices(int width, const std::byte* source, std::byte* target, const TransposeExtent& extent,
                        TransposeWay way, const LoopRange& batch) {
  assert(width == 1 || width == 2 || width == 4 || width == 8 || width == 16);
  HWY_DYNAMIC_DISPATCH(transpose_any)
  (width, reinterpret_cast<const std::uint8_t*>(source), reinterpret_cast<std::uint8_t*>(target), extent, way, batch);
}

}  // namespace hetscope
#endif  // HWY_ONCE

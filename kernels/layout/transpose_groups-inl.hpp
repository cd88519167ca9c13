// Register tiles (register_tile-inl.hpp) in groups of one cache line of rows by one of columns. Compiled once for each
// instruction set.
#if defined(HETSCOPE_TRANSPOSE_GROUPS_TOGGLE) == defined(HWY_TARGET_TOGGLE)
#ifdef HETSCOPE_TRANSPOSE_GROUPS_TOGGLE
#undef HETSCOPE_TRANSPOSE_GROUPS_TOGGLE
#else
#define HETSCOPE_TRANSPOSE_GROUPS_TOGGLE
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "kernels/layout/matrix_transpose.hpp"
#include "kernels/layout/odd_transposes-inl.hpp"
#include "kernels/layout/register_tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

// visit(std::integral_constant<int, width>()).
template <class Visit>
HWY_INLINE void with_width(int width, Visit&& visit) {
  switch (width) {
    case 1:
      return visit(std::integral_constant<int, 1>());
    case 2:
      return visit(std::integral_constant<int, 2>());
    case 4:
      return visit(std::integral_constant<int, 4>());
    case 8:
      return visit(std::integral_constant<int, 8>());
    default:
      return visit(std::integral_constant<int, 16>());
  }
}

#if HWY_TARGET == HWY_SCALAR

// Vectors of one element have nothing to shuffle.
template <int kWidth>
void transpose_each_scalar(const Byte* source, Byte* target, const TransposeExtent& extent, const LoopRange& batch) {
  for (LoopWalk at(batch); !at.is_over(); at.step()) {
    transpose_scalar<kWidth>(source + at.source(), target + at.target(), extent);
  }
}

#else

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
  static constexpr std::int64_t kTall = kBlocks * kLanes<kWidth>;  // rows of the largest tile

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
  // kTall rows and any columns.
  HETSCOPE_TILE_INLINE void move_low(Group group) const {
    for (; group.columns >= kSize; group.columns -= kSize) {
      move_lowest(group);
      group.source += kLineBytes;
      group.target += kSize * target_stride_;
    }
    if (group.columns > 0) move_part(group);
  }
  // Tiles of an edge that is no multiple of theirs overlap the tiles before them, of this group or of the last.
  HETSCOPE_TILE_INLINE void move_part(const Group& group) const {
    for (std::int64_t column = 0; column < group.columns; column += kStep) {
      move_rows(group, std::min(column, group.columns - kStep));
    }
  }

 private:
  static constexpr std::int64_t kStep = kLanes<kWidth>;
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
  // kTall rows of kSize columns.
  HETSCOPE_TILE_INLINE void move_lowest(const Group& group) const {
#if HWY_MAX_BYTES >= 64
    if constexpr (kWidth == 4) return move_whole(group);
#endif
    move_row_of_tiles(group, 0, TileColumns());
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

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#endif  // HETSCOPE_TRANSPOSE_GROUPS_TOGGLE

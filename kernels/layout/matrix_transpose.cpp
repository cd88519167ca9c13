// Tiles of register_tile-inl.hpp are grouped to one cache line of rows by one of columns. A group's target lines may be
// asked for, to be written, while the group before it is worked on.
#include "kernels/layout/matrix_transpose.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "kernels/layout/fetch_to_write.hpp"
#include "kernels/layout/panel_transpose.hpp"
#include "kernels/sized_vectors.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/layout/matrix_transpose.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/layout/transpose_groups-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

template <int kWidth>
void transpose(const Byte* source, Byte* target, const TransposeExtent& extent, TransposeWay, const LoopRange& batch) {
  transpose_each_scalar<kWidth>(source, target, extent, batch);
}

template <int kWidth>
void transpose_to_records(const Byte* source, Byte* target, const TransposeExtent& extent) {
  std::memset(target, 0, static_cast<std::size_t>(extent.target_stride * extent.columns));
  transpose_scalar<kWidth>(source, target, extent);
}

#else

// Lines this far apart, or a multiple of it, share one set in two of a first-level cache whose ways hold 4 KiB.
constexpr std::int64_t kAliasBytes = 2048;
// A matrix that stays in a core's own cache together with its transpose.
constexpr std::int64_t kNearBytes = std::int64_t{1} << 20;

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

// In strips of a vector of columns.
template <int kWidth>
void transpose_strips(const Byte* source, Byte* target, const TransposeExtent& extent, bool fetches_target,
                      const LoopRange& batch) {
  for (LoopWalk at(batch); !at.is_over(); at.step()) {
    transpose_odd<kWidth>(source + at.source(), target + at.target(), extent, fetches_target);
  }
}

template <int kWidth>
void transpose_pairs(const Byte* source, Byte* target, const TransposeExtent& extent, const LoopRange& batch) {
  for (LoopWalk at(batch); !at.is_over(); at.step()) {
    Strips<kWidth, false, 2>(source + at.source(), target + at.target(), extent).move();
  }
}

// Of at least one tile, in blocks or along the source's rows.
template <int kWidth>
void transpose_tiled(const Byte* source, Byte* target, const TransposeExtent& extent, TransposeWay way,
                     const LoopRange& batch) {
  using enum TransposeStores;
  const bool fetches_target = way.stores == fetched;
  if (way.order == TransposeOrder::along) {
    return fetches_target ? transpose_along<kWidth, fetched>(source, target, extent, batch)
                          : transpose_along<kWidth, cached>(source, target, extent, batch);
  }
  if (way.stores == streaming) {
    transpose_blocked<kWidth, streaming>(source, target, extent, batch);
    return hwy::FlushStream();
  }
  const bool meets_in_cache =
      extent.target_stride % kAliasBytes == 0 && extent.rows * extent.columns * kWidth <= kNearBytes;
  if (meets_in_cache) return transpose_strips<kWidth>(source, target, extent, fetches_target, batch);
  if (Staging<kWidth>::suits(extent)) {
    return fetches_target ? transpose_staged<kWidth, fetched>(source, target, extent, batch)
                          : transpose_staged<kWidth, cached>(source, target, extent, batch);
  }
  return fetches_target ? transpose_blocked<kWidth, fetched>(source, target, extent, batch)
                        : transpose_blocked<kWidth, cached>(source, target, extent, batch);
}

template <int kWidth>
void transpose(const Byte* source, Byte* target, const TransposeExtent& extent, TransposeWay way,
               const LoopRange& batch) {
  const bool fetches_target = way.stores == TransposeStores::fetched;
  if constexpr (kWidth == 4) {
    if (is_dense_tile(kWidth, extent) && extent.rows >= kBlocks * kLanes<kWidth>) {
      return transpose_dense_columns<kWidth>(source, target, extent, fetches_target, batch);
    }
  }
  if (way.order == TransposeOrder::strips) {
    return transpose_strips<kWidth>(source, target, extent, fetches_target, batch);
  }
  if (way.order == TransposeOrder::pairs) return transpose_pairs<kWidth>(source, target, extent, batch);
  transpose_tiled<kWidth>(source, target, extent, way, batch);
}

template <int kWidth>
void transpose_to_records(const Byte* source, Byte* target, const TransposeExtent& extent) {
  if (extent.target_stride == 8 * kWidth) return transpose_to_records<kWidth, 2>(source, target, extent);
  transpose_to_records<kWidth, 4>(source, target, extent);
}

#endif  // HWY_TARGET == HWY_SCALAR

void transpose_any(int width, const Byte* source, Byte* target, const TransposeExtent& extent, TransposeWay way,
                   const LoopRange& batch) {
  with_width(width, [&](auto bytes) HWY_ATTR { transpose<bytes()>(source, target, extent, way, batch); });
}

std::int64_t vector_bytes() { return HWY_MAX_BYTES; }

void to_records_any(int width, const Byte* source, Byte* target, const TransposeExtent& extent) {
  with_width(width, [&](auto bytes) HWY_ATTR {
    if constexpr (bytes() <= 4) transpose_to_records<bytes()>(source, target, extent);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/half_vectors.hpp"

namespace hetscope {

HWY_EXPORT(transpose_any);
HWY_EXPORT(vector_bytes);
HWY_EXPORT(to_records_any);

namespace {
bool has_half_vectors() { return HWY_DYNAMIC_DISPATCH(vector_bytes)() > HETSCOPE_HALF_DISPATCH(vector_bytes)(); }
}  // namespace

TransposeWay way_in_effect(int width, const TransposeExtent& extent, TransposeWay way) {
  const std::int64_t tile = 16 / width;
  const TransposeStores through_caches = way.stores == TransposeStores::fetched ? way.stores : TransposeStores::cached;
  if (way.vectors == TransposeVectors::half && !has_half_vectors()) way.vectors = TransposeVectors::widest;
  const TransposeWay in_strips{through_caches, TransposeOrder::strips, way.vectors};
  if (extent.rows < std::max<std::int64_t>(tile, 5) || extent.columns < tile) return in_strips;
  if (is_dense_tile(width, extent)) return {through_caches, TransposeOrder::blocks, way.vectors};
  if (way.order == TransposeOrder::pairs && extent.columns < 2 * tile) return in_strips;
  if (goes_by_panels(way.order) && extent.columns == tile) way.order = TransposeOrder::blocks;
  return way;
}

void transpose_matrices(int width, const std::byte* source, std::byte* target, const TransposeExtent& extent,
                        TransposeWay way, const LoopRange& batch) {
  assert(width == 1 || width == 2 || width == 4 || width == 8 || width == 16);
  way = way_in_effect(width, extent, way);
  if (goes_by_panels(way.order)) return transpose_by_panels(width, source, target, extent, way, batch);
  const auto transpose = way.vectors == TransposeVectors::half ? &HETSCOPE_HALF_DISPATCH(transpose_any)
                                                               : &HWY_DYNAMIC_DISPATCH(transpose_any);
  transpose(width, reinterpret_cast<const std::uint8_t*>(source), reinterpret_cast<std::uint8_t*>(target), extent, way,
            batch);
}

void transpose_to_records(int width, const std::byte* source, std::byte* target, const TransposeExtent& extent) {
  assert(suits_records(width, extent));
  HWY_DYNAMIC_DISPATCH(to_records_any)
  (width, reinterpret_cast<const std::uint8_t*>(source), reinterpret_cast<std::uint8_t*>(target), extent);
}

}  // namespace hetscope
#endif  // HWY_ONCE

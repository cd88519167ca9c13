// A strip or panel is worked on by as many rows at a time as one tile has.
#include "kernels/layout/panel_transpose.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/sized_vectors.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/layout/panel_transpose.cpp"
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

#else

// A matrix of so few columns that half a line of its target rows waits in the cache for the other half: as many rows at
// a time as one tile has, so that of few rows long pieces are read.
template <int kWidth>
void transpose_strip(const Byte* source, Byte* target, const TransposeExtent& extent) {
  using Mover = GroupMover<kWidth, false, TransposeOrder::down>;
  const Mover mover(extent);
  Group group{source, target, Mover::kTall, extent.columns};
  for (std::int64_t rows = extent.rows; rows >= Mover::kTall; rows -= Mover::kTall) {
    mover.move_low(group);
    group.source += Mover::kTall * extent.source_stride;
    group.target += Mover::kTall * kWidth;
  }
  group.rows = extent.rows % Mover::kTall;
  if (group.rows > 0) mover.move_part(group);
}

// The order `down`: strips of two lines of columns, which processors fetch as pairs.
template <int kWidth>
void transpose_down(const Byte* source, Byte* target, const TransposeExtent& extent, const LoopRange& batch) {
  constexpr std::int64_t kColumns = 2 * kGroup<kWidth>;
  for (LoopWalk at(batch); !at.is_over(); at.step()) {
    for (std::int64_t left = 0, columns = 0; left < extent.columns; left += columns) {
      // No strip is too narrow for a tile.
      const std::int64_t rest = extent.columns - left;
      columns = rest < kColumns + kLanes<kWidth> ? rest : kColumns;
      transpose_strip<kWidth>(source + at.source() + left * kWidth, target + at.target() + left * extent.target_stride,
                              {extent.rows, columns, extent.source_stride, extent.target_stride});
    }
  }
}

// The orders `tall` and `square`. A panel's rows in the buffer lie a line more than a power of two apart.
template <int kWidth, TransposeOrder kOrder>
struct Panel {
  static constexpr std::int64_t kSide = kWidth == 1 ? 128 : kWidth <= 4 ? 64 : 32;
  static constexpr bool kIsTall = kOrder == TransposeOrder::tall;
  static constexpr std::int64_t kColumns = kIsTall ? kGroup<kWidth> : kSide;
  static constexpr std::int64_t kRows = kIsTall ? (kWidth == 1 ? 256 : 512) / kWidth : kSide;
  // The last panel is up to half as large again, for none may be too small for a tile.
  static constexpr std::int64_t most(std::int64_t count) { return count + count / 2; }
  static constexpr std::int64_t kStride = most(kRows) * kWidth + kLineBytes;
  static std::int64_t part_of(std::int64_t rest, std::int64_t count) { return rest <= most(count) ? rest : count; }
};

// Two lines, all loaded before the first is stored: of a loop that copies vector by vector g++ 12 makes `rep movsq`,
// which takes three times as long for runs as short as these.
template <bool kStream, std::size_t... kVector>
HWY_INLINE void copy_two_lines(const Byte* from, Byte* to, std::index_sequence<kVector...>) {
  const BlocksTag<kBlocks> d;
  const std::array vectors = {hn::LoadU(d, from + kVector * 16 * kBlocks)...};
  (store<kStream>(vectors[kVector], d, to + kVector * 16 * kBlocks), ...);
}

// A run of at least a tile's height.
template <bool kStream>
HWY_INLINE void copy_run_of_panel(const Byte* from, Byte* to, std::int64_t bytes) {
  constexpr std::int64_t kStep = 2 * kLineBytes;
  const BlocksTag<1> block;
  std::int64_t at = 0;
  for (; at + kStep <= bytes; at += kStep) {
    copy_two_lines<kStream>(from + at, to + at, std::make_index_sequence<kStep / (16 * kBlocks)>());
  }
  for (; at + 16 <= bytes; at += 16) store<kStream>(hn::LoadU(block, from + at), block, to + at);
  if (at < bytes) hn::StoreU(hn::LoadU(block, from + bytes - 16), block, to + bytes - 16);
}

template <int kWidth, TransposeOrder kOrder, bool kStream>
void transpose_panels(const Byte* source, Byte* target, const TransposeExtent& extent, const LoopRange& batch) {
  using P = Panel<kWidth, kOrder>;
  alignas(64) Byte buffer[P::most(P::kColumns) * P::kStride];
  for (LoopWalk at(batch); !at.is_over(); at.step()) {
    for (std::int64_t left = 0, columns = 0; left < extent.columns; left += columns) {
      columns = P::part_of(extent.columns - left, P::kColumns);
      for (std::int64_t top = 0, rows = 0; top < extent.rows; top += rows) {
        rows = P::part_of(extent.rows - top, P::kRows);
        transpose_strip<kWidth>(source + at.source() + top * extent.source_stride + left * kWidth, buffer,
                                {rows, columns, extent.source_stride, P::kStride});
        for (std::int64_t column = 0; column < columns; ++column) {
          copy_run_of_panel<kStream>(buffer + column * P::kStride,
                                     target + at.target() + (left + column) * extent.target_stride + top * kWidth,
                                     rows * kWidth);
        }
      }
    }
  }
  if constexpr (kStream) hwy::FlushStream();
}

template <int kWidth>
void transpose(const Byte* source, Byte* target, const TransposeExtent& extent, TransposeWay way,
               const LoopRange& batch) {
  using enum TransposeOrder;
  const bool streams = way.stores == TransposeStores::streaming;
  if (way.order == down) return transpose_down<kWidth>(source, target, extent, batch);
  if (way.order == tall) {
    return streams ? transpose_panels<kWidth, tall, true>(source, target, extent, batch)
                   : transpose_panels<kWidth, tall, false>(source, target, extent, batch);
  }
  return streams ? transpose_panels<kWidth, square, true>(source, target, extent, batch)
                 : transpose_panels<kWidth, square, false>(source, target, extent, batch);
}

#endif  // HWY_TARGET == HWY_SCALAR

void transpose_any(int width, const Byte* source, Byte* target, const TransposeExtent& extent, TransposeWay way,
                   const LoopRange& batch) {
  with_width(width, [&](auto bytes) HWY_ATTR { transpose<bytes()>(source, target, extent, way, batch); });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/half_vectors.hpp"

namespace hetscope {

HWY_EXPORT(transpose_any);

void transpose_by_panels(int width, const std::byte* source, std::byte* target, const TransposeExtent& extent,
                         TransposeWay way, const LoopRange& batch) {
  const auto transpose = way.vectors == TransposeVectors::half ? &HETSCOPE_HALF_DISPATCH(transpose_any)
                                                               : &HWY_DYNAMIC_DISPATCH(transpose_any);
  transpose(width, reinterpret_cast<const std::uint8_t*>(source), reinterpret_cast<std::uint8_t*>(target), extent, way,
            batch);
}

}  // namespace hetscope
#endif  // HWY_ONCE

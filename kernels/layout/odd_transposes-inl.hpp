// Transposes of what tiles in groups do not suit: matrices of few rows or columns, and target rows whose lines meet in
// the same sets of a cache. Compiled once for each instruction set.
#if defined(HETSCOPE_ODD_TRANSPOSES_TOGGLE) == defined(HWY_TARGET_TOGGLE)
#ifdef HETSCOPE_ODD_TRANSPOSES_TOGGLE
#undef HETSCOPE_ODD_TRANSPOSES_TOGGLE
#else
#define HETSCOPE_ODD_TRANSPOSES_TOGGLE
#endif

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <utility>

#include "kernels/layout/fetch_to_write.hpp"
#include "kernels/layout/matrix_transpose.hpp"
#include "kernels/layout/register_tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

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

#if HWY_TARGET != HWY_SCALAR

// As many rows of a strip, at most 256, as a first-level cache of 64 sets keeps a line of: each is read once for every
// kLanes columns.
std::int64_t strip_rows(std::int64_t source_stride) {
  constexpr std::int64_t kSets = 64;
  constexpr std::int64_t kKeptPerSet = 8;
  constexpr std::int64_t kMost = 256;
  if (source_stride % kLineBytes != 0) return kMost;
  return std::min(kMost, kKeptPerSet * kSets / std::gcd(kSets, source_stride / kLineBytes));
}

// The order `strips`, and what blocks do for target rows whose lines meet in the same sets of a cache, which cannot
// hold those of two groups: kLanes columns at a time, down many rows. The order `pairs`: two tiles, so that a source's
// line is read half as often, down four lines of rows.
template <int kWidth, bool kFetchesTarget, int kTiles>
class Strips {
 public:
  Strips(const Byte* source, Byte* target, const TransposeExtent& extent)
      : source_(source), target_(target), extent_(extent) {}

  void move() const {
    const std::int64_t step = kTiles == 1 ? std::max(strip_rows(extent_.source_stride), kTall) : 4 * kGroup<kWidth>;
    for (std::int64_t left = 0; left < extent_.columns; left += kTiles * kGroup<kWidth>) {
      const std::int64_t right = std::min(left + kTiles * kGroup<kWidth>, extent_.columns);
      for (std::int64_t top = 0; top < extent_.rows; top += step) {
        const std::int64_t bottom = std::min(top + step, extent_.rows);
        std::int64_t column = left;
        for (; column + kTiles * kStep <= right; column += kTiles * kStep) move_strip<kTiles>(column, top, bottom);
        for (; column < right; column += kStep) move_strip<1>(std::min(column, right - kStep), top, bottom);
      }
    }
  }

 private:
  static constexpr std::int64_t kStep = kLanes<kWidth>;
  static constexpr std::int64_t kTall = kBlocks * kStep;

  const Byte* source_at(std::int64_t row, std::int64_t column) const {
    return source_ + row * extent_.source_stride + column * kWidth;
  }
  Byte* target_at(std::int64_t row, std::int64_t column) const {
    return target_ + column * extent_.target_stride + row * kWidth;
  }

  void fetch(std::int64_t row, std::int64_t column) const {
    Byte* line = target_at(row, std::min(column, extent_.columns - kStep));
    for (std::int64_t i = 0; i < kStep; ++i) fetch_to_write(line + i * extent_.target_stride);
  }
  // Not inlined: a strip's addresses find no room in registers among those of its caller.
  template <int kAbreast>
  HWY_NOINLINE void move_strip(std::int64_t column, std::int64_t top, std::int64_t bottom) const {
    const std::int64_t source_stride = extent_.source_stride;
    const std::int64_t target_stride = extent_.target_stride;
    const Byte* read = source_at(top, column);
    Byte* write = target_at(top, column);
    std::int64_t row = top;
    for (; row + kTall <= bottom; row += kTall, read += kTall * source_stride, write += kTall * kWidth) {
      if constexpr (kFetchesTarget) {
        if (row + 2 * kTall <= bottom) {
          fetch(row + kTall, column);
        } else {
          fetch(top, column + kStep);
        }
      }
      tile<kWidth, kBlocks, false>(read, write, source_stride, target_stride);
      if constexpr (kAbreast == 2) {
        tile<kWidth, kBlocks, false>(read + 16, write + kStep * target_stride, source_stride, target_stride);
      }
    }
    for (; row < bottom; row += kStep) {
      const std::int64_t first = std::min(row, extent_.rows - kStep);
      for (std::int64_t i = column; i < column + kAbreast * kStep; i += kStep) {
        tile<kWidth, 1, false>(source_at(first, i), target_at(first, i), source_stride, target_stride);
      }
    }
  }

  const Byte* source_;
  Byte* target_;
  const TransposeExtent& extent_;
};

// As many columns as a tile has, and rows that follow each other without gaps: whole vectors hold kBlocks rows each, so
// that a tile's register j starts out as rows j*kBlocks, j*kBlocks+1, ... and its columns come out with their rows in
// that order, which one permutation puts right.
template <int kWidth>
void transpose_dense_columns(const Byte* source, Byte* target, const TransposeExtent& extent, bool fetches_target,
                             const LoopRange& batch) {
  constexpr std::int64_t kTall = kBlocks * kLanes<kWidth>;
  constexpr auto kSequence = std::make_index_sequence<static_cast<std::size_t>(kLanes<kWidth>)>();
  using T = typename UnsignedOf<kWidth>::Type;
  const BlocksTag<kBlocks> d;
  const hn::Repartition<T, decltype(d)> dt;
  alignas(64) T order[static_cast<std::size_t>(kTall)];
  for (std::int64_t row = 0; row < kTall; ++row) {
    order[row] = static_cast<T>(row % kBlocks * kLanes<kWidth> + row / kBlocks);
  }
  const auto indices = hn::SetTableIndices(dt, order);
  const Byte* waiting_source = nullptr;
  Byte* waiting_target = nullptr;
  const auto move_waiting = [&]() HWY_ATTR {
    if (waiting_source == nullptr) return;
    auto a = load_rows<kBlocks>(waiting_source, 16 * kBlocks, 16, kSequence);
    transpose_blocks<kWidth>(d, a);
    for (auto& column : a) column = hn::BitCast(d, hn::TableLookupLanes(hn::BitCast(dt, column), indices));
    store_columns<false>(d, a, waiting_target, extent.target_stride, kSequence);
  };
  for (LoopWalk at(batch); !at.is_over(); at.step()) {
    for (std::int64_t row = 0; row < extent.rows; row += kTall) {
      const std::int64_t first = std::min(row, extent.rows - kTall);
      Byte* next = target + at.target() + first * kWidth;
      for (std::int64_t i = 0; fetches_target && i < kLanes<kWidth>; ++i)
        fetch_to_write(next + i * extent.target_stride);
      move_waiting();
      waiting_source = source + at.source() + first * 16;
      waiting_target = next;
    }
  }
  move_waiting();
}

// Fewer columns than a tile has, out of rows that are longer: whole tiles, of which the columns wanted are stored.
template <int kWidth>
void transpose_few_columns(const Byte* source, Byte* target, const TransposeExtent& extent) {
  constexpr std::int64_t kTall = kBlocks * kLanes<kWidth>;
  constexpr auto kSequence = std::make_index_sequence<static_cast<std::size_t>(kLanes<kWidth>)>();
  const BlocksTag<kBlocks> d;
  // The last row may end where its columns do.
  const std::int64_t rows = (extent.rows - 1) / kTall * kTall;
  for (std::int64_t row = 0; row < rows; row += kTall) {
    auto a = load_rows<kBlocks>(source + row * extent.source_stride, extent.source_stride,
                                kLanes<kWidth> * extent.source_stride, kSequence);
    transpose_blocks<kWidth>(d, a);
    for (std::int64_t column = 0; column < extent.columns; ++column) {
      store<false>(a[static_cast<std::size_t>(column)], d, target + column * extent.target_stride + row * kWidth);
    }
  }
  transpose_scalar<kWidth>(source + rows * extent.source_stride, target + rows * kWidth,
                           {extent.rows - rows, extent.columns, extent.source_stride, extent.target_stride});
}

// As many lanes as `count` elements fill, of the running CPU's widest vectors or of 16 bytes: calls move(tag) with one
// of them, or answers false.
template <int kWidth, typename Move>
HWY_INLINE bool with_vectors_within(std::int64_t count, const Move& move) {
  using T = typename UnsignedOf<kWidth>::Type;
  const hn::ScalableTag<T> widest;
  const hn::CappedTag<T, static_cast<std::size_t>(kLanes<kWidth>)> block;
  if (count >= static_cast<std::int64_t>(hn::Lanes(widest))) {
    move(widest);
  } else if (count >= kLanes<kWidth>) {
    move(block);
  } else {
    return false;
  }
  return true;
}

// `rows` of 2, 3 or 4 become interleaved vectors of one dense target.
template <int kWidth>
void interleave_rows(const Byte* source, Byte* target, const TransposeExtent& extent) {
  const bool is_done = with_vectors_within<kWidth>(extent.columns, [&](auto d) HWY_ATTR {
    using T = hn::TFromD<decltype(d)>;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const auto row = [&](std::int64_t number, std::int64_t column) HWY_ATTR {
      return hn::LoadU(d, reinterpret_cast<const T*>(source + number * extent.source_stride + column * kWidth));
    };
    const auto move = [&](std::int64_t column) HWY_ATTR {
      T* to = reinterpret_cast<T*>(target + column * extent.target_stride);
      if (extent.rows == 2) {
        hn::StoreInterleaved2(row(0, column), row(1, column), d, to);
      } else if (extent.rows == 3) {
        hn::StoreInterleaved3(row(0, column), row(1, column), row(2, column), d, to);
      } else {
        hn::StoreInterleaved4(row(0, column), row(1, column), row(2, column), row(3, column), d, to);
      }
    };
    for (std::int64_t column = 0; column + lanes <= extent.columns; column += lanes) move(column);
    if (extent.columns % lanes != 0) move(extent.columns - lanes);
  });
  if (!is_done) transpose_scalar<kWidth>(source, target, extent);
}

// A vector with zeros behind it, kBytes long.
template <std::size_t kBytes, class D>
HWY_INLINE auto zero_extended(D d, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(d) >= kBytes) {
    return v;
  } else {
    const hn::CappedTag<Byte, 2 * hn::MaxLanes(d)> twice;
    return zero_extended<kBytes>(twice, hn::ZeroExtendVector(twice, v));
  }
}

// Rows joined by rows of zeros are interleaved in a buffer, out of which every record is one load, and a store of a
// whole line at best.
template <int kWidth, int kFoursOfRecord>
void transpose_to_records(const Byte* source, Byte* target, const TransposeExtent& extent) {
  constexpr std::size_t kFour = 4 * kWidth;
  constexpr std::size_t kRecord = kFoursOfRecord * kFour;
  const hn::CappedTag<Byte, kFour> four;
  const hn::CappedTag<Byte, kRecord> part;  // of a record, or all of it
  constexpr std::size_t kPart = hn::MaxLanes(part);
  alignas(64) Byte fours[4 * HWY_MAX_BYTES];
  const bool is_done = with_vectors_within<kWidth>(extent.columns, [&](auto d) HWY_ATTR {
    using T = hn::TFromD<decltype(d)>;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const auto move = [&](std::int64_t column) HWY_ATTR {
      const auto row = [&](std::int64_t number) HWY_ATTR {
        if (number >= extent.rows) return hn::Zero(d);
        return hn::LoadU(d, reinterpret_cast<const T*>(source + number * extent.source_stride + column * kWidth));
      };
      hn::StoreInterleaved4(row(0), row(1), row(2), row(3), d, reinterpret_cast<T*>(fours));
      Byte* to = target + column * static_cast<std::int64_t>(kRecord);
      for (std::int64_t i = 0; i < lanes; ++i, to += kRecord) {
        const auto record = hn::LoadU(four, fours + static_cast<std::size_t>(i) * kFour);
        hn::StoreU(zero_extended<kPart>(four, record), part, to);
        for (std::size_t rest = kPart; rest < kRecord; rest += kPart) hn::StoreU(hn::Zero(part), part, to + rest);
      }
    };
    for (std::int64_t column = 0; column + lanes <= extent.columns; column += lanes) move(column);
    if (extent.columns % lanes != 0) move(extent.columns - lanes);
  });
  if (is_done) return;
  std::memset(target, 0, kRecord * static_cast<std::size_t>(extent.columns));
  transpose_scalar<kWidth>(source, target, extent);
}

// The first `columns` of 2, 3 or 4 interleaved ones of a dense source become rows of the target.
template <int kWidth>
void separate_columns(const Byte* source, Byte* target, const TransposeExtent& extent) {
  const std::int64_t interleaved = extent.source_stride / kWidth;
  // The last row may end where its columns do.
  const std::int64_t rows = interleaved == extent.columns ? extent.rows : extent.rows - 1;
  const bool is_done = with_vectors_within<kWidth>(rows, [&](auto d) HWY_ATTR {
    using T = hn::TFromD<decltype(d)>;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const auto move = [&](std::int64_t row) HWY_ATTR {
      const T* from = reinterpret_cast<const T*>(source + row * extent.source_stride);
      const auto store_column = [&](hn::Vec<decltype(d)> v, std::int64_t column) HWY_ATTR {
        if (column >= extent.columns) return;
        hn::StoreU(v, d, reinterpret_cast<T*>(target + column * extent.target_stride + row * kWidth));
      };
      hn::Vec<decltype(d)> v0, v1, v2, v3;
      if (interleaved == 2) {
        hn::LoadInterleaved2(d, from, v0, v1);
      } else if (interleaved == 3) {
        hn::LoadInterleaved3(d, from, v0, v1, v2);
        store_column(v2, 2);
      } else {
        hn::LoadInterleaved4(d, from, v0, v1, v2, v3);
        store_column(v2, 2);
        store_column(v3, 3);
      }
      store_column(v0, 0);
      store_column(v1, 1);
    };
    for (std::int64_t row = 0; row + lanes <= rows; row += lanes) move(row);
    if (rows % lanes != 0) move(rows - lanes);
  });
  const std::int64_t first = is_done ? rows : 0;
  transpose_scalar<kWidth>(source + first * extent.source_stride, target + first * kWidth,
                           {extent.rows - first, extent.columns, extent.source_stride, extent.target_stride});
}

// One matrix that is too narrow for tiles, or lies badly in the cache.
template <int kWidth>
void transpose_odd(const Byte* source, Byte* target, const TransposeExtent& extent, bool fetches_target) {
  const auto is_few = [](std::int64_t n) { return n >= 2 && n <= 4; };
  const bool is_narrow = extent.columns < kLanes<kWidth>;
  if constexpr (kWidth <= 8) {
    if (is_few(extent.rows) && extent.target_stride == extent.rows * kWidth) {
      return interleave_rows<kWidth>(source, target, extent);
    }
    const std::int64_t interleaved = extent.source_stride / kWidth;
    if (is_narrow && is_few(interleaved) && extent.columns <= interleaved &&
        extent.source_stride == interleaved * kWidth) {
      return separate_columns<kWidth>(source, target, extent);
    }
  }
  if (is_narrow && extent.columns > 1 && extent.source_stride >= 16 && extent.rows > kBlocks * kLanes<kWidth>) {
    return transpose_few_columns<kWidth>(source, target, extent);
  }
  if (is_narrow || extent.rows < kLanes<kWidth>) return transpose_scalar<kWidth>(source, target, extent);
  if (fetches_target) return Strips<kWidth, true, 1>(source, target, extent).move();
  Strips<kWidth, false, 1>(source, target, extent).move();
}

#endif  // HWY_TARGET != HWY_SCALAR

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#endif  // HETSCOPE_ODD_TRANSPOSES_TOGGLE

// The fused product with a single column of B, where vectors of columns would use one lane of each: the eight rows of a
// group are the lanes, and their elements of B are gathered from the column's part in a block of K, which is in the
// first-level cache (at most 320 floats). A's order is the same, and so is the order of the additions of each row.
//
//   slot of eight rows: 8 indices and 8 values loaded, 8 elements of B gathered, one multiply-add
//
// Where the instruction set has no gathers of eight, rows are taken one by one. What limits it: the gathers, then the
// reading of A (4.3 to 6 bytes a slot). Compiled once for each instruction set, behind the types of
// series_matmul_elements-inl.hpp.
#if defined(HETSCOPE_SERIES_MATMUL_COLUMN_TOGGLE) == defined(HWY_TARGET_TOGGLE)
#ifdef HETSCOPE_SERIES_MATMUL_COLUMN_TOGGLE
#undef HETSCOPE_SERIES_MATMUL_COLUMN_TOGGLE
#else
#define HETSCOPE_SERIES_MATMUL_COLUMN_TOGGLE
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "kernels/sparse/series_matmul_elements-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

// The sums of a group's eight rows, and what is added to them: a row of B for all, one for each pair, or one for each.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
class GroupSums {
 public:
  HWY_INLINE explicit GroupSums(const float* from) : sums_(hn::Load(Values(), from)) {}
  HWY_INLINE void put(float* to) const { hn::Store(sums_, Values(), to); }

  HWY_INLINE void add_shared(const float* column, const std::uint16_t* b_row, const float* values) {
    add(hn::Set(Values(), column[*b_row]), values);
  }
  HWY_INLINE void add_common(const float* column, const std::uint16_t* b_rows, const float* values) {
    const hn::FixedTag<std::uint16_t, 8> d;
    const auto four = hn::ZeroExtendVector(d, hn::LoadU(hn::Half<decltype(d)>(), b_rows));
    gather(column, hn::InterleaveLower(d, four, four), values);
  }
  HWY_INLINE void add_alone(const float* column, const std::uint16_t* b_rows, const float* values) {
    gather(column, hn::LoadU(hn::FixedTag<std::uint16_t, 8>(), b_rows), values);
  }

 private:
  using Values = hn::FixedTag<float, 8>;

  HWY_INLINE void add(hn::Vec<Values> x, const float* values) {
    sums_ = hn::MulAdd(hn::LoadU(Values(), values), x, sums_);
  }
  template <class Rows>
  HWY_INLINE void gather(const float* column, Rows b_rows, const float* values) {
    add(hn::GatherIndex(Values(), column, hn::PromoteTo(hn::FixedTag<std::int32_t, 8>(), b_rows)), values);
  }

  hn::Vec<Values> sums_;
};
#else
class GroupSums {
 public:
  HWY_INLINE explicit GroupSums(const float* from) {
    for (int r = 0; r < kGroup; ++r) sums_[r] = hn::Set(One(), from[r]);
  }
  HWY_INLINE void put(float* to) const {
    for (int r = 0; r < kGroup; ++r) to[r] = hn::GetLane(sums_[r]);
  }

  HWY_INLINE void add_shared(const float* column, const std::uint16_t* b_row, const float* values) {
    for (int r = 0; r < kGroup; ++r) add(r, column[*b_row], values[r]);
  }
  HWY_INLINE void add_common(const float* column, const std::uint16_t* b_rows, const float* values) {
    for (int r = 0; r < kGroup; ++r) add(r, column[b_rows[r / 2]], values[r]);
  }
  HWY_INLINE void add_alone(const float* column, const std::uint16_t* b_rows, const float* values) {
    for (int r = 0; r < kGroup; ++r) add(r, column[b_rows[r]], values[r]);
  }

 private:
  using One = hn::CappedTag<float, 1>;

  HWY_INLINE void add(int r, float x, float value) {
    sums_[r] = hn::MulAdd(hn::Set(One(), value), hn::Set(One(), x), sums_[r]);
  }

  hn::Vec<One> sums_[kGroup];
};
#endif

// Row by row behind what the rows of a group have in equal number.
HWY_INLINE void add_rest(const Group& group, const float* column, const std::uint16_t* b_rows, const float* values,
                         float* sums) {
  const hn::CappedTag<float, 1> one;
  for (int r = 0; r < kGroup; ++r) {
    auto sum = hn::Set(one, sums[r]);
    for (std::int32_t i = 0; i < group.rest[r]; ++i) {
      sum = hn::MulAdd(hn::Set(one, *values++), hn::Set(one, column[*b_rows++]), sum);
    }
    sums[r] = hn::GetLane(sum);
  }
}

// `sums`: of the eight rows, before and after.
HWY_INLINE void add_group(const FusedSeries& a, const Group& group, const float* column, float* sums) {
  const std::uint16_t* b_rows = a.b_rows() + group.first_b_row;
  const float* values = a.values() + group.first_value;
  const float* const shared_end = values + std::int64_t{group.shared} * kGroup;
  const float* const common_end = shared_end + std::int64_t{group.common} * kGroup;
  const float* const alone_end = common_end + std::int64_t{group.alone} * kGroup;
  GroupSums all(sums);
  for (; values != shared_end; ++b_rows, values += kGroup) all.add_shared(column, b_rows, values);
  for (; values != common_end; b_rows += kGroup / 2, values += kGroup) all.add_common(column, b_rows, values);
  for (; values != alone_end; b_rows += kGroup, values += kGroup) all.add_alone(column, b_rows, values);
  all.put(sums);
  if (group.rest_of_all > 0) add_rest(group, column, b_rows, values, sums);
}

// The block's part of the column in f32, in `order` where it is not nullptr.
template <class E>
void pack_column(const typename E::In* b, const std::int32_t* order, std::int64_t rows, float* column) {
  HWY_ALIGN typename E::In next[kLanes] = {};
  for (std::int64_t k = 0; k < rows; k += kLanes) {
    const std::int64_t count = std::min(kLanes, rows - k);
    for (std::int64_t i = 0; i < count; ++i) next[i] = b[order == nullptr ? k + i : order[k + i]];
    hn::StoreU(E::load(next), F32(), column + k);
  }
}

// Else in f32 within a block of K, and from block to block in integers.
template <class E>
constexpr bool kAddsInF32 = std::is_same_v<typename E::Sum, float>;

// One block of K of the groups [begin, end); `waiting` are the sums of the rows from `first_row` on.
template <class E>
void add_block(const FusedSeries& a, const Group* begin, const Group* end, const float* column, std::int64_t first_row,
               typename E::Sum* waiting) {
  for (const Group* group = begin; group != end; ++group) {
    HWY_ALIGN float sums[kGroup] = {};
    if constexpr (kAddsInF32<E>) {
      for (int r = 0; r < kGroup; ++r) {
        if (group->rows[r] >= 0) sums[r] = waiting[group->rows[r] - first_row];
      }
    }
    add_group(a, *group, column, sums);
    for (int r = 0; r < kGroup; ++r) {
      if (group->rows[r] < 0) continue;
      typename E::Sum& to = waiting[group->rows[r] - first_row];
      if constexpr (kAddsInF32<E>) {
        to = sums[r];
      } else {
        // Without a sign, so that it may overflow.
        to = static_cast<std::int32_t>(static_cast<std::uint32_t>(to) +
                                       static_cast<std::uint32_t>(static_cast<std::int32_t>(sums[r])));
      }
    }
  }
}

template <class E>
void write_sums(const typename E::Sum* sums, std::int64_t rows, typename E::Out* c) {
  HWY_ALIGN typename E::Sum from[kLanes] = {};
  HWY_ALIGN typename E::Out to[kLanes];
  for (std::int64_t row = 0; row < rows; row += kLanes) {
    const std::int64_t count = std::min(kLanes, rows - row);
    std::copy_n(sums + row, count, from);
    E::store(hn::Load(F32(), from), nullptr, to);
    std::copy_n(to, count, c + row);
  }
}

// Rows of bands [band_begin, band_end) of the only column. Sums wait in C where it has their type.
template <class E>
void multiply_column(const Share<E>& s) {
  constexpr bool kWaitsInC = std::is_same_v<typename E::Sum, typename E::Out>;
  const std::int64_t bands = kWaitsInC ? s.band_end - s.band_begin : kChunkBands;
  for (std::int64_t band = s.band_begin; band < s.band_end; band += bands) {
    const std::int64_t end = std::min(band + bands, s.band_end);
    const std::int64_t first_row = band * FusedSeries::kBandRows;
    const std::int64_t rows = std::min(end * FusedSeries::kBandRows, s.a.rows()) - first_row;
    typename E::Sum* waiting;
    if constexpr (kWaitsInC) {
      waiting = s.c + first_row;
    } else {
      waiting = s.sums;
    }
    std::fill_n(waiting, rows, typename E::Sum{});
    for (std::int64_t block = 0; block < s.a.k_blocks(); ++block) {
      const std::int32_t* order = s.a.b_order_of(block);
      pack_column<E>(order == nullptr ? s.b + block * s.a.block_k() : s.b, order, s.a.b_rows_of(block), s.panel);
      const Group* const groups = s.a.groups_of(block);
      add_block<E>(s.a, groups + s.a.first_group(band), groups + s.a.first_group(end), s.panel, first_row, waiting);
    }
    if constexpr (!kWaitsInC) write_sums<E>(waiting, rows, s.c + first_row);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#endif  // HETSCOPE_SERIES_MATMUL_COLUMN_TOGGLE

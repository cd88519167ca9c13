// The inner loop for the common patterns, for every instruction set of the build, chosen at run time. A vector holds
// one position of as many blocks as it has lanes, so that a block never crosses lanes and the code does not know the
// width:
//   position j:  [ block 0, block 1, block 2, ... ]      (LoadInterleaved4 for M = 4, two of them for M = 8)
// The N largest come out one at a time: a running maximum over the M positions, its index and its value; the winner's
// position is zeroed. Traffic: row read and written once, N values and N bytes per block written.
#include "kernels/sparse/decompose_row.hpp"

#include <algorithm>
#include <bit>

#include "kernels/sized_vectors.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sparse/decompose_row_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/dense/half_lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR
using F32 = hn::ScalableTag<float>;
using I32 = hn::RebindToSigned<F32>;
using VF = hn::Vec<F32>;
using VI = hn::Vec<I32>;

// Exchanges the odd lanes of `low` with the even lanes of `high`; its own inverse. It turns two vectors of half blocks
// (low half, high half, low half, ...) into one of low halves and one of high halves, the blocks of the first vector in
// the even lanes.
HWY_INLINE void exchange_halves(VF& low, VF& high) {
  const VF lows = hn::OddEven(hn::DupEven(high), low);
  high = hn::OddEven(high, hn::DupOdd(low));
  low = lows;
}

template <int M>
HWY_INLINE void load_blocks(const float* row, VF (&v)[M]) {
  const F32 df;
  hn::LoadInterleaved4(df, row, v[0], v[1], v[2], v[3]);
  if constexpr (M == 8) {
    hn::LoadInterleaved4(df, row + 4 * hn::Lanes(df), v[4], v[5], v[6], v[7]);
    for (int j = 0; j < 4; ++j) exchange_halves(v[j], v[j + 4]);
  }
}

template <int M>
HWY_INLINE void store_blocks(VF (&v)[M], float* row) {
  const F32 df;
  if constexpr (M == 8) {
    for (int j = 0; j < 4; ++j) exchange_halves(v[j], v[j + 4]);
    hn::StoreInterleaved4(v[4], v[5], v[6], v[7], df, row + 4 * hn::Lanes(df));
  }
  hn::StoreInterleaved4(v[0], v[1], v[2], v[3], df, row);
}

// Lanes in the order of the blocks in memory.
template <int M, class D, class V>
HWY_INLINE V in_block_order(D d, V v) {
  if constexpr (M == 8) return hn::ConcatLowerLower(d, hn::ConcatOdd(d, v, v), hn::ConcatEven(d, v, v));
  return v;
}

// Takes the largest magnitude out of `v`; index M where nothing but zeros is left.
template <int M>
HWY_INLINE void take_largest(VF (&v)[M], VF& value, VI& index) {
  const F32 df;
  const I32 di;
  const VI magnitude_bits = hn::Set(di, 0x7fffffff);
  value = v[0];
  VI best = hn::And(hn::BitCast(di, v[0]), magnitude_bits);
  index = hn::Zero(di);
  HWY_UNROLL(8) for (int j = 1; j < M; ++j) {
    const VI key = hn::And(hn::BitCast(di, v[j]), magnitude_bits);
    const auto larger = hn::Gt(key, best);
    best = hn::IfThenElse(larger, key, best);
    index = hn::IfThenElse(larger, hn::Set(di, j), index);
    value = hn::IfThenElse(hn::RebindMask(df, larger), v[j], value);
  }
  const auto empty = hn::Eq(best, hn::Zero(di));
  index = hn::IfThenElse(empty, hn::Set(di, M), index);
  value = hn::IfThenZeroElse(hn::RebindMask(df, empty), value);
  HWY_UNROLL(8) for (int j = 0; j < M; ++j) {
    v[j] = hn::IfThenZeroElse(hn::RebindMask(df, hn::Eq(index, hn::Set(di, j))), v[j]);
  }
}

HWY_INLINE void order(VF& value_a, VI& index_a, VF& value_b, VI& index_b) {
  const F32 df;
  const auto swap = hn::Gt(index_a, index_b);
  const auto swap_values = hn::RebindMask(df, swap);
  const VI index = index_a;
  const VF value = value_a;
  index_a = hn::IfThenElse(swap, index_b, index_a);
  value_a = hn::IfThenElse(swap_values, value_b, value_a);
  index_b = hn::IfThenElse(swap, index, index_b);
  value_b = hn::IfThenElse(swap_values, value, value_b);
}

// One vector of indices per slot, as N consecutive bytes per block. Empty (M, a power of two) becomes 0.
template <int N, int M>
HWY_INLINE void store_indices(VI (&index)[N], std::uint8_t* to) {
  const I32 di;
  const VI in_block = hn::Set(di, M - 1);
  VI bytes = hn::And(index[0], in_block);
  if constexpr (N >= 2) bytes = hn::Or(bytes, hn::ShiftLeft<8>(hn::And(index[1], in_block)));
  if constexpr (N == 4) {
    bytes = hn::Or(bytes, hn::ShiftLeft<16>(hn::And(index[2], in_block)));
    bytes = hn::Or(bytes, hn::ShiftLeft<24>(hn::And(index[3], in_block)));
  }
  bytes = in_block_order<M>(di, bytes);
  if constexpr (N == 1) {
    const hn::Rebind<std::uint8_t, I32> d8;
    hn::StoreU(hn::DemoteTo(d8, bytes), d8, to);
  } else if constexpr (N == 2) {
    const hn::Rebind<std::uint16_t, I32> d16;
    const hn::Repartition<std::uint8_t, decltype(d16)> d8;
    hn::StoreU(hn::BitCast(d8, hn::DemoteTo(d16, bytes)), d8, to);
  } else {
    const hn::Repartition<std::uint8_t, I32> d8;
    hn::StoreU(hn::BitCast(d8, bytes), d8, to);
  }
}

// Returns how many blocks were done: a multiple of the lanes.
template <int N, int M>
std::int64_t whole_vectors(float* row, std::int64_t blocks, float* values, std::uint8_t* indices) {
  const F32 df;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(df));
  std::int64_t b = 0;
  for (; b + lanes <= blocks; b += lanes) {
    VF v[M];
    load_blocks<M>(row + b * M, v);
    VF value[N];
    VI index[N];
    HWY_UNROLL(4) for (int s = 0; s < N; ++s) take_largest<M>(v, value[s], index[s]);
    store_blocks<M>(v, row + b * M);
    if constexpr (N == 2) order(value[0], index[0], value[1], index[1]);
    if constexpr (N == 4) {
      order(value[0], index[0], value[1], index[1]);
      order(value[2], index[2], value[3], index[3]);
      order(value[0], index[0], value[2], index[2]);
      order(value[1], index[1], value[3], index[3]);
      order(value[1], index[1], value[2], index[2]);
    }
    store_indices<N, M>(index, indices + b * N);
    HWY_UNROLL(4) for (int s = 0; s < N; ++s) value[s] = in_block_order<M>(df, value[s]);
    if constexpr (N == 1) hn::StoreU(value[0], df, values + b);
    if constexpr (N == 2) hn::StoreInterleaved2(value[0], value[1], df, values + b * 2);
    if constexpr (N == 4) hn::StoreInterleaved4(value[0], value[1], value[2], value[3], df, values + b * 4);
  }
  return b;
}

std::int64_t simd_blocks(NmPattern pattern, float* row, std::int64_t blocks, float* values, std::uint8_t* indices) {
  if (pattern == NmPattern{1, 4}) return whole_vectors<1, 4>(row, blocks, values, indices);
  if (pattern == NmPattern{2, 4}) return whole_vectors<2, 4>(row, blocks, values, indices);
  if (pattern == NmPattern{1, 8}) return whole_vectors<1, 8>(row, blocks, values, indices);
  if (pattern == NmPattern{2, 8}) return whole_vectors<2, 8>(row, blocks, values, indices);
  if (pattern == NmPattern{4, 8}) return whole_vectors<4, 8>(row, blocks, values, indices);
  return 0;
}
#else
std::int64_t simd_blocks(NmPattern, float*, std::int64_t, float*, std::uint8_t*) { return 0; }
#endif

template <class T>
HWY_INLINE bool copy_finite(const T* in, float* out, std::int64_t count) {
  const hn::ScalableTag<float> df;
  const hn::RebindToSigned<decltype(df)> di;
  const auto magnitude_bits = hn::Set(di, 0x7fffffff);
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(df));
  auto largest = hn::Zero(di);
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto v = load_lanes(df, in + i);
    largest = hn::Max(largest, hn::And(hn::BitCast(di, v), magnitude_bits));
    hn::StoreU(v, df, out + i);
  }
  std::int32_t rest = 0;
  for (; i < count; ++i) {
    out[i] = widened(in[i]);
    rest = std::max(rest, std::bit_cast<std::int32_t>(out[i]) & 0x7fffffff);
  }
  constexpr std::int32_t kInfinity = 0x7f800000;
  return rest < kInfinity && hn::AllTrue(di, hn::Lt(largest, hn::Set(di, kInfinity)));
}

bool copy_finite_floats(const float* in, float* out, std::int64_t count) { return copy_finite(in, out, count); }

bool widen_finite_halves(const std::uint16_t* in, float* out, std::int64_t count) {
  return copy_finite(in, out, count);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {
namespace {
HWY_EXPORT(simd_blocks);
HWY_EXPORT(copy_finite_floats);
HWY_EXPORT(widen_finite_halves);
}  // namespace

void decompose_row(NmPattern pattern, float* row, std::int64_t blocks, float* values, std::uint8_t* indices) {
  const std::int64_t done = HWY_DYNAMIC_DISPATCH(simd_blocks)(pattern, row, blocks, values, indices);
  decompose_row_generic(pattern, row + done * pattern.m, blocks - done, values + done * pattern.n,
                        indices + done * pattern.n);
}

bool copy_finite_f32(const float* in, float* out, std::int64_t count) {
  return HWY_DYNAMIC_DISPATCH(copy_finite_floats)(in, out, count);
}

bool widen_finite_f16(const std::uint16_t* in, float* out, std::int64_t count) {
  return HWY_DYNAMIC_DISPATCH(widen_finite_halves)(in, out, count);
}

void widen_i8(const std::int8_t* in, float* out, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = in[i];
}

}  // namespace hetscope
#endif

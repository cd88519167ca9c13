// Types of the fused product: what B's and C's elements are, and how they become lanes of f32. Compiled once for each
// instruction set.
#if defined(HETSCOPE_SERIES_MATMUL_ELEMENTS_TOGGLE) == defined(HWY_TARGET_TOGGLE)
#ifdef HETSCOPE_SERIES_MATMUL_ELEMENTS_TOGGLE
#undef HETSCOPE_SERIES_MATMUL_ELEMENTS_TOGGLE
#else
#define HETSCOPE_SERIES_MATMUL_ELEMENTS_TOGGLE
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "kernels/dense/half_lanes-inl.hpp"
#include "kernels/sparse/series_matmul_share.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
using VF = hn::Vec<F32>;
using Group = FusedSeries::Group;
template <class E>
using Share = SeriesMatmulShare<typename E::In, typename E::Out>;

constexpr std::int64_t kLanes = hn::MaxLanes(F32());
constexpr int kGroup = static_cast<int>(FusedSeries::kGroupRows);

// What B's and C's elements are. Whatever they are, the packed panel, A's values and the multiply-adds are f32.
//   load    lanes of B in f32
//   begin   what a tile's sums start from, given those of the blocks before
//   store   a tile's sums, with those of the blocks before where begin() did not take them, into the waiting sums or C
struct F32Elements {
  using In = float;
  using Sum = float;
  using Out = float;
  static constexpr bool kReadsInPlace = true;
  static HWY_INLINE VF load(const float* from) { return hn::LoadU(F32(), from); }
  static HWY_INLINE VF begin(const float* before) { return hn::Load(F32(), before); }
  static HWY_INLINE void store(VF sums, const float*, float* to) { hn::StoreU(sums, F32(), to); }
};

// Stored in 16 bits, summed in f32, rounded once.
struct F16Elements {
  using In = std::uint16_t;  // binary16 bits
  using Sum = float;
  using Out = std::uint16_t;
  static constexpr bool kReadsInPlace = false;
  static HWY_INLINE VF load(const In* from) { return load_halves(F32(), from); }
  static HWY_INLINE VF begin(const float* before) { return hn::Load(F32(), before); }
  static HWY_INLINE void store(VF sums, const float*, float* to) { hn::StoreU(sums, F32(), to); }
  static HWY_INLINE void store(VF sums, const float*, Out* to) { store_halves(F32(), sums, to); }
};

// Integers whose sums are exact: within a block of K in f32, which holds all integers up to 2^24 (a block has at most
// kMaxBlockK + kMaxM products of at most 2^14), and from block to block in i32.
struct I8Elements {
  using In = std::int8_t;
  using Sum = std::int32_t;
  using Out = std::int32_t;
  using I32 = hn::Rebind<std::int32_t, F32>;
  using Bytes = hn::Rebind<std::int8_t, F32>;
  static constexpr bool kReadsInPlace = false;
  static_assert((FusedSeries::kMaxBlockK + NmPattern::kMaxM) * 128 * 128 < 1 << 24);
  static HWY_INLINE VF load(const In* from) {
    return hn::ConvertTo(F32(), hn::PromoteTo(I32(), hn::LoadU(Bytes(), from)));
  }
  static HWY_INLINE VF begin(const Sum*) { return hn::Zero(F32()); }
  static HWY_INLINE void store(VF sums, const Sum* before, Out* to) {
    const auto whole = hn::ConvertTo(I32(), sums);
    hn::StoreU(before == nullptr ? whole : hn::Add(whole, hn::Load(I32(), before)), I32(), to);
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#endif  // HETSCOPE_SERIES_MATMUL_ELEMENTS_TOGGLE

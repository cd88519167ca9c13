// Lanes of f32 from and to binary16 in memory, exact one way, rounded to the nearest the other, on every instruction
// set: where there is no instruction for it, Highway's own conversions know no infinity and cut off. Compiled once for
// each instruction set.
#if defined(HETSCOPE_HALF_LANES_TOGGLE) == defined(HWY_TARGET_TOGGLE)
#ifdef HETSCOPE_HALF_LANES_TOGGLE
#undef HETSCOPE_HALF_LANES_TOGGLE
#else
#define HETSCOPE_HALF_LANES_TOGGLE
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "harness/tensor/dtype.hpp"

#undef HETSCOPE_HAS_HALF_INSTRUCTIONS
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SSSE3 || HWY_TARGET == HWY_SSE4
#define HETSCOPE_HAS_HALF_INSTRUCTIONS 0
#else
#define HETSCOPE_HAS_HALF_INSTRUCTIONS 1
#endif

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

// As many lanes as D has, not aligned.
template <class D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> load_halves(D d, const std::uint16_t* from) {
  namespace hn = hwy::HWY_NAMESPACE;
#if HETSCOPE_HAS_HALF_INSTRUCTIONS
  const hn::Rebind<hwy::float16_t, D> half;
  return hn::PromoteTo(d, hn::LoadU(half, reinterpret_cast<const hwy::float16_t*>(from)));
#else
  // The bits in their places of binary32, and the exponents' biases, 112 apart, by an exact product, after which
  // numbers below binary16's normal ones are normal.
  const hn::RebindToUnsigned<D> bits_of;
  const auto word = [&](std::uint32_t value) { return hn::Set(bits_of, value); };
  const auto bits = hn::PromoteTo(bits_of, hn::LoadU(hn::Rebind<std::uint16_t, D>(), from));
  const auto magnitude = hn::BitCast(d, hn::ShiftLeft<13>(hn::And(bits, word(0x7FFF))));
  const auto scaled = hn::BitCast(bits_of, hn::Mul(magnitude, hn::Set(d, 0x1p112F)));
  const auto sign = hn::ShiftLeft<16>(hn::And(bits, word(0x8000)));
  const auto is_finite = hn::Lt(hn::BitCast(hn::RebindToSigned<D>(), hn::And(bits, word(0x7FFF))),
                                hn::Set(hn::RebindToSigned<D>(), 0x7C00));
  const auto infinite = hn::Or(scaled, word(0x7F800000));
  return hn::BitCast(d, hn::Or(hn::IfThenElse(hn::RebindMask(bits_of, is_finite), scaled, infinite), sign));
#endif
}

// Ties to even; what is too large becomes infinite.
template <class D>
HWY_INLINE void store_halves([[maybe_unused]] D d, hwy::HWY_NAMESPACE::Vec<D> values, std::uint16_t* to) {
  namespace hn = hwy::HWY_NAMESPACE;
#if !HETSCOPE_HAS_HALF_INSTRUCTIONS
  const hn::RebindToUnsigned<D> bits_of;
  const hn::Rebind<std::uint16_t, D> half;
  const auto word = [&](std::uint32_t value) { return hn::Set(bits_of, value); };
  const auto magnitude = hn::Abs(values);
  const auto bits = hn::BitCast(bits_of, magnitude);
  const auto sign = hn::And(hn::ShiftRight<16>(hn::BitCast(bits_of, values)), word(0x8000));
  // Half a unit of the last of 10 bits less one in 2^12, and one more where that bit is set; the exponents' biases
  // differ by 112.
  const auto odd = hn::And(hn::ShiftRight<13>(bits), word(1));
  const auto normal = hn::ShiftRight<13>(hn::Sub(hn::Add(hn::Add(bits, odd), word(0xFFF)), word(112U << 23)));
  // Between 1/2 and 1 a unit of f32's last place is 2^-24, the smallest half; the addition rounds.
  const auto half_one = hn::Set(d, 0.5F);
  const auto tiny = hn::Sub(hn::BitCast(bits_of, hn::Add(magnitude, half_one)), hn::BitCast(bits_of, half_one));
  const auto is_tiny = hn::RebindMask(bits_of, hn::Lt(magnitude, hn::Set(d, 0x1p-14F)));
  const auto is_finite = hn::RebindMask(bits_of, hn::Lt(magnitude, hn::Set(d, 65520.0F)));
  const auto is_number = hn::RebindMask(bits_of, hn::Eq(values, values));
  const auto large = hn::IfThenElse(is_number, word(0x7C00), word(0x7E00));
  const auto result = hn::IfThenElse(is_finite, hn::IfThenElse(is_tiny, tiny, normal), large);
  const hn::RebindToSigned<decltype(bits_of)> signed_of;
  hn::StoreU(hn::DemoteTo(half, hn::BitCast(signed_of, hn::Or(result, sign))), half, to);
#else
  const hn::Rebind<hwy::float16_t, D> half;
  hn::StoreU(hn::DemoteTo(half, values), half, reinterpret_cast<hwy::float16_t*>(to));
#endif
}

// The same names for both types, so that one loop serves f32, too.
template <class D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> load_lanes(D d, const float* from) {
  return hwy::HWY_NAMESPACE::LoadU(d, from);
}
template <class D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> load_lanes(D d, const std::uint16_t* from) {
  return load_halves(d, from);
}
template <class D>
HWY_INLINE void store_lanes(D d, hwy::HWY_NAMESPACE::Vec<D> values, float* to) {
  hwy::HWY_NAMESPACE::StoreU(values, d, to);
}
template <class D>
HWY_INLINE void store_lanes(D d, hwy::HWY_NAMESPACE::Vec<D> values, std::uint16_t* to) {
  store_halves(d, values, to);
}
// One element.
HWY_INLINE float widened(float value) { return value; }
HWY_INLINE float widened(std::uint16_t bits) { return f32_from_f16(bits); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#endif  // HETSCOPE_HALF_LANES_TOGGLE

// Activations of vectors of f32, and a loop over elements in memory that are f32 or binary16. Compiled once for each
// instruction set.
#if defined(HETSCOPE_ACTIVATION_LANES_TOGGLE) == defined(HWY_TARGET_TOGGLE)
#ifdef HETSCOPE_ACTIVATION_LANES_TOGGLE
#undef HETSCOPE_ACTIVATION_LANES_TOGGLE
#else
#define HETSCOPE_ACTIVATION_LANES_TOGGLE
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

#include "kernels/dense/half_lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

struct ReluLanes {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    namespace hn = hwy::HWY_NAMESPACE;
    return hn::Max(x, hn::Zero(d));
  }
};

// 1 - erf(z) of z >= 0, wrong by at most 1.5e-7 before rounding: Abramowitz and Stegun, Handbook of Mathematical
// Functions (1964), 7.1.26, after Hastings. That is two and a half units of f32's last place at 1.
template <class D, class V>
HWY_INLINE V complementary_error(D d, V z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const auto one = hn::Set(d, 1.0F);
  const auto t = hn::Div(one, hn::MulAdd(hn::Set(d, 0.3275911F), z, one));
  auto sum = hn::MulAdd(hn::Set(d, 1.061405429F), t, hn::Set(d, -1.453152027F));
  sum = hn::MulAdd(sum, t, hn::Set(d, 1.421413741F));
  sum = hn::MulAdd(sum, t, hn::Set(d, -0.284496736F));
  sum = hn::MulAdd(sum, t, hn::Set(d, 0.254829592F));
  return hn::Mul(hn::Mul(sum, t), hn::Exp(d, hn::Neg(hn::Mul(z, z))));
}

// x Phi(x) as max(x, 0) - |x| (1 - erf(|x| / sqrt(2))) / 2: nothing is lost to cancellation on either side of zero.
struct GeluLanes {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    namespace hn = hwy::HWY_NAMESPACE;
    const auto magnitude = hn::Abs(x);
    const auto tail = complementary_error(d, hn::Mul(magnitude, hn::Set(d, 0.70710678F)));
    return hn::NegMulAdd(hn::Mul(magnitude, hn::Set(d, 0.5F)), tail, hn::Max(x, hn::Zero(d)));
  }
};

// The exponential is never that of a number above zero, so that it never overflows.
struct SiluLanes {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    namespace hn = hwy::HWY_NAMESPACE;
    const auto one = hn::Set(d, 1.0F);
    const auto power = hn::Exp(d, hn::Neg(hn::Abs(x)));
    const auto numerator = hn::Mul(x, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), power, one));
    return hn::Div(numerator, hn::Add(one, power));
  }
};

// out[i] = function(in[i]) in f32, for T float or std::uint16_t (the bits of a binary16). Both may be the same memory.
// The last elements are padded to a vector: what becomes of an element does not depend on its place.
template <class T, class Function>
HWY_INLINE void for_each_lane(const T* in, T* out, std::int64_t count, Function function) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t at = 0;
  for (; at + lanes <= count; at += lanes) store_lanes(d, function(d, load_lanes(d, in + at)), out + at);
  if (at == count) return;
  HWY_ALIGN T rest[hn::MaxLanes(hn::ScalableTag<float>())] = {};
  std::copy_n(in + at, count - at, rest);
  store_lanes(d, function(d, load_lanes(d, rest)), rest);
  std::copy_n(rest, count - at, out + at);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#endif  // HETSCOPE_ACTIVATION_LANES_TOGGLE

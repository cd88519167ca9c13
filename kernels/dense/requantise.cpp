// Whole vectors, then the rest one by one.
#include "kernels/dense/requantise.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/dense/requantise.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

void requantise_sums(const std::int32_t* sums, std::size_t count, float factor, std::int8_t* to) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> whole;
  const hn::Rebind<std::int8_t, decltype(d)> byte;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto steps = hn::Mul(hn::ConvertTo(d, hn::LoadU(whole, sums + i)), hn::Set(d, factor));
    hn::StoreU(hn::DemoteTo(byte, hn::NearestInt(steps)), byte, to + i);
  }
  for (; i < count; ++i) {
    const float steps = std::nearbyint(static_cast<float>(sums[i]) * factor);
    to[i] = static_cast<std::int8_t>(std::clamp(steps, -128.0F, 127.0F));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {
namespace {
HWY_EXPORT(requantise_sums);
}  // namespace

void requantise(std::span<const std::int32_t> sums, float factor, std::int8_t* to) {
  HWY_DYNAMIC_DISPATCH(requantise_sums)(sums.data(), sums.size(), factor, to);
}

}  // namespace hetscope
#endif  // HWY_ONCE

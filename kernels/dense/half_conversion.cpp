// Whole vectors, then the rest as one more that is padded.
#include "kernels/dense/half_conversion.hpp"

#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/dense/half_conversion.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/dense/half_lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Float = hn::ScalableTag<float>;

void widen(const std::uint16_t* bits, std::size_t count, float* to) {
  const std::size_t lanes = hn::Lanes(Float());
  const auto one = [](const std::uint16_t* from, float* target) {
    hn::StoreU(load_halves(Float(), from), Float(), target);
  };
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) one(bits + i, to + i);
  if (i == count) return;
  HWY_ALIGN std::uint16_t in[hn::MaxLanes(Float())] = {};
  HWY_ALIGN float out[hn::MaxLanes(Float())];
  for (std::size_t j = i; j < count; ++j) in[j - i] = bits[j];
  one(in, out);
  for (std::size_t j = i; j < count; ++j) to[j] = out[j - i];
}

void round(const float* values, std::size_t count, std::uint16_t* bits) {
  const std::size_t lanes = hn::Lanes(Float());
  const auto one = [](const float* from, std::uint16_t* target) {
    store_halves(Float(), hn::LoadU(Float(), from), target);
  };
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) one(values + i, bits + i);
  if (i == count) return;
  HWY_ALIGN float in[hn::MaxLanes(Float())] = {};
  HWY_ALIGN std::uint16_t out[hn::MaxLanes(Float())];
  for (std::size_t j = i; j < count; ++j) in[j - i] = values[j];
  one(in, out);
  for (std::size_t j = i; j < count; ++j) bits[j] = out[j - i];
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {
namespace {
HWY_EXPORT(widen);
HWY_EXPORT(round);
}  // namespace

void widen_halves(std::span<const std::uint16_t> bits, float* to) {
  HWY_DYNAMIC_DISPATCH(widen)(bits.data(), bits.size(), to);
}

void round_to_halves(std::span<const float> values, std::uint16_t* bits) {
  HWY_DYNAMIC_DISPATCH(round)(values.data(), values.size(), bits);
}

}  // namespace hetscope
#endif

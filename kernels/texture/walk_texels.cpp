// One loop for each pattern and element type; sums of f32 are taken out before they could round.
#include "kernels/texture/walk_texels.hpp"

#include "kernels/sized_vectors.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/texture/walk_texels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Part = hn::CappedTag<float, kTexelLanes>;
using HalfPart = hn::Rebind<hwy::float16_t, Part>;
// One vector, but four where the target has a single lane.
constexpr int kPartLanes = HWY_TARGET == HWY_SCALAR ? 1 : kTexelLanes;
constexpr int kParts = kTexelLanes / kPartLanes;

struct Texel {
  hn::Vec<Part> parts[kParts];
  // Written out, because GCC compiles the implicit one for the base instruction set, where Arm's vectors cannot be
  // made.
  HWY_INLINE Texel() {}
};

HWY_INLINE Texel zero() {
  Texel result;
  for (auto& part : result.parts) part = hn::Zero(Part());
  return result;
}

HWY_INLINE Texel operator+(Texel a, const Texel& b) {
  for (int i = 0; i < kParts; ++i) a.parts[i] = hn::Add(a.parts[i], b.parts[i]);
  return a;
}

struct FloatTexels {
  const float* at;
  HWY_INLINE Texel operator()(std::int64_t texel) const {
    Texel result;
    for (int i = 0; i < kParts; ++i) result.parts[i] = hn::LoadU(Part(), at + kTexelLanes * texel + i * kPartLanes);
    return result;
  }
};

struct HalfTexels {
  const hwy::float16_t* at;
  HWY_INLINE Texel operator()(std::int64_t texel) const {
    Texel result;
    for (int i = 0; i < kParts; ++i) {
      result.parts[i] = hn::PromoteTo(Part(), hn::LoadU(HalfPart(), at + kTexelLanes * texel + i * kPartLanes));
    }
    return result;
  }
};

std::uint32_t weighted(const Texel& sum) {
  float lanes[kTexelLanes];
  for (int i = 0; i < kParts; ++i) hn::StoreU(sum.parts[i], Part(), lanes + i * kPartLanes);
  std::uint32_t result = 0;
  for (int i = 0; i < kTexelLanes; ++i) result += kLaneWeights[i] * static_cast<std::uint32_t>(lanes[i]);
  return result;
}

template <class Texels>
HWY_INLINE Texel around(const Walk& walk, const Texels& texels, TexelPlace place) {
  const std::int64_t x = place.x;
  const std::int64_t left = std::max<std::int64_t>(x - 1, 0);
  const std::int64_t right = std::min(x + 1, walk.width() - 1);
  const std::int64_t rows[] = {std::max<std::int64_t>(std::int64_t{place.y} - 1, 0), place.y,
                               std::min(std::int64_t{place.y} + 1, walk.height() - 1)};
  Texel sum = zero();
  for (const std::int64_t y : rows) {
    const std::int64_t row = y * walk.pitch();
    sum = sum + (texels(row + left) + (texels(row + x) + texels(row + right)));
  }
  return sum;
}

template <WalkPattern kPattern, class Texels>
HWY_INLINE Texel read(const Walk& walk, const Texels& texels, std::int64_t n, std::uint32_t all) {
  const TexelPlace place =
      place_of_read<kPattern>(static_cast<std::uint32_t>(n) & all, walk.width_bits, walk.height_bits);
  if constexpr (kPattern == WalkPattern::stencil) return around(walk, texels, place);
  return texels(std::int64_t{place.y} * walk.pitch() + place.x);
}

template <WalkPattern kPattern, class Texels>
std::uint32_t walk_reads(const Walk& walk, const Texels& texels, std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t kTexelsARead = kPattern == WalkPattern::stencil ? 9 : 1;
  constexpr std::int64_t kStretch = kExactTexels / kTexelsARead;
  const auto all = static_cast<std::uint32_t>(walk.texels() - 1);
  std::uint32_t total = 0;
  while (begin < end) {
    const std::int64_t stop = std::min(end, begin + kStretch);
    Texel sum0 = zero();
    Texel sum1 = zero();
    Texel sum2 = zero();
    Texel sum3 = zero();
    std::int64_t n = begin;
    for (; n + 4 <= stop; n += 4) {
      sum0 = sum0 + read<kPattern>(walk, texels, n, all);
      sum1 = sum1 + read<kPattern>(walk, texels, n + 1, all);
      sum2 = sum2 + read<kPattern>(walk, texels, n + 2, all);
      sum3 = sum3 + read<kPattern>(walk, texels, n + 3, all);
    }
    for (; n < stop; ++n) sum0 = sum0 + read<kPattern>(walk, texels, n, all);
    total += weighted((sum0 + sum1) + (sum2 + sum3));
    begin = stop;
  }
  return total;
}

template <class Texels>
std::uint32_t walk_pattern(const Walk& walk, const Texels& texels, std::int64_t begin, std::int64_t end) {
  switch (walk.pattern) {
    case WalkPattern::x_walk:
      return walk_reads<WalkPattern::x_walk>(walk, texels, begin, end);
    case WalkPattern::y_walk:
      return walk_reads<WalkPattern::y_walk>(walk, texels, begin, end);
    case WalkPattern::tile:
      return walk_reads<WalkPattern::tile>(walk, texels, begin, end);
    case WalkPattern::random:
      return walk_reads<WalkPattern::random>(walk, texels, begin, end);
    case WalkPattern::stencil:
      return walk_reads<WalkPattern::stencil>(walk, texels, begin, end);
  }
  return 0;
}

std::uint32_t walk_rows(const Walk& walk, const std::byte* texels, std::int64_t begin, std::int64_t end) {
  if (walk.dtype == DType::f16) {
    return walk_pattern(walk, HalfTexels{reinterpret_cast<const hwy::float16_t*>(texels)}, begin, end);
  }
  return walk_pattern(walk, FloatTexels{reinterpret_cast<const float*>(texels)}, begin, end);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {

HWY_EXPORT(walk_rows);

std::uint32_t walk_texels(const Walk& walk, const std::byte* texels, std::int64_t begin, std::int64_t end) {
  return HWY_DYNAMIC_DISPATCH(walk_rows)(walk, texels, begin, end);
}

}  // namespace hetscope
#endif  // HWY_ONCE

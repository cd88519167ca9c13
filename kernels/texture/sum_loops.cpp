// Neighbours that are summed up go to the lanes of a few vectors; neighbours that are kept are added vector by vector
// to sums that stay in the cache.
#include "kernels/texture/sum_loops.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/texture/sum_loops.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/dense/sum_lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Whole = hn::ScalableTag<float>;
// Layouts packed by four leave runs of four.
using Part = hn::CappedTag<float, 4>;

template <class D>
std::int64_t lanes_of(D d) {
  return static_cast<std::int64_t>(hn::Lanes(d));
}

// Adds whole vectors from `at` on; returns where they end.
template <class D, class T>
HWY_INLINE std::int64_t add_vectors(D d, const T* from, float* sums, std::int64_t at, std::int64_t count) {
  for (; at + lanes_of(d) <= count; at += lanes_of(d)) {
    hn::StoreU(hn::Add(hn::LoadU(d, sums + at), load_lanes(d, from + at)), d, sums + at);
  }
  return at;
}

template <class T>
HWY_INLINE void add_run(const T* from, float* sums, std::int64_t count) {
  std::int64_t at = add_vectors(Whole(), from, sums, 0, count);
  at = add_vectors(Part(), from, sums, at, count);
  for (; at < count; ++at) sums[at] += widened(from[at]);
}

template <class T>
void add_level(const SumNest& nest, std::size_t level, const T* from, float* sums) {
  const SumLoop& loop = nest.loops[level];
  if (level + 1 < nest.depth) {
    for (std::int64_t i = 0; i < loop.count; ++i) {
      add_level(nest, level + 1, from + i * loop.source_stride, sums + i * loop.sum_stride);
    }
  } else if (loop.is_reduced) {
    *sums += sum_of_run(from, loop.count);
  } else {
    add_run(from, sums, loop.count);
  }
}

void add_all(const SumNest& nest, DType dtype, const std::byte* source, float* sums) {
  if (dtype == DType::f16) return add_level(nest, 0, reinterpret_cast<const std::uint16_t*>(source), sums);
  add_level(nest, 0, reinterpret_cast<const float*>(source), sums);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {
namespace {
HWY_EXPORT(add_all);
}  // namespace

void add_by_loops(const SumNest& nest, DType dtype, const std::byte* source, float* sums) {
  HWY_DYNAMIC_DISPATCH(add_all)(nest, dtype, source, sums);
}

}  // namespace hetscope
#endif  // HWY_ONCE

// The sum of numbers that follow each other, f32 or binary16, added in f32. Compiled once for each instruction set.
#if defined(HETSCOPE_SUM_LANES_TOGGLE) == defined(HWY_TARGET_TOGGLE)
#ifdef HETSCOPE_SUM_LANES_TOGGLE
#undef HETSCOPE_SUM_LANES_TOGGLE
#else
#define HETSCOPE_SUM_LANES_TOGGLE
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "kernels/dense/half_lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

// Adds whole vectors from `at` on to `sum`; returns where they end. Four sums hide the latency of an addition.
template <class D, class T>
HWY_INLINE std::int64_t sum_vectors(D d, const T* from, std::int64_t at, std::int64_t count, float& sum) {
  namespace hn = hwy::HWY_NAMESPACE;
  const auto step = static_cast<std::int64_t>(hn::Lanes(d));
  if (at + step > count) return at;
  auto sum0 = hn::Zero(d);
  auto sum1 = hn::Zero(d);
  auto sum2 = hn::Zero(d);
  auto sum3 = hn::Zero(d);
  for (; at + 4 * step <= count; at += 4 * step) {
    sum0 = hn::Add(sum0, load_lanes(d, from + at));
    sum1 = hn::Add(sum1, load_lanes(d, from + at + step));
    sum2 = hn::Add(sum2, load_lanes(d, from + at + 2 * step));
    sum3 = hn::Add(sum3, load_lanes(d, from + at + 3 * step));
  }
  for (; at + step <= count; at += step) sum0 = hn::Add(sum0, load_lanes(d, from + at));
  const auto all = hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3));
  sum += hn::GetLane(hn::SumOfLanes(d, all));
  return at;
}

// What is left of the widest vectors goes by four: layouts packed by four leave runs of four.
template <class T>
HWY_INLINE float sum_of_run(const T* from, std::int64_t count) {
  namespace hn = hwy::HWY_NAMESPACE;
  float sum = 0;
  std::int64_t at = sum_vectors(hn::ScalableTag<float>(), from, 0, count, sum);
  at = sum_vectors(hn::CappedTag<float, 4>(), from, at, count, sum);
  for (; at < count; ++at) sum += widened(from[at]);
  return sum;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#endif  // HETSCOPE_SUM_LANES_TOGGLE

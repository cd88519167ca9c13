// A run is whole vectors and one more that ends where the run does; runs shorter than a vector are two halves that
// overlap. memcpy would do the same after a call and a few branches, which cost as much as a run of a hundred bytes.
#include "kernels/layout/run_copy.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/sized_vectors.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/layout/run_copy.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/cache_control.h>

#include "kernels/layout/fetch_to_write.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Byte = std::uint8_t;

constexpr std::int64_t kVectorBytes = HWY_MAX_BYTES >= 64 ? 64 : (HWY_MAX_BYTES >= 32 ? 32 : 16);

template <int kBytes>
HWY_INLINE void copy_part(const Byte* source, Byte* target) {
#if HWY_TARGET == HWY_SCALAR
  std::memcpy(target, source, kBytes);
#else
  if constexpr (kBytes >= 16) {
    const hn::CappedTag<Byte, kBytes> d;
    for (std::size_t at = 0; at < kBytes; at += hn::Lanes(d)) hn::StoreU(hn::LoadU(d, source + at), d, target + at);
  } else {
    std::memcpy(target, source, kBytes);
  }
#endif
}

// The first and the last kBytes, which overlap when bytes < 2 * kBytes.
template <int kBytes>
HWY_INLINE void copy_ends(const Byte* source, Byte* target, std::int64_t bytes) {
  copy_part<kBytes>(source, target);
  copy_part<kBytes>(source + bytes - kBytes, target + bytes - kBytes);
}

HWY_INLINE void copy_run(const Byte* source, Byte* target, std::int64_t bytes) {
  if (bytes >= kVectorBytes) {
    std::int64_t at = 0;
    for (; at + 4 * kVectorBytes <= bytes; at += 4 * kVectorBytes) {
      copy_part<4 * kVectorBytes>(source + at, target + at);
    }
    for (; at + kVectorBytes <= bytes; at += kVectorBytes) copy_part<kVectorBytes>(source + at, target + at);
    if (at < bytes) copy_part<kVectorBytes>(source + bytes - kVectorBytes, target + bytes - kVectorBytes);
    return;
  }
  if (bytes >= 32) return copy_ends<32>(source, target, bytes);
  if (bytes >= 16) return copy_ends<16>(source, target, bytes);
  if (bytes >= 8) return copy_ends<8>(source, target, bytes);
  if (bytes >= 4) return copy_ends<4>(source, target, bytes);
  if (bytes >= 2) return copy_ends<2>(source, target, bytes);
  *target = *source;
}

struct RunSteps {
  std::int64_t source = 0;
  std::int64_t target = 0;
  std::int64_t ahead = 1;  // runs
  bool fetches_source = false;
  bool fetches_target = false;
};

HWY_INLINE void fetch_run(const Byte* source, Byte* target, std::int64_t bytes, const RunSteps& steps) {
  for (std::int64_t at = 0; steps.fetches_source && at < bytes; at += kLineBytes) {
    hwy::Prefetch(source + steps.ahead * steps.source + at);
  }
  for (std::int64_t at = 0; steps.fetches_target && at < bytes; at += kLineBytes) {
    fetch_to_write(target + steps.ahead * steps.target + at);
  }
}

// Runs of a length known to the compiler have no branches; those between one and two parts have none either.
template <int kBytes>
struct FixedRun {
  HWY_INLINE void copy(const Byte* source, Byte* target, const RunPlane&) const { copy_part<kBytes>(source, target); }
};
template <int kPart>
struct TwoPartRun {
  HWY_INLINE void copy(const Byte* source, Byte* target, const RunPlane& plane) const {
    copy_ends<kPart>(source, target, plane.run_bytes);
  }
};
struct AnyRun {
  HWY_INLINE void copy(const Byte* source, Byte* target, const RunPlane& plane) const {
    copy_run(source, target, plane.run_bytes);
    for (std::int64_t f = 0; f < plane.fill_bytes; ++f) target[plane.run_bytes + f] = 0;
  }
};

template <typename Run, bool kFetches>
HWY_INLINE void copy_inner(const Byte* source, Byte* target, const RunPlane& plane, const RunSteps& steps,
                           std::int64_t count) {
  const std::int64_t run_bytes = plane.run_bytes;
  const std::int64_t fetched = run_bytes <= kLongestFetchedRun ? std::max<std::int64_t>(count - steps.ahead, 0) : 0;
  for (std::int64_t i = 0; i < count; ++i) {
    if constexpr (kFetches) {
      if (i < fetched) fetch_run(source, target, run_bytes, steps);
    }
    Run().copy(source, target, plane);
    source += steps.source;
    target += steps.target;
  }
}

// Where runs are shorter than a few lines, the outer loop comes back to the source's lines after at most kInner runs.
template <typename Run, bool kFetches>
void copy_plane(const Byte* source, Byte* target, const RunPlane& plane) {
  constexpr std::int64_t kInner = 64;
  const bool is_blocked = plane.run_bytes % kLineBytes != 0 && plane.run_bytes < 4 * kLineBytes;
  const std::int64_t block = is_blocked ? kInner : plane.inner.count;
  const RunSteps steps{plane.inner.source_stride, plane.inner.target_stride, fetched_runs_ahead(plane.run_bytes),
                       plane.inner.source_stride != plane.run_bytes,
                       plane.inner.target_stride != plane.run_bytes + plane.fill_bytes};
  for (std::int64_t first = 0; first < plane.inner.count; first += block) {
    const std::int64_t count = std::min(block, plane.inner.count - first);
    const Byte* from = source + first * plane.inner.source_stride;
    Byte* to = target + first * plane.inner.target_stride;
    for (std::int64_t i = 0; i < plane.outer.count; ++i) {
      copy_inner<Run, kFetches>(from, to, plane, steps, count);
      from += plane.outer.source_stride;
      to += plane.outer.target_stride;
    }
  }
}

template <typename Run>
void copy_planes_of(const Byte* source, Byte* target, const RunPlane& plane, const LoopRange& batch) {
  const std::int64_t bytes =
      (plane.run_bytes + plane.fill_bytes) * plane.inner.count * plane.outer.count * (batch.end - batch.begin);
  for (LoopWalk at(batch); !at.is_over(); at.step()) {
    if (bytes < kFetchedBytes) {
      copy_plane<Run, false>(source + at.source(), target + at.target(), plane);
    } else {
      copy_plane<Run, true>(source + at.source(), target + at.target(), plane);
    }
  }
}

void copy_planes(const Byte* source, Byte* target, const RunPlane& plane, const LoopRange& batch) {
  const std::int64_t run = plane.run_bytes;
  if (plane.fill_bytes > 0) return copy_planes_of<AnyRun>(source, target, plane, batch);
  if (run == 8) return copy_planes_of<FixedRun<8>>(source, target, plane, batch);
  if (run == 16) return copy_planes_of<FixedRun<16>>(source, target, plane, batch);
  if (run == 32) return copy_planes_of<FixedRun<32>>(source, target, plane, batch);
  if (run == 64) return copy_planes_of<FixedRun<64>>(source, target, plane, batch);
  if (run == 128) return copy_planes_of<FixedRun<128>>(source, target, plane, batch);
  if (run == 256) return copy_planes_of<FixedRun<256>>(source, target, plane, batch);
  if (run > 8 && run < 16) return copy_planes_of<TwoPartRun<8>>(source, target, plane, batch);
  if (run > 16 && run < 32) return copy_planes_of<TwoPartRun<16>>(source, target, plane, batch);
  if (run > 32 && run < 64) return copy_planes_of<TwoPartRun<32>>(source, target, plane, batch);
  if (run > 64 && run < 128) return copy_planes_of<TwoPartRun<64>>(source, target, plane, batch);
  copy_planes_of<AnyRun>(source, target, plane, batch);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {

HWY_EXPORT(copy_planes);

void copy_runs(const std::byte* source, std::byte* target, const RunPlane& plane, const LoopRange& batch) {
  HWY_DYNAMIC_DISPATCH(copy_planes)
  (reinterpret_cast<const std::uint8_t*>(source), reinterpret_cast<std::uint8_t*>(target), plane, batch);
}

}  // namespace hetscope
#endif  // HWY_ONCE

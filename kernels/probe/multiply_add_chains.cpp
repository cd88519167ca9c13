// Multiply-adds from registers to registers. Enough chains run side by side to hide the latency of an instruction (4
// cycles on two to four pipes): 16 vectors, or 12 where there are only 16 registers.
#include "kernels/probe/multiply_add_chains.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/probe/multiply_add_chains.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3 || HWY_TARGET == HWY_SCALAR
constexpr bool kHasManyRegisters = false;
#else
constexpr bool kHasManyRegisters = true;
#endif

// One vector after the other, for the rest that does not fill a whole set.
template <class D>
HWY_INLINE std::int64_t run_singles(D d, const float* start, float* result, std::int64_t from, std::int64_t count,
                                    std::int64_t steps, float factor, float addend) {
  const auto a = hn::Set(d, factor);
  const auto b = hn::Set(d, addend);
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (; from + lanes <= count; from += lanes) {
    auto x = hn::LoadU(d, start + from);
    for (std::int64_t step = 0; step < steps; ++step) x = hn::MulAdd(x, a, b);
    hn::StoreU(x, d, result + from);
  }
  return from;
}

void chains(const float* start, float* result, std::int64_t count, std::int64_t steps, float factor, float addend) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto a = hn::Set(d, factor);
  const auto b = hn::Set(d, addend);
  constexpr std::int64_t kVectors = kHasManyRegisters ? 16 : 12;
  std::int64_t i = 0;
  for (; i + kVectors * lanes <= count; i += kVectors * lanes) {
    const float* from = start + i;
    // Vectors of unknown length cannot be elements of an array, hence the names.
    auto x0 = hn::LoadU(d, from), x1 = hn::LoadU(d, from + lanes);
    auto x2 = hn::LoadU(d, from + 2 * lanes), x3 = hn::LoadU(d, from + 3 * lanes);
    auto x4 = hn::LoadU(d, from + 4 * lanes), x5 = hn::LoadU(d, from + 5 * lanes);
    auto x6 = hn::LoadU(d, from + 6 * lanes), x7 = hn::LoadU(d, from + 7 * lanes);
    auto x8 = hn::LoadU(d, from + 8 * lanes), x9 = hn::LoadU(d, from + 9 * lanes);
    auto x10 = hn::LoadU(d, from + 10 * lanes), x11 = hn::LoadU(d, from + 11 * lanes);
    auto x12 = x0, x13 = x0, x14 = x0, x15 = x0;
    if constexpr (kHasManyRegisters) {
      x12 = hn::LoadU(d, from + 12 * lanes), x13 = hn::LoadU(d, from + 13 * lanes);
      x14 = hn::LoadU(d, from + 14 * lanes), x15 = hn::LoadU(d, from + 15 * lanes);
    }
    for (std::int64_t step = 0; step < steps; ++step) {
      x0 = hn::MulAdd(x0, a, b), x1 = hn::MulAdd(x1, a, b);
      x2 = hn::MulAdd(x2, a, b), x3 = hn::MulAdd(x3, a, b);
      x4 = hn::MulAdd(x4, a, b), x5 = hn::MulAdd(x5, a, b);
      x6 = hn::MulAdd(x6, a, b), x7 = hn::MulAdd(x7, a, b);
      x8 = hn::MulAdd(x8, a, b), x9 = hn::MulAdd(x9, a, b);
      x10 = hn::MulAdd(x10, a, b), x11 = hn::MulAdd(x11, a, b);
      if constexpr (kHasManyRegisters) {
        x12 = hn::MulAdd(x12, a, b), x13 = hn::MulAdd(x13, a, b);
        x14 = hn::MulAdd(x14, a, b), x15 = hn::MulAdd(x15, a, b);
      }
    }
    float* to = result + i;
    hn::StoreU(x0, d, to), hn::StoreU(x1, d, to + lanes);
    hn::StoreU(x2, d, to + 2 * lanes), hn::StoreU(x3, d, to + 3 * lanes);
    hn::StoreU(x4, d, to + 4 * lanes), hn::StoreU(x5, d, to + 5 * lanes);
    hn::StoreU(x6, d, to + 6 * lanes), hn::StoreU(x7, d, to + 7 * lanes);
    hn::StoreU(x8, d, to + 8 * lanes), hn::StoreU(x9, d, to + 9 * lanes);
    hn::StoreU(x10, d, to + 10 * lanes), hn::StoreU(x11, d, to + 11 * lanes);
    if constexpr (kHasManyRegisters) {
      hn::StoreU(x12, d, to + 12 * lanes), hn::StoreU(x13, d, to + 13 * lanes);
      hn::StoreU(x14, d, to + 14 * lanes), hn::StoreU(x15, d, to + 15 * lanes);
    }
  }
  i = run_singles(d, start, result, i, count, steps, factor, addend);
  run_singles(hn::CappedTag<float, 1>(), start, result, i, count, steps, factor, addend);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {

HWY_EXPORT(chains);

void multiply_add_chains(const float* start, float* result, std::int64_t count, std::int64_t steps, float factor,
                         float addend) {
  HWY_DYNAMIC_DISPATCH(chains)(start, result, count, steps, factor, addend);
}

}  // namespace hetscope
#endif  // HWY_ONCE

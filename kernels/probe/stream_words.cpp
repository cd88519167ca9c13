// Four vectors a step, so that enough loads or stores are under way.
#include "kernels/probe/stream_words.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/probe/stream_words.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/cache_control.h>

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

std::uint32_t sum(const std::uint32_t* words, std::int64_t count) {
  const hn::ScalableTag<std::uint32_t> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto sum0 = hn::Zero(d);
  auto sum1 = hn::Zero(d);
  auto sum2 = hn::Zero(d);
  auto sum3 = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    sum0 = hn::Add(sum0, hn::LoadU(d, words + i));
    sum1 = hn::Add(sum1, hn::LoadU(d, words + i + lanes));
    sum2 = hn::Add(sum2, hn::LoadU(d, words + i + 2 * lanes));
    sum3 = hn::Add(sum3, hn::LoadU(d, words + i + 3 * lanes));
  }
  std::uint32_t total = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3))));
  for (; i < count; ++i) total += words[i];
  return total;
}

void fill(std::uint32_t* target, std::uint32_t word, std::int64_t count) {
  const hn::ScalableTag<std::uint32_t> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto words = hn::Set(d, word);
  std::int64_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    hn::Stream(words, d, target + i);
    hn::Stream(words, d, target + i + lanes);
    hn::Stream(words, d, target + i + 2 * lanes);
    hn::Stream(words, d, target + i + 3 * lanes);
  }
  for (; i < count; ++i) target[i] = word;
  hwy::FlushStream();
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {

HWY_EXPORT(sum);
HWY_EXPORT(fill);

std::uint32_t sum_words(const std::uint32_t* words, std::int64_t count) {
  return HWY_DYNAMIC_DISPATCH(sum)(words, count);
}

void fill_words(std::uint32_t* target, std::uint32_t word, std::int64_t count) {
  HWY_DYNAMIC_DISPATCH(fill)(target, word, count);
}

}  // namespace hetscope
#endif  // HWY_ONCE

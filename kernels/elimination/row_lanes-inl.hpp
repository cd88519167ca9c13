// Rows side by side, each in a lane of its own: no sum goes across lanes. Compiled once for each instruction set.
#if defined(HETSCOPE_ROW_LANES_TOGGLE) == defined(HWY_TARGET_TOGGLE)
#ifdef HETSCOPE_ROW_LANES_TOGGLE
#undef HETSCOPE_ROW_LANES_TOGGLE
#else
#define HETSCOPE_ROW_LANES_TOGGLE
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <span>

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

// Chains of additions that hide each other's latency.
inline constexpr int kChains = 4;

// totals[v] of kVectors vectors of rows, of which element i of row r lies at first[elements[i] + r]: the sum of
// add(total, vector, v) over all elements, from zero on.
template <int kVectors, class D, class Add, class V = hwy::HWY_NAMESPACE::Vec<D>>
HWY_INLINE void total_across(D d, const float* first, std::span<const std::int64_t> elements, V (&totals)[kVectors],
                             const Add& add) {
  namespace hn = hwy::HWY_NAMESPACE;
  constexpr int kSteps = kVectors < kChains ? kChains / kVectors : 1;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto count = static_cast<std::int64_t>(elements.size());
  V sums[kSteps][kVectors];
  for (auto& step : sums) {
    for (auto& sum : step) sum = hn::Zero(d);
  }
  const auto add_element = [&](std::int64_t i, V(&step)[kVectors]) HWY_ATTR {
    const float* at = first + elements[static_cast<std::size_t>(i)];
    for (int v = 0; v < kVectors; ++v) step[v] = add(step[v], hn::LoadU(d, at + v * lanes), v);
  };
  std::int64_t i = 0;
  for (; i + kSteps <= count; i += kSteps) {
    for (int step = 0; step < kSteps; ++step) add_element(i + step, sums[step]);
  }
  for (; i < count; ++i) add_element(i, sums[0]);
  for (int v = 0; v < kVectors; ++v) {
    totals[v] = sums[0][v];
    for (int step = 1; step < kSteps; ++step) totals[v] = hn::Add(totals[v], sums[step][v]);
  }
}

// wide(row) for as many rows as four of the widest vectors have, then one(d, row) for vectors of rows, and single(row)
// for what is left of `rows`.
template <class Wide, class One, class Single>
HWY_INLINE void for_each_row_lane(std::int64_t rows, const Wide& wide, const One& one, const Single& single) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<float> widest;
  const hn::CappedTag<float, 4> narrow;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(widest));
  const auto few = static_cast<std::int64_t>(hn::Lanes(narrow));
  std::int64_t row = 0;
  for (; row + kChains * lanes <= rows; row += kChains * lanes) wide(row);
  for (; row + lanes <= rows; row += lanes) one(widest, row);
  for (; row + few <= rows; row += few) one(narrow, row);
  for (; row < rows; ++row) single(row);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#endif  // HETSCOPE_ROW_LANES_TOGGLE

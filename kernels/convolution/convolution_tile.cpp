// Sums of a few pixels times a few filters stay in registers. A vector of weights meets one channel of every pixel
// (broadcast), or, depthwise, as many channels of it.
#include "kernels/convolution/convolution_tile.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/sized_vectors.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/convolution/convolution_tile.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <int kLanes>
struct Tile {
  using Tag = hn::CappedTag<float, static_cast<std::size_t>(kLanes)>;
  static constexpr int kStep = static_cast<int>(hn::MaxLanes(Tag()));
  static constexpr int kVectors = kLanes / kStep;
  static constexpr int kPixels = std::clamp(rows_of_sums(HETSCOPE_VECTOR_REGISTERS, kVectors), 1, 12);
};

template <int kLanes, bool kIsDepthwise, int kPixels>
HWY_INLINE void convolve_pixels(const ConvolutionBlock& block, const ConvolutionSteps& steps, const float* const* rows,
                                std::int64_t first, float* result) {
  using Shape = Tile<kLanes>;
  const typename Shape::Tag d;
  hn::Vec<typename Shape::Tag> sums[kPixels][Shape::kVectors];
  HWY_UNROLL(12) for (int p = 0; p < kPixels; ++p) {
    HWY_UNROLL(16) for (int v = 0; v < Shape::kVectors; ++v) sums[p][v] = hn::Zero(d);
  }
  const std::int64_t offset = first * steps.pixel_step + block.first_channel;
  const float* weights = block.weights;
  for (std::int64_t r = 0; r < steps.window_rows; ++r) {
    const float* at = rows[r] + offset;
    for (std::int64_t s = 0; s < steps.window_columns; ++s, at += steps.tap_step) {
      for (std::int64_t c = 0; c < block.channels; ++c, weights += kLanes) {
        hn::Vec<typename Shape::Tag> weight[Shape::kVectors];
        HWY_UNROLL(16) for (int v = 0; v < Shape::kVectors; ++v) weight[v] = hn::LoadU(d, weights + v * Shape::kStep);
        HWY_UNROLL(12) for (int p = 0; p < kPixels; ++p) {
          const float* pixel = at + p * steps.pixel_step + c;
          HWY_UNROLL(16) for (int v = 0; v < Shape::kVectors; ++v) {
            const auto x = kIsDepthwise ? hn::LoadU(d, pixel + v * Shape::kStep) : hn::Set(d, *pixel);
            sums[p][v] = hn::MulAdd(x, weight[v], sums[p][v]);
          }
        }
      }
    }
  }
  HWY_UNROLL(12) for (int p = 0; p < kPixels; ++p) {
    HWY_UNROLL(16) for (int v = 0; v < Shape::kVectors; ++v) {
      hn::StoreU(sums[p][v], d, result + (first + p) * steps.result_step + v * Shape::kStep);
    }
  }
}

// As many pixels at once as fit, then half as many, down to one.
template <int kLanes, bool kIsDepthwise, int kPixels>
HWY_INLINE void convolve_from(const ConvolutionBlock& block, const ConvolutionSteps& steps, const float* const* rows,
                              std::int64_t first, std::int64_t count, float* result) {
  for (; first + kPixels <= count; first += kPixels) {
    convolve_pixels<kLanes, kIsDepthwise, kPixels>(block, steps, rows, first, result);
  }
  if constexpr (kPixels > 1) {
    convolve_from<kLanes, kIsDepthwise, kPixels / 2>(block, steps, rows, first, count, result);
  }
}

template <int kLanes, bool kIsDepthwise>
void convolve_with(const ConvolutionBlock& block, const ConvolutionSteps& steps, const float* const* rows,
                   std::int64_t count, float* result) {
  convolve_from<kLanes, kIsDepthwise, Tile<kLanes>::kPixels>(block, steps, rows, 0, count, result);
}

void convolve(const ConvolutionBlock& block, const ConvolutionSteps& steps, const float* const* rows,
              std::int64_t count, float* result) {
  if (block.is_depthwise) return convolve_with<16, true>(block, steps, rows, count, result);
  if (block.lanes == 4) return convolve_with<4, false>(block, steps, rows, count, result);
  if (block.lanes == 8) return convolve_with<8, false>(block, steps, rows, count, result);
  convolve_with<16, false>(block, steps, rows, count, result);
}

void widen_bytes(const std::int8_t* from, float* to, std::int64_t count) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> whole;
  const hn::Rebind<std::int8_t, decltype(d)> byte;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(hn::ConvertTo(d, hn::PromoteTo(whole, hn::LoadU(byte, from + i))), d, to + i);
  }
  for (; i < count; ++i) to[i] = static_cast<float>(from[i]);
}

void narrow_bytes(const float* from, std::int8_t* to, std::int64_t count, float factor) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<std::int8_t, decltype(d)> byte;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto steps = hn::Mul(hn::LoadU(d, from + i), hn::Set(d, factor));
    hn::StoreU(hn::DemoteTo(byte, hn::NearestInt(steps)), byte, to + i);
  }
  for (; i < count; ++i) {
    to[i] = static_cast<std::int8_t>(std::clamp(std::nearbyint(from[i] * factor), -128.0F, 127.0F));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {

HWY_EXPORT(convolve);
HWY_EXPORT(widen_bytes);
HWY_EXPORT(narrow_bytes);

void convolve_row(const ConvolutionBlock& block, const ConvolutionSteps& steps, const float* const* rows,
                  std::int64_t count, float* result) {
  HWY_DYNAMIC_DISPATCH(convolve)(block, steps, rows, count, result);
}
void pixels_from_i8(const std::int8_t* from, float* to, std::int64_t count) {
  HWY_DYNAMIC_DISPATCH(widen_bytes)(from, to, count);
}
void pixels_to_i8(const float* from, std::int8_t* to, std::int64_t count, float factor) {
  HWY_DYNAMIC_DISPATCH(narrow_bytes)(from, to, count, factor);
}

}  // namespace hetscope
#endif  // HWY_ONCE

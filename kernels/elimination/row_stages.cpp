// Softmax, layer normalisation, sum, activations and the product of a block of rows.
#include "kernels/elimination/row_stages.hpp"

#include <algorithm>
#include <cmath>

#include "harness/core/divided_up.hpp"
#include "kernels/sized_vectors.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elimination/row_stages.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/elimination/activation_lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<float>;

std::int64_t lanes() { return static_cast<std::int64_t>(hn::Lanes(Tag())); }

// visit(vector, offset) for whole vectors of `row`, then single(value, offset) for the rest.
template <class Visit, class Single>
HWY_INLINE void for_each_vector(const float* row, std::int64_t count, Visit&& visit, Single&& single) {
  const Tag d;
  std::int64_t at = 0;
  for (; at + lanes() <= count; at += lanes()) visit(hn::LoadU(d, row + at), at);
  for (; at < count; ++at) single(row[at], at);
}

float greatest_of(const float* row, std::int64_t count) {
  const Tag d;
  float rest = row[0];
  auto most = hn::Set(d, row[0]);
  for_each_vector(
      row, count, [&](auto v, std::int64_t) { most = hn::Max(most, v); },
      [&](float value, std::int64_t) { rest = std::max(rest, value); });
  return std::max(rest, hn::GetLane(hn::MaxOfLanes(d, most)));
}

void softmax_row(const float* in, float* out, std::int64_t count) {
  const Tag d;
  const float greatest = greatest_of(in, count);
  auto sums = hn::Zero(d);
  float sum = 0;
  for_each_vector(
      in, count,
      [&](auto v, std::int64_t at) {
        const auto power = hn::Exp(d, hn::Sub(v, hn::Set(d, greatest)));
        hn::StoreU(power, d, out + at);
        sums = hn::Add(sums, power);
      },
      [&](float value, std::int64_t at) {
        out[at] = std::exp(value - greatest);
        sum += out[at];
      });
  const float factor = 1.0F / (sum + hn::GetLane(hn::SumOfLanes(d, sums)));
  for_each_vector(
      out, count, [&](auto v, std::int64_t at) { hn::StoreU(hn::Mul(v, hn::Set(d, factor)), d, out + at); },
      [&](float value, std::int64_t at) { out[at] = value * factor; });
}

void layer_norm_row(const float* in, float* out, std::int64_t count) {
  const Tag d;
  const auto n = static_cast<float>(count);
  auto sums = hn::Zero(d);
  float sum = 0;
  for_each_vector(
      in, count, [&](auto v, std::int64_t) { sums = hn::Add(sums, v); },
      [&](float value, std::int64_t) { sum += value; });
  const float mean = (sum + hn::GetLane(hn::SumOfLanes(d, sums))) / n;
  auto squares = hn::Zero(d);
  float square = 0;
  for_each_vector(
      in, count,
      [&](auto v, std::int64_t) {
        const auto difference = hn::Sub(v, hn::Set(d, mean));
        squares = hn::MulAdd(difference, difference, squares);
      },
      [&](float value, std::int64_t) { square += (value - mean) * (value - mean); });
  const float variance = (square + hn::GetLane(hn::SumOfLanes(d, squares))) / n;
  const float scale = 1.0F / std::sqrt(variance + 1e-5F);
  for_each_vector(
      in, count,
      [&](auto v, std::int64_t at) {
        hn::StoreU(hn::Mul(hn::Sub(v, hn::Set(d, mean)), hn::Set(d, scale)), d, out + at);
      },
      [&](float value, std::int64_t at) { out[at] = (value - mean) * scale; });
}

void sum_row(const float* in, float* out, std::int64_t count) {
  const Tag d;
  auto sums = hn::Zero(d);
  float sum = 0;
  for_each_vector(
      in, count, [&](auto v, std::int64_t) { sums = hn::Add(sums, v); },
      [&](float value, std::int64_t) { sum += value; });
  *out = sum + hn::GetLane(hn::SumOfLanes(d, sums));
}

using PanelTag = hn::CappedTag<float, kPanelColumns>;
constexpr std::int64_t kPanelVectors =
    kPanelColumns / static_cast<std::int64_t>(HWY_LANES(float) < kPanelColumns ? HWY_LANES(float) : kPanelColumns);
// As many sums as hide the latency of a multiply-add and still fit into sixteen registers.
constexpr std::int64_t kPanelRows = kPanelVectors == 1 ? 8 : (kPanelVectors == 2 ? 6 : 3);

// kRows rows by one panel; `columns` of it are stored.
template <std::int64_t kRows>
HWY_INLINE void multiply_panel(const float* const* in, std::int64_t k, const float* panel, float* const* out,
                               std::int64_t first_column, std::int64_t columns) {
  const PanelTag d;
  constexpr std::int64_t kStep = kPanelColumns / kPanelVectors;
  hn::Vec<PanelTag> sums[kRows][kPanelVectors];
  for (auto& row : sums) {
    for (auto& sum : row) sum = hn::Zero(d);
  }
  for (std::int64_t i = 0; i < k; ++i) {
    for (std::int64_t v = 0; v < kPanelVectors; ++v) {
      const auto right = hn::LoadU(d, panel + i * kPanelColumns + v * kStep);
      for (std::int64_t row = 0; row < kRows; ++row) {
        sums[row][v] = hn::MulAdd(hn::Set(d, in[row][i]), right, sums[row][v]);
      }
    }
  }
  for (std::int64_t row = 0; row < kRows; ++row) {
    if (columns == kPanelColumns) {
      for (std::int64_t v = 0; v < kPanelVectors; ++v) {
        hn::StoreU(sums[row][v], d, out[row] + first_column + v * kStep);
      }
      continue;
    }
    HWY_ALIGN float whole[kPanelColumns];
    for (std::int64_t v = 0; v < kPanelVectors; ++v) hn::StoreU(sums[row][v], d, whole + v * kStep);
    std::copy_n(whole, columns, out[row] + first_column);
  }
}

// The last rows, fewer than kPanelRows, together: one at a time they would wait for each multiply-add.
template <std::int64_t kRows>
HWY_INLINE void multiply_last_rows(const float* const* in, std::int64_t k, const float* panel, float* const* out,
                                   std::int64_t first_column, std::int64_t columns, std::int64_t rows) {
  if (rows == kRows) return multiply_panel<kRows>(in, k, panel, out, first_column, columns);
  if constexpr (kRows > 1) multiply_last_rows<kRows - 1>(in, k, panel, out, first_column, columns, rows);
}

void multiply_rows(const RowStage& stage, const float* weights, const float* const* in, float* const* out,
                   std::int64_t count) {
  for (std::int64_t column = 0; column < stage.out; column += kPanelColumns) {
    const float* panel = weights + column * stage.in;
    const std::int64_t columns = std::min(kPanelColumns, stage.out - column);
    std::int64_t row = 0;
    for (; row + kPanelRows <= count; row += kPanelRows) {
      multiply_panel<kPanelRows>(in + row, stage.in, panel, out + row, column, columns);
    }
    multiply_last_rows<kPanelRows - 1>(in + row, stage.in, panel, out + row, column, columns, count - row);
  }
}

void apply(const RowStage& stage, const float* weights, const float* const* in, float* const* out, std::int64_t count) {
  if (stage.kind == OperatorKind::matmul) return multiply_rows(stage, weights, in, out, count);
  for (std::int64_t row = 0; row < count; ++row) {
    if (stage.kind == OperatorKind::softmax) softmax_row(in[row], out[row], stage.in);
    if (stage.kind == OperatorKind::layer_norm) layer_norm_row(in[row], out[row], stage.in);
    if (stage.kind == OperatorKind::sum) sum_row(in[row], out[row], stage.in);
    if (stage.kind == OperatorKind::relu) for_each_lane(in[row], out[row], stage.in, ReluLanes());
    if (stage.kind == OperatorKind::gelu) for_each_lane(in[row], out[row], stage.in, GeluLanes());
    if (stage.kind == OperatorKind::silu) for_each_lane(in[row], out[row], stage.in, SiluLanes());
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {

HWY_EXPORT(apply);

void apply_stage(const RowStage& stage, const float* weights, const float* const* in, float* const* out,
                 std::int64_t count) {
  HWY_DYNAMIC_DISPATCH(apply)(stage, weights, in, out, count);
}

std::vector<float> packed_weights(const float* weights, std::int64_t in, std::int64_t out) {
  const std::int64_t panels = divided_up(out, kPanelColumns);
  std::vector<float> packed(static_cast<std::size_t>(panels * kPanelColumns * in), 0.0F);
  for (std::int64_t row = 0; row < in; ++row) {
    for (std::int64_t column = 0; column < out; ++column) {
      const std::int64_t panel = column / kPanelColumns;
      packed[static_cast<std::size_t>((panel * in + row) * kPanelColumns + column % kPanelColumns)] =
          weights[row * out + column];
    }
  }
  return packed;
}

}  // namespace hetscope
#endif  // HWY_ONCE

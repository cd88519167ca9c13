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

#include "kernels/dense/sum_lanes-inl.hpp"
#include "kernels/elimination/activation_lanes-inl.hpp"
#include "kernels/elimination/row_lanes-inl.hpp"

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

// Of layer normalisation: added to the variance.
constexpr float kVarianceFloor = 1e-5F;

void normalise_row(const float* in, float* out, std::int64_t count, const RowMoments& moments) {
  const Tag d;
  for_each_vector(
      in, count,
      [&](auto v, std::int64_t at) {
        hn::StoreU(hn::Mul(hn::Sub(v, hn::Set(d, moments.mean)), hn::Set(d, moments.scale)), d, out + at);
      },
      [&](float value, std::int64_t at) { out[at] = (value - moments.mean) * moments.scale; });
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
  normalise_row(in, out, count, {mean, 1.0F / std::sqrt(variance + kVarianceFloor)});
}

template <int kVectors, class D>
HWY_INLINE void vector_moments(D d, const float* first, std::span<const std::int64_t> elements, RowMoments* rows) {
  const auto lanes_of_d = static_cast<std::int64_t>(hn::Lanes(d));
  const auto part = hn::Set(d, 1.0F / static_cast<float>(elements.size()));
  hn::Vec<D> means[kVectors];
  total_across<kVectors>(d, first, elements, means,
                         [](auto total, auto value, int) HWY_ATTR { return hn::Add(total, value); });
  for (auto& mean : means) mean = hn::Mul(mean, part);
  hn::Vec<D> squares[kVectors];
  total_across<kVectors>(d, first, elements, squares, [&means](auto total, auto value, int v) HWY_ATTR {
    const auto difference = hn::Sub(value, means[v]);
    return hn::MulAdd(difference, difference, total);
  });
  for (int v = 0; v < kVectors; ++v) {
    const auto deviation = hn::Sqrt(hn::MulAdd(squares[v], part, hn::Set(d, kVarianceFloor)));
    hn::StoreInterleaved2(means[v], hn::Div(hn::Set(d, 1.0F), deviation), d, &rows[v * lanes_of_d].mean);
  }
}

RowMoments moments_of(const float* first, std::span<const std::int64_t> elements) {
  const auto count = static_cast<float>(elements.size());
  float sum = 0;
  for (const std::int64_t element : elements) sum += first[element];
  const float mean = sum / count;
  float square = 0;
  for (const std::int64_t element : elements) square += (first[element] - mean) * (first[element] - mean);
  return {mean, 1.0F / std::sqrt(square / count + kVarianceFloor)};
}

void find_moments_across(const float* first, std::span<const std::int64_t> elements, std::span<RowMoments> rows) {
  for_each_row_lane(
      std::ssize(rows),
      [&](std::int64_t row) HWY_ATTR { vector_moments<kChains>(Tag(), first + row, elements, &rows[row]); },
      [&](auto d, std::int64_t row) HWY_ATTR { vector_moments<1>(d, first + row, elements, &rows[row]); },
      [&](std::int64_t row) { rows[row] = moments_of(first + row, elements); });
}

void normalise_rows(std::span<const RowMoments> rows, const float* const* in, float* const* out, std::int64_t length) {
  for (std::size_t row = 0; row < rows.size(); ++row) normalise_row(in[row], out[row], length, rows[row]);
}

using PanelTag = hn::CappedTag<float, kPanelColumns>;
constexpr std::int64_t kPanelVectors =
    kPanelColumns / static_cast<std::int64_t>(HWY_LANES(float) < kPanelColumns ? HWY_LANES(float) : kPanelColumns);
// The sums of eight rows hide the latency of a multiply-add in any case.
constexpr std::int64_t kPanelRows = std::clamp(rows_of_sums(HETSCOPE_VECTOR_REGISTERS, kPanelVectors), 1, 8);

// Where a panel's columns of each row are stored.
struct PanelTarget {
  float* const* parts;   // of the first row
  std::int64_t step;     // from a row's part to the next row's
  std::int64_t first;    // column in its part
  std::int64_t columns;  // that are stored

  float* row(std::int64_t i) const { return parts[i * step] + first; }
  PanelTarget from_row(std::int64_t i) const { return {parts + i * step, step, first, columns}; }
};

// kRows rows by one panel.
template <std::int64_t kRows>
HWY_INLINE void multiply_panel(const float* const* in, std::int64_t k, const float* panel, const PanelTarget& out) {
  const PanelTag d;
  constexpr std::int64_t kStep = kPanelColumns / kPanelVectors;
  hn::Vec<PanelTag> sums[kRows][kPanelVectors];
  for (auto& row : sums) {
    for (auto& sum : row) sum = hn::Zero(d);
  }
  for (std::int64_t i = 0; i < k; ++i) {
    hn::Vec<PanelTag> right[kPanelVectors];
    for (std::int64_t v = 0; v < kPanelVectors; ++v) right[v] = hn::LoadU(d, panel + i * kPanelColumns + v * kStep);
    for (std::int64_t row = 0; row < kRows; ++row) {
      const auto left = hn::Set(d, in[row][i]);
      for (std::int64_t v = 0; v < kPanelVectors; ++v) sums[row][v] = hn::MulAdd(left, right[v], sums[row][v]);
    }
  }
  for (std::int64_t row = 0; row < kRows; ++row) {
    if (out.columns == kPanelColumns) {
      for (std::int64_t v = 0; v < kPanelVectors; ++v) hn::StoreU(sums[row][v], d, out.row(row) + v * kStep);
      continue;
    }
    HWY_ALIGN float whole[kPanelColumns];
    for (std::int64_t v = 0; v < kPanelVectors; ++v) hn::StoreU(sums[row][v], d, whole + v * kStep);
    std::copy_n(whole, out.columns, out.row(row));
  }
}

template <std::int64_t kRows>
HWY_INLINE void multiply_few_rows(const float* const* in, std::int64_t k, const float* panel, const PanelTarget& out,
                                  std::int64_t rows) {
  if (rows == kRows) return multiply_panel<kRows>(in, k, panel, out);
  if constexpr (kRows > 1) multiply_few_rows<kRows - 1>(in, k, panel, out, rows);
}

void multiply_rows(const RowStage& stage, const float* weights, const float* const* in, float* const* out,
                   std::int64_t part, std::int64_t count) {
  for (std::int64_t column = 0; column < stage.out; column += kPanelColumns) {
    const float* panel = weights + column * stage.in;
    const PanelTarget target{out + column / part, stage.out / part, column % part,
                             std::min(kPanelColumns, stage.out - column)};
    // In groups of about as many rows: one row alone would wait for each multiply-add.
    std::int64_t row = 0;
    for (std::int64_t groups = divided_up(count, kPanelRows); groups > 0; --groups) {
      const std::int64_t rows = divided_up(count - row, groups);
      multiply_few_rows<kPanelRows>(in + row, stage.in, panel, target.from_row(row), rows);
      row += rows;
    }
  }
}

void apply(const RowStage& stage, const float* weights, const float* const* in, float* const* out, std::int64_t part,
           std::int64_t count) {
  if (stage.kind == OperatorKind::matmul) return multiply_rows(stage, weights, in, out, part, count);
  for (std::int64_t row = 0; row < count; ++row) {
    if (stage.kind == OperatorKind::softmax) softmax_row(in[row], out[row], stage.in);
    if (stage.kind == OperatorKind::layer_norm) layer_norm_row(in[row], out[row], stage.in);
    if (stage.kind == OperatorKind::sum) *out[row] = sum_of_run(in[row], stage.in);
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
HWY_EXPORT(find_moments_across);
HWY_EXPORT(normalise_rows);

std::int64_t written_at_once(const RowStage& stage) {
  return stage.kind == OperatorKind::matmul ? kPanelColumns : stage.out;
}

void apply_stage(const RowStage& stage, const float* weights, const float* const* in, float* const* out,
                 std::int64_t part, std::int64_t count) {
  HWY_DYNAMIC_DISPATCH(apply)(stage, weights, in, out, part, count);
}

void moments_across(const float* first, std::span<const std::int64_t> elements, std::span<RowMoments> rows) {
  HWY_DYNAMIC_DISPATCH(find_moments_across)(first, elements, rows);
}

void normalise(std::span<const RowMoments> rows, const float* const* in, float* const* out, std::int64_t length) {
  HWY_DYNAMIC_DISPATCH(normalise_rows)(rows, in, out, length);
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

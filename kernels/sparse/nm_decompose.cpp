// nm_decompose: a matrix's approximation by an ordered series of N:M terms. What it costs decides whether activations
// can be decomposed between two layers (TASD-A, arXiv 2403.07953); for weights it happens once. Values are copied
// unchanged, so results are bit-equal.
//   useful bytes = elements read once + slots written once (value and 8-bit index)
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "harness/core/error.hpp"
#include "kernels/registration.hpp"
#include "kernels/sparse/inputs.hpp"
#include "kernels/sparse/nm_pattern.hpp"
#include "kernels/sparse/sparse_axes.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kMaxElements = std::int64_t{1} << 30;

// The definition, one block after the other: N times, the largest magnitude that is left; the lower index wins a tie.
void keep_largest(const NmPattern& term, HostTensor& left, HostTensor& kept) {
  const std::int64_t rows = left.shape()[0];
  const std::int64_t cols = left.shape()[1];
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t first = 0; first < cols; first += term.m) {
      for (int n = 0; n < term.n; ++n) {
        std::int64_t best = -1;
        for (std::int64_t col = first; col < std::min(first + term.m, cols); ++col) {
          const double magnitude = std::abs(left.get(row * cols + col));
          if (magnitude > (best < 0 ? 0.0 : std::abs(left.get(best)))) best = row * cols + col;
        }
        if (best < 0) break;
        kept.set(best, left.get(best));
        left.set(best, 0);
      }
    }
  }
}

class NmDecompose final : public Operation {
 public:
  std::string_view name() const noexcept override { return "nm_decompose"; }

  std::span<const AxisSpec> axes() const override {
    static const std::vector<AxisSpec> kAxes = [] {
      std::vector<AxisSpec> axes = {
          {"shape", AxisType::dims, "rows x columns; blocks run along the columns", std::nullopt, {}},
          {"dtype", AxisType::text, "element type", AxisValue(std::string("f32")), {"f32", "f16", "i8"}},
      };
      for (const AxisSpec& axis : sparse_input_axes()) axes.push_back(axis);
      axes.push_back(series_axis());
      return axes;
    }();
    return kAxes;
  }

  void validate(const Case& item) const override {
    const Dims shape = item.dims("shape");
    if (shape.size() != 2) throw Error("a matrix's shape is not of rank 2", item.line(), "give rows x columns");
    if (shape[0] < 1 || shape[1] < 1 || shape[0] > kMaxElements / shape[1]) {
      throw Error("the matrix has more than 2^30 elements, or none", item.line(), "give another shape");
    }
    check_sparse_input(sparse_input_of(item, shape[0], shape[1]), item.line());
    series_of(item);
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const Dims shape = item.dims("shape");
    SparseInput input = sparse_input_of(item, shape[0], shape[1]);
    input.seed += seed;
    const std::vector<float> values = make_sparse_input(input);
    HostTensor matrix(parse_dtype(item.text("dtype")), Shape(shape), Layout::row_major(2));
    for (std::size_t i = 0; i < values.size(); ++i) {
      matrix.set(static_cast<std::int64_t>(i), stored_entry(values[i], matrix.dtype()));
    }
    std::vector<Operand> result;
    result.push_back({"matrix", Lifetime::per_run, std::move(matrix)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    const HostTensor& matrix = inputs[0].tensor;
    HostTensor left = matrix.clone();
    HostTensor kept(matrix.view());
    const Series series = series_of(item);
    for (const NmPattern& term : series.terms()) keep_largest(term, left, kept);
    std::vector<Expectation> result;
    result.push_back({std::move(kept), {}, {}});
    return result;
  }

  Tolerance tolerance(const Case&) const override { return {}; }

  Work useful_work(const Case& item) const override {
    const Dims shape = item.dims("shape");
    const auto width = static_cast<std::int64_t>(size_of(parse_dtype(item.text("dtype"))));
    const Series series = series_of(item);
    std::int64_t slots = 0;
    for (const NmPattern& term : series.terms()) slots += (shape[1] + term.m - 1) / term.m * term.n;
    return {shape[0] * (shape[1] * width + slots * (width + 1)), 0};
  }
};

}  // namespace

HETSCOPE_DEFINE_OPERATION(nm_decompose, NmDecompose)

}  // namespace hetscope

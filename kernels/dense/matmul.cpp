// matmul: y = a b. The left operand is constant (weights), the right one is new for every run (activations). f16 is
// stored and summed in f32; i8 is quantised, with a scale for each operand and the result.
//   useful bytes = (m k + k n + m n) times the type's size, useful flops (or integer operations) = 2 m n k
#include "kernels/dense/matmul.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/core/error.hpp"
#include "kernels/dense/matmul_reference.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kMaxExtent = std::int64_t{1} << 20;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 30;

class Matmul final : public Operation {
 public:
  std::string_view name() const noexcept override { return "matmul"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 4> kAxes = {
        AxisSpec{"m", AxisType::integer, "rows of the left operand and of the result", std::nullopt, {}},
        AxisSpec{"n", AxisType::integer, "columns of the right operand and of the result", std::nullopt, {}},
        AxisSpec{"k", AxisType::integer, "length of the sums", std::nullopt, {}},
        AxisSpec{"dtype", AxisType::text, "element type", AxisValue(std::string("f32")), {"f32", "f16", "i8"}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const MatmulProblem problem(item);
    check_matmul_extents(problem.m, problem.n, problem.k, item.line());
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const MatmulProblem problem(item);
    Random random(seed);
    HostTensor left(problem.dtype, Shape{problem.m, problem.k}, Layout::row_major(2));
    left.fill_random(random);
    HostTensor right(problem.dtype, Shape{problem.k, problem.n}, Layout::row_major(2));
    right.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"a", Lifetime::constant, std::move(left)});
    result.push_back({"b", Lifetime::per_run, std::move(right)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    std::vector<Expectation> result;
    result.push_back(matmul_reference(inputs[kMatmulLeft].tensor, inputs[kMatmulRight].tensor));
    const MatmulProblem problem(item);
    if (problem.dtype != DType::i8) return result;
    // In steps of the result; rounding to whole ones is the tolerance's affair.
    const double step = kMatmulI8Step;
    const double factor = step * step / static_cast<double>(matmul_i8_result_step(problem.k));
    for (double& value : result[0].values) value = std::clamp(value * factor, -128.0, 127.0);
    for (double& magnitude : result[0].magnitudes) magnitude *= factor;
    return result;
  }

  Tolerance tolerance(const Case& item) const override {
    const MatmulProblem problem(item);
    Tolerance tolerance = matmul_tolerance(problem.k, problem.dtype);
    // Rounded to a step, by half of it, and integer arithmetic may requantise by a factor of few bits: as much again.
    if (problem.dtype == DType::i8) tolerance.atol = 1;
    return tolerance;
  }

  std::span<const std::string> split_axes() const override {
    static const std::array<std::string, 3> kAxes = {"rows", "columns", "reduction"};
    return kAxes;
  }

  std::int64_t split_extent(const Case& item, std::string_view axis) const override {
    const MatmulProblem problem(item);
    if (axis == "rows") return problem.m;
    if (axis == "columns") return problem.n;
    if (axis == "reduction") return problem.k;
    return Operation::split_extent(item, axis);
  }

  std::vector<TensorView> output_views(const Case& item) const override {
    const MatmulProblem problem(item);
    return {TensorView(problem.dtype, Shape{problem.m, problem.n}, Layout::row_major(2))};
  }

  Support allows_part(const Case& item, std::string_view axis, std::int64_t, std::int64_t) const override {
    if (axis != "reduction" || MatmulProblem(item).dtype != DType::i8) return Support::yes();
    return Support::no("i8 of a part of a sum stands for multiples of another step");
  }

  PartialProblem part_of(const Case& item, std::string_view axis, std::int64_t begin, std::int64_t end) const override {
    const auto [m, n, k, dtype] = MatmulProblem(item);
    const std::int64_t extent = end - begin;
    PartialProblem part{item, {whole_of({m, k}), whole_of({k, n})}, {whole_of({m, n})}, false};
    if (axis == "rows") {
      part.item.set("m", extent);
      part.inputs[kMatmulLeft] = {{begin, 0}, {extent, k}};
      part.outputs[0] = {{begin, 0}, {extent, n}};
    } else if (axis == "columns") {
      part.item.set("n", extent);
      part.inputs[kMatmulRight] = {{0, begin}, {k, extent}};
      part.outputs[0] = {{0, begin}, {m, extent}};
    } else if (axis == "reduction") {
      part.item.set("k", extent);
      part.inputs[kMatmulLeft] = {{0, begin}, {m, extent}};
      part.inputs[kMatmulRight] = {{begin, 0}, {extent, n}};
      part.adds = true;
    } else {
      return Operation::part_of(item, axis, begin, end);
    }
    return part;
  }

  Work useful_work(const Case& item) const override {
    const auto [m, n, k, dtype] = MatmulProblem(item);
    return {static_cast<std::int64_t>(size_of(dtype)) * (m * k + k * n + m * n), 2 * m * n * k};
  }
};

}  // namespace

float matmul_i8_result_step(std::int64_t k) {
  return static_cast<float>(4 * std::sqrt(static_cast<double>(k)) / 3 / 127);
}

float matmul_i8_factor(std::int64_t k) { return kMatmulI8Step * kMatmulI8Step / matmul_i8_result_step(k); }

Support supports_f32_alone(const Case& item) {
  if (item.text("dtype") == "f32") return Support::yes();
  return Support::no("computes f32 only");
}

void check_matmul_extents(std::int64_t m, std::int64_t n, std::int64_t k, const std::string& where,
                          std::int64_t heads) {
  for (const std::int64_t extent : {heads, m, n, k}) {
    if (extent < 1 || extent > kMaxExtent) {
      throw Error("extent " + std::to_string(extent) + " is not from 1 to 2^20", where, "give smaller extents");
    }
  }
  if (heads * std::max({m * k, k * n, m * n}) > kMaxElements) {
    throw Error("an operand has more than 2^30 elements", where, "give smaller extents");
  }
}

HETSCOPE_DEFINE_OPERATION(matmul, Matmul)

}  // namespace hetscope

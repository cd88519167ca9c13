// matmul: y = a b. The left operand is constant (weights), the right one is new for every run (activations).
//   useful bytes = 4 (m k + k n + m n), useful flops = 2 m n k
#include "kernels/dense/matmul.hpp"

#include <Eigen/Core>
#include <array>

#include "harness/core/error.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::int64_t kMaxExtent = std::int64_t{1} << 20;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 30;

Matrix in_f64(const HostTensor& tensor) {
  return Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
             tensor.as<float>(), tensor.shape()[0], tensor.shape()[1])
      .cast<double>();
}

class Matmul final : public Operation {
 public:
  std::string_view name() const noexcept override { return "matmul"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 4> kAxes = {
        AxisSpec{"m", AxisType::integer, "rows of the left operand and of the result", std::nullopt, {}},
        AxisSpec{"n", AxisType::integer, "columns of the right operand and of the result", std::nullopt, {}},
        AxisSpec{"k", AxisType::integer, "length of the sums", std::nullopt, {}},
        AxisSpec{"dtype", AxisType::text, "element type", AxisValue(std::string("f32")), {"f32"}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const MatmulProblem problem(item);
    for (const std::int64_t extent : {problem.m, problem.n, problem.k}) {
      if (extent < 1 || extent > kMaxExtent) {
        throw Error("extent " + std::to_string(extent) + " is not from 1 to 2^20", item.line(), "give smaller m, n, k");
      }
    }
    if (problem.m * problem.k > kMaxElements || problem.k * problem.n > kMaxElements ||
        problem.m * problem.n > kMaxElements) {
      throw Error("an operand has more than 2^30 elements", item.line(), "give smaller m, n, k");
    }
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const MatmulProblem problem(item);
    Random random(seed);
    HostTensor left(DType::f32, Shape{problem.m, problem.k}, Layout::row_major(2));
    left.fill_random(random);
    HostTensor right(DType::f32, Shape{problem.k, problem.n}, Layout::row_major(2));
    right.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"a", Lifetime::constant, std::move(left)});
    result.push_back({"b", Lifetime::per_run, std::move(right)});
    return result;
  }

  std::vector<Expectation> reference(const Case&, std::span<const Operand> inputs) const override {
    const Matrix left = in_f64(inputs[kMatmulLeft].tensor);
    const Matrix right = in_f64(inputs[kMatmulRight].tensor);
    const Matrix values = left * right;
    const Matrix magnitudes = left.cwiseAbs() * right.cwiseAbs();
    Expectation expectation;
    expectation.values.assign(values.data(), values.data() + values.size());
    expectation.magnitudes.assign(magnitudes.data(), magnitudes.data() + magnitudes.size());
    std::vector<Expectation> result;
    result.push_back(std::move(expectation));
    return result;
  }

  // The bound of any order of summation: k roundings of at most 2^-24 each (Higham, Accuracy and Stability of Numerical
  // Algorithms, section 3.1).
  Tolerance tolerance(const Case& item) const override {
    return {0, static_cast<double>(MatmulProblem(item).k) * 0x1p-24};
  }

  Work useful_work(const Case& item) const override {
    const auto [m, n, k] = MatmulProblem(item);
    return {4 * (m * k + k * n + m * n), 2 * m * n * k};
  }
};

}  // namespace

HETSCOPE_DEFINE_OPERATION(matmul, Matmul)

}  // namespace hetscope

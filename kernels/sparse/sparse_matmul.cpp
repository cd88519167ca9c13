// sparse_matmul: c = a b with a sparse. With left=weights the left operand is constant and the right one new for every
// run; with left=activations it is the other way round. Kernels that use the zeros, kernels that do not, and kernels
// that approximate a by a series of N:M terms answer the same problem, so that a group compares them in the same
// rounds.
//   useful bytes = nonzeros, k n and m n elements of their types, useful flops = 2 nonzeros n
#include "kernels/sparse/sparse_matmul.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/core/error.hpp"
#include "harness/kernel/sliced_operation.hpp"
#include "kernels/dense/matmul.hpp"
#include "kernels/dense/matmul_reference.hpp"
#include "kernels/registration.hpp"
#include "kernels/sparse/sparse_axes.hpp"

namespace hetscope {
namespace {

// The tolerance is that of k products; a row that has fewer of them is wrong by less, and its magnitudes say so.
void bound_by_nonzeros(const SparseMatmulProblem& problem, const HostTensor& left, Expectation& expectation) {
  const std::vector<double> values = row_major_values(left);
  const double of_all = matmul_tolerance(problem.k, problem.dtype).rtol;
  for (std::int64_t row = 0; row < problem.m; ++row) {
    const auto* const begin = values.data() + row * problem.k;
    const std::int64_t nonzeros = problem.k - std::count(begin, begin + problem.k, 0.0);
    const double share = matmul_tolerance(nonzeros, problem.dtype).rtol / of_all;
    for (std::int64_t column = 0; column < problem.n; ++column) {
      expectation.magnitudes[static_cast<std::size_t>(row * problem.n + column)] *= share;
    }
  }
}

class SparseMatmul final : public SlicedOperation {
 public:
  std::string_view name() const noexcept override { return "sparse_matmul"; }

  std::span<const AxisSpec> axes() const override {
    static const std::vector<AxisSpec> kAxes = [] {
      std::vector<AxisSpec> axes = {
          {"shape", AxisType::dims, "m x k x n: rows of a, length of the sums, columns of b", std::nullopt, {}},
          {"dtype",
           AxisType::text,
           "type of a and b; c has the same, but i32 of i8",
           AxisValue(std::string("f32")),
           {"f32", "f16", "i8"}},
      };
      for (const AxisSpec& axis : sparse_input_axes()) axes.push_back(axis);
      axes.push_back({"left",
                      AxisType::text,
                      "what a is: weights, known before the run, or activations, new for every run",
                      AxisValue(std::string("weights")),
                      {"weights", "activations"}});
      return axes;
    }();
    return kAxes;
  }

  void validate(const Case& item) const override {
    const SparseMatmulProblem problem(item);
    check_matmul_extents(problem.m, problem.n, problem.k, item.line());
    check_sparse_input(problem.input, item.line());
    if (item.has("series")) series_of(item);
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const SparseMatmulProblem problem(item);
    SparseInput input = problem.input;
    input.seed += seed;
    const std::vector<float> values = make_sparse_input(input);
    HostTensor left(problem.dtype, Shape{problem.m, problem.k}, Layout::row_major(2));
    for (std::size_t i = 0; i < values.size(); ++i) {
      left.set(static_cast<std::int64_t>(i), stored_entry(values[i], problem.dtype));
    }
    HostTensor right(problem.dtype, Shape{problem.k, problem.n}, Layout::row_major(2));
    Random random(~input.seed);
    right.fill_random(random);
    std::vector<Operand> result;
    const bool is_weights = item.text("left") == "weights";
    result.push_back({"a", is_weights ? Lifetime::constant : Lifetime::per_run, std::move(left)});
    result.push_back({"b", is_weights ? Lifetime::per_run : Lifetime::constant, std::move(right)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    std::vector<Expectation> result;
    result.push_back(matmul_reference(inputs[kSparseLeft].tensor, inputs[kSparseRight].tensor));
    bound_by_nonzeros(SparseMatmulProblem(item), inputs[kSparseLeft].tensor, result[0]);
    return result;
  }

  Tolerance tolerance(const Case& item) const override {
    const SparseMatmulProblem problem(item);
    return problem.dtype == DType::i8 ? Tolerance{} : matmul_tolerance(problem.k, problem.dtype);
  }

  Work useful_work(const Case& item) const override {
    const SparseMatmulProblem problem(item);
    return problem.work(problem.nonzeros(), static_cast<std::int64_t>(size_of(problem.dtype)) * problem.nonzeros());
  }

  // Along the others a series of each part would keep other entries than that of the whole.
  std::span<const std::string> split_axes() const override {
    static const std::array<std::string, 1> kAxes = {"rows"};
    return kAxes;
  }

 protected:
  Slicing slicing(const Case& item, int dimension) const override {
    const SparseMatmulProblem problem(item);
    const auto matrix = [](DType dtype, std::int64_t rows, std::int64_t columns) {
      return TensorView(dtype, Shape{rows, columns}, Layout::row_major(2));
    };
    return {{{matrix(problem.dtype, problem.m, problem.k), dimension}, {matrix(problem.dtype, problem.k, problem.n)}},
            {{matrix(problem.result_type(), problem.m, problem.n), dimension}}};
  }
};

}  // namespace

SparseMatmulProblem::SparseMatmulProblem(const Case& item) {
  const Dims shape = item.dims("shape");
  if (shape.size() != 3) throw Error("a matrix product's shape is not of rank 3", item.line(), "give m x k x n");
  m = shape[0];
  k = shape[1];
  n = shape[2];
  dtype = parse_dtype(item.text_or("dtype", "f32"));
  input = sparse_input_of(item, m, k);
}

Support needs_constant_left(const Case& item) {
  if (item.text("left") == "weights") return Support::yes();
  return Support::no("packs its left operand before the run, which activations are not there for");
}

Support needs_constant_f32_left(const Case& item) {
  const Support f32 = supports_f32_alone(item);
  return f32 ? needs_constant_left(item) : f32;
}

std::int64_t SparseMatmulProblem::nonzeros() const {
  return std::llround(static_cast<double>(m * k) * (1 - input.sparsity));
}

Work SparseMatmulProblem::work(std::int64_t multiply_adds_per_column, std::int64_t left_bytes) const {
  const auto right_bytes = static_cast<std::int64_t>(size_of(dtype)) * k * n;
  return {left_bytes + right_bytes + static_cast<std::int64_t>(size_of(result_type())) * m * n,
          2 * multiply_adds_per_column * n};
}

HETSCOPE_DEFINE_OPERATION(sparse_matmul, SparseMatmul)

}  // namespace hetscope

// batch_matmul: for each head a product of two activations, both new for every run, as attention has them: queries by
// keys, whose heads are stored transposed, and probabilities by values.
//   useful bytes = heads (m k + k n + m n) times the type's size, useful flops = 2 heads m n k
#include "kernels/dense/batch_matmul.hpp"

#include <array>

#include "harness/core/error.hpp"
#include "harness/kernel/sliced_operation.hpp"
#include "kernels/dense/matmul.hpp"
#include "kernels/dense/matmul_reference.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kTransposedHeads = "order:0,2,1";

// One head of a tensor of rank 3 whose heads lie one behind the other, in the same memory.
HostTensor head_of(const HostTensor& tensor, std::int64_t head) {
  const Shape shape{tensor.shape()[1], tensor.shape()[2]};
  const bool is_transposed = tensor.layout() == Layout::parse(kTransposedHeads, 3);
  const TensorView view(tensor.dtype(), shape, is_transposed ? Layout({1, 0}) : Layout::row_major(2));
  // Only read: a borrowed tensor is of writable memory.
  auto* const bytes = const_cast<std::byte*>(tensor.data());
  return HostTensor::borrowing(view, bytes + head * view.storage_bytes());
}

class BatchMatmul final : public SlicedOperation {
 public:
  std::string_view name() const noexcept override { return "batch_matmul"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 3> kAxes = {
        AxisSpec{"shape",
                 AxisType::dims,
                 "heads x m x k x n: products, rows of a, length of the sums, columns of b",
                 std::nullopt,
                 {}},
        AxisSpec{"right_layout",
                 AxisType::text,
                 "how b, heads x k x n, is stored: order:0,2,1 is transposed, as keys are",
                 AxisValue(std::string("order:0,1,2")),
                 {"order:0,1,2", std::string(kTransposedHeads)}},
        AxisSpec{"dtype", AxisType::text, "element type", AxisValue(std::string("f32")), {"f32", "f16"}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const BatchMatmulProblem problem(item);
    check_matmul_extents(problem.m, problem.n, problem.k, item.line(), problem.heads);
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const BatchMatmulProblem problem(item);
    Random random(seed);
    HostTensor left(problem.left());
    left.fill_random(random);
    HostTensor right(problem.right());
    right.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"a", Lifetime::per_run, std::move(left)});
    result.push_back({"b", Lifetime::per_run, std::move(right)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    const BatchMatmulProblem problem(item);
    std::vector<Expectation> result(1);
    for (std::int64_t head = 0; head < problem.heads; ++head) {
      const Expectation one =
          matmul_reference(head_of(inputs[kBatchLeft].tensor, head), head_of(inputs[kBatchRight].tensor, head));
      result[0].values.insert(result[0].values.end(), one.values.begin(), one.values.end());
      result[0].magnitudes.insert(result[0].magnitudes.end(), one.magnitudes.begin(), one.magnitudes.end());
    }
    return result;
  }

  Tolerance tolerance(const Case& item) const override {
    const BatchMatmulProblem problem(item);
    return matmul_tolerance(problem.k, problem.dtype);
  }

  Work useful_work(const Case& item) const override {
    const BatchMatmulProblem problem(item);
    return {problem.left().storage_bytes() + problem.right().storage_bytes() + problem.result().storage_bytes(),
            2 * problem.heads * problem.m * problem.n * problem.k};
  }

  std::span<const std::string> split_axes() const override {
    static const std::array<std::string, 4> kAxes = {"heads", "rows", "reduction", "columns"};
    return kAxes;
  }

 protected:
  Slicing slicing(const Case& item, int dimension) const override {
    constexpr int kWhole = SlicedOperand::kWhole;
    constexpr std::array<std::array<int, 3>, 4> kCut = {{{0, 0, 0}, {1, kWhole, 1}, {2, 1, kWhole}, {kWhole, 2, 2}}};
    const BatchMatmulProblem problem(item);
    const auto [left, right, result] = kCut[static_cast<std::size_t>(dimension)];
    return {{{problem.left(), left}, {problem.right(), right}}, {{problem.result(), result}}, result == kWhole};
  }
};

}  // namespace

BatchMatmulProblem::BatchMatmulProblem(const Case& item)
    : dtype(parse_dtype(item.text("dtype"))), is_right_transposed(item.text("right_layout") == kTransposedHeads) {
  const Dims shape = item.dims("shape");
  if (shape.size() != 4) throw Error("the shape is not of rank 4", item.line(), "give heads x m x k x n");
  heads = shape[0];
  m = shape[1];
  k = shape[2];
  n = shape[3];
}

TensorView BatchMatmulProblem::left() const { return {dtype, Shape{heads, m, k}, Layout::row_major(3)}; }

TensorView BatchMatmulProblem::right() const {
  return {dtype, Shape{heads, k, n}, is_right_transposed ? Layout::parse(kTransposedHeads, 3) : Layout::row_major(3)};
}

TensorView BatchMatmulProblem::result() const { return {dtype, Shape{heads, m, n}, Layout::row_major(3)}; }

HETSCOPE_DEFINE_OPERATION(batch_matmul, BatchMatmul)

}  // namespace hetscope

// operator_pair: a producer and a consumer, one of SmartMem's 16 cells (ASPLOS 2024, table 5) by their classes. A pair
// of movements and ReLUs is bit-equal; others are checked against f64 with a bound that follows the roundings.
//   useful bytes = elements of x that y depends on, y and weights, 4 bytes each
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "harness/core/error.hpp"
#include "kernels/elimination/bounded.hpp"
#include "kernels/elimination/pair_plan.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kMaxElements = std::int64_t{1} << 27;
constexpr std::int64_t kMaxRow = std::int64_t{1} << 16;

bool is_exact(const PairOperator& item) { return item.is_movement() || item.kind == OperatorKind::relu; }

// Inputs are x and the right operands of the matmuls, in their order.
Bounded applied(const PairOperator& item, Bounded in, std::span<const Operand> inputs, std::size_t& next_weights) {
  switch (item.kind) {
    case OperatorKind::movement:
      return moved(item.map(in.shape), in);
    case OperatorKind::matmul:
      return product_of(item.columns, in, inputs[next_weights++].tensor);
    default:
      return applied_to_rows(item.kind, std::move(in));
  }
}

class OperatorPair final : public Operation {
 public:
  std::string_view name() const noexcept override { return "operator_pair"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 5> kAxes = {
        AxisSpec{"shape", AxisType::dims, "extents of the input x in elements, rank 1 to 6", std::nullopt, {}},
        AxisSpec{"dtype", AxisType::text, "element type", AxisValue(std::string("f32")), {"f32"}},
        AxisSpec{"first",
                 AxisType::text,
                 "the producer: matmul:N, softmax, layer_norm, sum, relu, gelu, silu, or movements with / between them",
                 std::nullopt,
                 {}},
        AxisSpec{"second", AxisType::text, "the consumer, likewise", std::nullopt, {}},
        AxisSpec{"between", AxisType::text, "movements between them; absent: none", std::nullopt, {}, false},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const Shape shape(item.dims("shape"));
    if (shape.rank() < 1 || shape.rank() > IndexMap::kMaxRank) {
      throw Error("shape " + shape.to_string() + " has rank " + std::to_string(shape.rank()), item.line(),
                  "give 1 to 6 extents");
    }
    if (shape.element_count() > kMaxElements) {
      throw Error("shape " + shape.to_string() + " has more than 2^27 elements", item.line(), "give a smaller shape");
    }
    const PairProblem problem(item);
    for (const Shape& made : {problem.u, problem.v, problem.y}) {
      if (made.rank() < 1) throw Error("an operator makes a scalar", item.line(), "keep at least one dimension");
      if (made.element_count() > kMaxElements) {
        throw Error("an operator makes more than 2^27 elements", item.line(), "give a smaller shape");
      }
    }
    check_row(problem.first, problem.x, item);
    check_row(problem.second, problem.v, item);
    if (problem.between && !problem.between->is_movement()) {
      throw Error("between=" + item.text("between") + " is no movement", item.line(),
                  "give reshapes, transposes, slices, gathers or rolls");
    }
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const PairProblem problem(item);
    Random random(seed);
    std::vector<Operand> result;
    result.push_back({"x", Lifetime::per_run, random_tensor(problem.x, random)});
    append_weights(problem.first, problem.x, random, result);
    append_weights(problem.second, problem.v, random, result);
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    const PairProblem problem(item);
    const auto elements = static_cast<std::size_t>(problem.x.element_count());
    Bounded tensor{problem.x, std::vector<double>(elements), std::vector<double>(elements, 0)};
    std::copy_n(inputs[0].tensor.as<float>(), elements, tensor.values.begin());
    std::size_t next_weights = 1;
    tensor = applied(problem.first, std::move(tensor), inputs, next_weights);
    if (problem.between) tensor = moved(problem.between->map(problem.u), tensor);
    tensor = applied(problem.second, std::move(tensor), inputs, next_weights);
    std::vector<Expectation> result(1);
    if (is_exact(problem.first) && is_exact(problem.second)) {
      HostTensor exact(DType::f32, problem.y, Layout::row_major(problem.y.rank()));
      std::ranges::transform(tensor.values, exact.as<float>(), [](double value) { return static_cast<float>(value); });
      result[0].exact = std::move(exact);
      return result;
    }
    result[0].values = std::move(tensor.values);
    result[0].magnitudes = std::move(tensor.errors);
    return result;
  }

  Tolerance tolerance(const Case& item) const override {
    const PairProblem problem(item);
    if (is_exact(problem.first) && is_exact(problem.second)) return {};
    return {0, 0x1p-24};
  }

  Work useful_work(const Case& item) const override {
    const PairProblem problem(item);
    Work work = plan_pair(problem, PairMethod::op_by_op).work();
    double read = static_cast<double>(problem.x.element_count());
    // A selection leaves the rest alone; what an operator makes of its rows does not change how many are needed.
    if (problem.first.is_movement()) read = std::min(read, static_cast<double>(problem.u.element_count()));
    read *=
        std::min(1.0, static_cast<double>(problem.v.element_count()) / static_cast<double>(problem.u.element_count()));
    if (problem.second.is_movement()) {
      const auto made = static_cast<double>(problem.v.element_count());
      read *= std::min(1.0, static_cast<double>(problem.y.element_count()) / made);
    }
    work.bytes = 4 * (static_cast<std::int64_t>(read) + problem.y.element_count() + weight_elements(problem));
    return work;
  }

 private:
  static void check_row(const PairOperator& item, const Shape& input, const Case& where) {
    if (item.is_movement()) return;
    const std::int64_t row = input[input.rank() - 1];
    if (row > kMaxRow || item.columns > kMaxRow) {
      throw Error("a row of more than 2^16 elements", where.line(), "give shorter rows or fewer columns");
    }
    if (item.columns > 0 && row > kMaxElements / item.columns) {
      throw Error("a right operand of more than 2^27 elements", where.line(), "give shorter rows or fewer columns");
    }
  }

  static HostTensor random_tensor(const Shape& shape, Random& random) {
    HostTensor tensor(DType::f32, shape, Layout::row_major(shape.rank()));
    tensor.fill_random(random);
    return tensor;
  }

  static void append_weights(const PairOperator& item, const Shape& input, Random& random,
                             std::vector<Operand>& operands) {
    if (item.kind != OperatorKind::matmul) return;
    operands.push_back(
        {"weights", Lifetime::constant, random_tensor(Shape{input[input.rank() - 1], item.columns}, random)});
  }

  static std::int64_t weight_elements(const PairProblem& problem) {
    return problem.x[problem.x.rank() - 1] * problem.first.columns +
           problem.v[problem.v.rank() - 1] * problem.second.columns;
  }
};

}  // namespace

HETSCOPE_DEFINE_OPERATION(operator_pair, OperatorPair)

}  // namespace hetscope

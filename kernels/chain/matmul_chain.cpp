// matmul_chain: layers of square products in f32. Each row of a weight has a 1 and, where there is a second column, a
// -1, and x[0] whole numbers up to 127: every intermediate result is a whole number below 2^24, so that any order of
// summation gives the same bits and a wrong layer cannot hide in a tolerance. From five layers on numbers may exceed
// 2048, and one computed in f16 cannot either.
//   useful bytes = 4 (layers width^2 + 2 width columns), useful flops = 2 layers width^2 columns
#include "kernels/chain/matmul_chain.hpp"

#include <array>

#include "harness/core/error.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// 127 * 2^16 < 2^24.
constexpr std::int64_t kMostLayers = 16;
constexpr std::int64_t kMostExtent = std::int64_t{1} << 14;

HostTensor weights(std::int64_t width, Random& random) {
  HostTensor tensor(DType::f32, Shape{width, width}, Layout::row_major(2));
  const auto any_of = [&](std::int64_t count) {
    return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(count)));
  };
  for (std::int64_t row = 0; row < width; ++row) {
    const std::int64_t plus = any_of(width);
    tensor.set(row * width + plus, 1);
    if (width == 1) continue;
    const std::int64_t minus = any_of(width - 1);  // of the other columns
    tensor.set(row * width + minus + (minus >= plus ? 1 : 0), -1);
  }
  return tensor;
}

class MatmulChain final : public Operation {
 public:
  std::string_view name() const noexcept override { return "matmul_chain"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 4> kAxes = {
        AxisSpec{.name = "layers",
                 .type = AxisType::integer,
                 .meaning = "products one after the other, from 1 to 16",
                 .fallback = AxisValue(std::int64_t{16}),
                 .choices = {},
                 .least = 1},
        AxisSpec{.name = "width",
                 .type = AxisType::integer,
                 .meaning = "rows and columns of each weight",
                 .fallback = std::nullopt,
                 .choices = {},
                 .least = 1},
        AxisSpec{.name = "columns",
                 .type = AxisType::integer,
                 .meaning = "columns of what passes through",
                 .fallback = std::nullopt,
                 .choices = {},
                 .least = 1},
        AxisSpec{"dtype", AxisType::text, "element type", AxisValue(std::string("f32")), {"f32"}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const ChainProblem problem(item);
    if (problem.layers > kMostLayers) throw Error("more than 16 layers", item.line(), "give fewer");
    if (problem.width > kMostExtent || problem.columns > kMostExtent) {
      throw Error("width or columns above 2^14", item.line(), "give less");
    }
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const ChainProblem problem(item);
    Random random(seed);
    std::vector<Operand> result;
    for (std::int64_t layer = 0; layer < problem.layers; ++layer) {
      result.push_back({"w" + std::to_string(layer), Lifetime::constant, weights(problem.width, random)});
    }
    HostTensor x(DType::f32, Shape{problem.width, problem.columns}, Layout::row_major(2));
    for (std::int64_t i = 0; i < x.shape().element_count(); ++i) {
      x.set(i, static_cast<double>(random.below(255)) - 127);
    }
    result.push_back({"x", Lifetime::per_run, std::move(x)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    const ChainProblem problem(item);
    HostTensor x = inputs[chain_input(problem)].tensor.clone();
    for (std::int64_t layer = 0; layer < problem.layers; ++layer) {
      x = product(inputs[static_cast<std::size_t>(layer)].tensor, x);
    }
    std::vector<Expectation> result(1);
    for (std::int64_t i = 0; i < x.shape().element_count(); ++i) result[0].values.push_back(x.get(i));
    result[0].magnitudes.resize(result[0].values.size());
    return result;
  }

  // Columns pass through all layers without meeting, so that a processor's part needs nothing of another's in between.
  std::span<const std::string> split_axes() const override {
    static const std::array<std::string, 1> kAxes = {"columns"};
    return kAxes;
  }
  std::int64_t split_extent(const Case& item, std::string_view axis) const override {
    return axis == "columns" ? ChainProblem(item).columns : Operation::split_extent(item, axis);
  }
  std::vector<TensorView> output_views(const Case& item) const override {
    const ChainProblem problem(item);
    return {TensorView(DType::f32, Shape{problem.width, problem.columns}, Layout::row_major(2))};
  }
  PartialProblem part_of(const Case& item, std::string_view, std::int64_t begin, std::int64_t end) const override {
    const ChainProblem problem(item);
    Region x = whole_of({problem.width, problem.columns});
    narrow(x, 1, begin, end);
    PartialProblem part{item, {}, {x}, false};
    part.item.set("columns", end - begin);
    part.inputs.assign(chain_input(problem), whole_of({problem.width, problem.width}));
    part.inputs.push_back(std::move(x));
    return part;
  }

  // None at all; 0 and -0 are equal.
  Tolerance tolerance(const Case&) const override { return {}; }

  Work useful_work(const Case& item) const override {
    const ChainProblem problem(item);
    const std::int64_t weight = problem.width * problem.width;
    return {4 * problem.layers * weight + 2 * problem.bytes_between(), 2 * problem.layers * weight * problem.columns};
  }

 private:
  // By the elements that are there.
  static HostTensor product(const HostTensor& weight, const HostTensor& x) {
    const std::int64_t width = weight.shape()[0];
    const std::int64_t columns = x.shape()[1];
    HostTensor y(DType::f32, Shape{width, columns}, Layout::row_major(2));
    for (std::int64_t row = 0; row < width; ++row) {
      for (std::int64_t k = 0; k < width; ++k) {
        const double factor = weight.get(row * width + k);
        if (factor == 0) continue;
        for (std::int64_t column = 0; column < columns; ++column) {
          const std::int64_t at = row * columns + column;
          y.set(at, y.get(at) + factor * x.get(k * columns + column));
        }
      }
    }
    return y;
  }
};

}  // namespace

std::vector<ChainPiece> chain_pieces(std::int64_t layers, std::int64_t refused, bool is_clustered, std::int64_t least) {
  std::vector<bool> takes(static_cast<std::size_t>(layers), true);
  for (std::int64_t i = 0; i < refused; ++i) {
    const std::int64_t at = is_clustered ? (layers - refused) / 2 + i : (2 * i + 1) * layers / (2 * refused);
    takes[static_cast<std::size_t>(at)] = false;
  }
  std::vector<ChainPiece> pieces;
  const auto add = [&](std::int64_t begin, std::int64_t end, bool is_on_target) {
    if (!pieces.empty() && pieces.back().is_on_target == is_on_target) {
      pieces.back().end = end;
    } else {
      pieces.push_back({begin, end, is_on_target});
    }
  };
  for (std::int64_t begin = 0; begin < layers;) {
    std::int64_t end = begin + 1;
    const bool is_taken = takes[static_cast<std::size_t>(begin)];
    while (end < layers && takes[static_cast<std::size_t>(end)] == is_taken) ++end;
    add(begin, end, is_taken && end - begin >= least);
    begin = end;
  }
  return pieces;
}

Support supports_chain(const ChainProblem& problem) {
  constexpr std::int64_t kRoomForTheRest = 4096;
  const std::int64_t bytes = 4 * problem.layers * problem.width * problem.width;
  if (bytes <= OnnxModel::kMostBytes - kRoomForTheRest) return Support::yes();
  return Support::no("the weights are more than a model can hold");
}

Submodel chain_submodel(const ChainProblem& problem, std::int64_t begin, std::int64_t end, std::size_t x,
                        std::span<const Operand> inputs) {
  const TensorView between(DType::f32, Shape{problem.width, problem.columns}, Layout::row_major(2));
  Submodel submodel{{}, {{"x", x}}, {{"y", between}}};
  OnnxModel& model = submodel.model;
  model.add_input("x", between);
  model.add_output("y", between);
  std::string last = "x";
  for (std::int64_t layer = begin; layer < end; ++layer) {
    const std::string number = std::to_string(layer);
    const std::string next = layer + 1 == end ? "y" : "x" + number;
    model.add_constant("w" + number, inputs[static_cast<std::size_t>(layer)].tensor);
    model.add_node("MatMul", "layer" + number, std::vector<std::string>{"w" + number, last},
                   std::vector<std::string>{next});
    last = next;
  }
  return submodel;
}

HETSCOPE_DEFINE_OPERATION(matmul_chain, MatmulChain)

}  // namespace hetscope

// tensor_consumers: a tensor of rank 3, f32, and up to eight operators that each aggregate over one of its dimensions;
// the tensor lies in one layout, or in several copies, which a producer (ReLU) writes within the clock, or which are
// there already. Results lie with the aggregated dimension last, so that only reads depend on the layout.
//   useful bytes = 4 (x + results + weights)
#include <algorithm>
#include <array>

#include "harness/core/error.hpp"
#include "harness/kernel/sliced_operation.hpp"
#include "kernels/consumers/consumers.hpp"
#include "kernels/elimination/bounded.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kMaxElements = std::int64_t{1} << 27;
constexpr std::int64_t kMaxRow = std::int64_t{1} << 16;

class TensorConsumers final : public SlicedOperation {
 public:
  std::string_view name() const noexcept override { return "tensor_consumers"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 4> kAxes = {
        AxisSpec{"shape", AxisType::dims, "three extents in elements", std::nullopt, {}},
        AxisSpec{"consumers",
                 AxisType::text,
                 "sum:DIM, softmax:DIM, layer_norm:DIM or matmul:DIM:COLUMNS, with / between several",
                 std::nullopt,
                 {}},
        AxisSpec{"layout",
                 AxisType::text,
                 "order:0,2,1, ..., with + between copies; k1 or k2: by reduction dimension, with _copies for all",
                 AxisValue(std::string("k1")),
                 {}},
        AxisSpec{
            "producer", AxisType::text, "what writes the copies", AxisValue(std::string("none")), {"none", "relu"}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const ConsumerProblem problem(item);
    for (const Consumer& consumer : problem.consumers) {
      if (problem.x[consumer.dim] > kMaxRow) {
        throw Error("dimension " + std::to_string(consumer.dim) + " has more than 2^16 elements", item.line(),
                    "give a smaller extent");
      }
      if (problem.x.element_count() > kMaxElements || problem.result(consumer).element_count() > kMaxElements ||
          problem.x[consumer.dim] * consumer.columns > kMaxElements) {
        throw Error("x, weights or a result have more than 2^27 elements", item.line(), "give a smaller shape");
      }
    }
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const ConsumerProblem problem(item);
    Random random(seed);
    HostTensor x(DType::f32, problem.x, Layout::row_major(problem.x.rank()));
    x.fill_random(random);
    std::vector<Operand> result;
    // The producer's input, or what somebody else produced, as often as it lies there.
    if (problem.has_producer) {
      result.push_back({"x", Lifetime::per_run, x.clone()});
    } else {
      for (const Layout& copy : problem.copies) result.push_back({"x", Lifetime::per_run, in_layout(x, copy)});
    }
    for (const Consumer& consumer : problem.consumers) {
      if (consumer.kind != OperatorKind::matmul) continue;
      HostTensor weights(DType::f32, Shape{problem.x[consumer.dim], consumer.columns}, Layout::row_major(2));
      weights.fill_random(random);
      result.push_back({"weights", Lifetime::constant, std::move(weights)});
    }
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    const ConsumerProblem problem(item);
    Bounded x = exactly(inputs[0].tensor);
    if (problem.has_producer) x = applied_to_rows(OperatorKind::relu, std::move(x));
    std::size_t weights = problem.has_producer ? 1 : problem.copies.size();
    std::vector<Expectation> result;
    for (const Consumer& consumer : problem.consumers) {
      std::vector<int> order;
      for (int dim = 0; dim < problem.x.rank(); ++dim) {
        if (dim != consumer.dim) order.push_back(dim);
      }
      order.push_back(consumer.dim);
      Bounded rows = moved(IndexMap::transpose(problem.x, order), x);
      rows = consumer.kind == OperatorKind::matmul ? product_of(consumer.columns, rows, inputs[weights++].tensor)
                                                   : applied_to_rows(consumer.kind, std::move(rows));
      Expectation expectation;
      expectation.values = std::move(rows.values);
      expectation.magnitudes = std::move(rows.errors);
      result.push_back(std::move(expectation));
    }
    return result;
  }

  Tolerance tolerance(const Case&) const override { return {0, 0x1p-24}; }
  Work useful_work(const Case& item) const override { return ConsumerProblem(item).work(); }

  std::span<const std::string> split_axes() const override { return numbered_dimensions(kConsumedRank); }

 protected:
  Support allows_dimension(const Case& item, int dimension) const override {
    for (const Consumer& consumer : ConsumerProblem(item).consumers) {
      if (consumer.dim != dimension) continue;
      return Support::no("consumers=" + item.text("consumers") + " needs all of dim" + std::to_string(dimension) +
                         " at once: divide another dimension");
    }
    return Support::yes();
  }

  Slicing slicing(const Case& item, int dimension) const override {
    const ConsumerProblem problem(item);
    const auto plain = [](const Shape& shape) {
      return TensorView(DType::f32, shape, Layout::row_major(shape.rank()));
    };
    Slicing result;
    if (problem.has_producer) {
      result.inputs.push_back({plain(problem.x), dimension});
    } else {
      for (const Layout& copy : problem.copies) {
        result.inputs.push_back({TensorView(DType::f32, problem.x, copy), dimension});
      }
    }
    for (const Consumer& consumer : problem.consumers) {
      if (consumer.kind == OperatorKind::matmul) {
        result.inputs.push_back({plain(Shape{problem.x[consumer.dim], consumer.columns})});
      }
      const std::vector<int> order = order_with_last(kConsumedRank, consumer.dim);
      const auto place = static_cast<int>(std::ranges::find(order, dimension) - order.begin());
      result.outputs.push_back({plain(problem.result(consumer)), place});
    }
    return result;
  }

 private:
  static HostTensor in_layout(const HostTensor& x, const Layout& layout) {
    HostTensor copy(x.dtype(), x.shape(), layout);
    for_each_index(x.shape(), [&](std::span<const std::int64_t> index) {
      copy.set(layout.offset(index, x.shape()), x.get(x.layout().offset(index, x.shape())));
    });
    return copy;
  }
};

}  // namespace

HETSCOPE_DEFINE_OPERATION(tensor_consumers, TensorConsumers)

}  // namespace hetscope

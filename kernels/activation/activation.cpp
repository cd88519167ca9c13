// activation: a function of every element, which may leave them in another layout: gelu in its exact form, relu, silu.
// Computed in f32 from f32 and f16.
//   useful bytes = elements read + storage elements written (padding of a packed layout included), times element size
#include "kernels/activation/activation.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/core/error.hpp"
#include "harness/kernel/operation.hpp"
#include "kernels/elimination/bounded.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 27;
// Inputs are uniform in [-8, 8): where gelu and silu bend, and where they have become x and 0. A power of two, so that
// scaling is exact.
constexpr double kInputRange = 8;
// Of 2^-24: what rounding to f16 adds, relative and below its normal numbers. OpenCL leaves it to the device whether
// what is written to an image of halves is rounded or cut off.
constexpr double kHalfUnits = 0x1p14;
constexpr double kLeastHalfUnits = 1;

bool is_exact(const Case& item) { return item.text("function") == "relu"; }

class Activation final : public Operation {
 public:
  std::string_view name() const noexcept override { return "activation"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 5> kAxes = {
        AxisSpec{"shape", AxisType::dims, "extents in elements, rank 1 to 6", std::nullopt, {}},
        AxisSpec{
            "dtype", AxisType::text, "element type; computed in f32", AxisValue(std::string("f32")), {"f32", "f16"}},
        AxisSpec{"function",
                 AxisType::text,
                 "of each element; gelu by the error function",
                 AxisValue(std::string("gelu")),
                 {"gelu", "relu", "silu"}},
        AxisSpec{
            "layout", AxisType::text, "of the input: NCHW, NC4HW4, ...; absent: row-major", std::nullopt, {}, false},
        AxisSpec{"output_layout", AxisType::text, "of the result; absent: that of the input", std::nullopt, {}, false},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const Shape shape(item.dims("shape"));
    if (shape.rank() < 1 || shape.rank() > IndexMap::kMaxRank) {
      throw Error("shape " + shape.to_string() + " has rank " + std::to_string(shape.rank()), item.line(),
                  "give 1 to 6 extents");
    }
    const ActivationProblem problem(item);
    if (std::max(problem.source.storage_elements(), problem.target.storage_elements()) > kMostElements) {
      throw Error("shape " + shape.to_string() + " has more than 2^27 elements", item.line(), "give a smaller shape");
    }
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    HostTensor source(ActivationProblem(item).source);
    Random random(seed);
    source.fill_random(random);
    for (std::int64_t at = 0; at < source.view().storage_elements(); ++at) source.set(at, kInputRange * source.get(at));
    std::vector<Operand> result;
    result.push_back({"source", Lifetime::per_run, std::move(source)});
    return result;
  }

  // Magnitudes are the bound of each element's error in units of 2^-24.
  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    const ActivationProblem problem(item);
    Bounded made = applied_to_rows(problem.function, exactly(inputs[0].tensor));
    std::vector<Expectation> result(1);
    if (is_exact(item)) {
      result[0].exact = stored(made.values, problem.target);
      // What rounded to -0 is one of the two zeros of max(x, 0), and fmax() may give either.
      result[0].zeros_are_equal = true;
      return result;
    }
    if (problem.source.dtype() == DType::f16) {
      for (std::size_t i = 0; i < made.values.size(); ++i) {
        made.errors[i] += kHalfUnits * std::abs(made.values[i]) + kLeastHalfUnits;
      }
    }
    result[0].values = std::move(made.values);
    result[0].magnitudes = std::move(made.errors);
    return result;
  }

  Tolerance tolerance(const Case& item) const override { return is_exact(item) ? Tolerance{} : Tolerance{0, 0x1p-24}; }

  Work useful_work(const Case& item) const override {
    const ActivationProblem problem(item);
    const std::int64_t elements = problem.source.shape().element_count();
    const auto width = static_cast<std::int64_t>(size_of(problem.source.dtype()));
    return {width * elements + problem.target.storage_bytes(), operations_of_element(problem.function) * elements};
  }

 private:
  // `values` in row-major order.
  static HostTensor stored(const std::vector<double>& values, const TensorView& view) {
    HostTensor tensor(view);
    auto value = values.begin();
    for_each_index(view.shape(), [&](std::span<const std::int64_t> index) {
      tensor.set(view.layout().offset(index, view.shape()), *value++);
    });
    return tensor;
  }
};

Layout layout_of(const Case& item, const char* axis, const Layout& otherwise) {
  return item.has(axis) ? Layout::parse(item.text(axis), otherwise.rank()) : otherwise;
}

}  // namespace

ActivationProblem::ActivationProblem(const Case& item, Storage storage)
    : function(PairOperator::parse(item.text("function")).kind),
      source(parse_dtype(item.text("dtype")), Shape(item.dims("shape")),
             layout_of(item, "layout", Layout::row_major(static_cast<int>(item.dims("shape").size()))), storage),
      target(source.dtype(), source.shape(), layout_of(item, "output_layout", source.layout()), storage) {}

HETSCOPE_DEFINE_OPERATION(activation, Activation)

}  // namespace hetscope

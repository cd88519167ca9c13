// conv2d: two-dimensional convolution, direct, grouped or depthwise. The weights are constant; the images, which may
// lie in any layout, are new for every run. f16 is stored and summed in f32; i8 is quantised, as it is in matmul.
//   useful bytes = (x + weights + y) times the type's size, useful flops = 2 terms for each element of y
#include <algorithm>
#include <array>
#include <cmath>

#include "harness/core/error.hpp"
#include "harness/core/parallel.hpp"
#include "kernels/convolution/convolution.hpp"
#include "kernels/dense/matmul.hpp"
#include "kernels/dense/matmul_reference.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kMaxElements = std::int64_t{1} << 27;
constexpr std::int64_t kMaxTerms = std::int64_t{1} << 40;
constexpr std::int64_t kMaxNumber = std::int64_t{1} << 16;

Extent2 extent_of(const Case& item, std::string_view axis) {
  const Dims dims = item.dims(axis);
  if (dims.size() != 2) {
    throw Error(std::string(axis) + " has " + std::to_string(dims.size()) + " numbers", item.line(),
                "give two, for rows and columns: 3x3");
  }
  return {dims[0], dims[1]};
}

struct Borders {
  Extent2 before, behind;
};

// Two numbers hold for both sides; four are those above, on the left, below and on the right.
Borders padding_of(const Case& item) {
  const Dims dims = item.dims("padding");
  if (dims.size() == 4) return {{dims[0], dims[1]}, {dims[2], dims[3]}};
  if (dims.size() == 2) return {{dims[0], dims[1]}, {dims[0], dims[1]}};
  throw Error("padding has " + std::to_string(dims.size()) + " numbers", item.line(),
              "give two, for rows and columns: 1x1; or four, above, left, below, right: 0x0x1x1");
}

ConvolutionWindow window_of(const Case& item) {
  const Borders padding = padding_of(item);
  return {item.integer("filters"), extent_of(item, "window"),   extent_of(item, "stride"),
          padding.before,          extent_of(item, "dilation"), item.integer("groups"),
          padding.behind};
}

void check_numbers(const char* name, const Extent2& extent, std::int64_t least, const std::string& where) {
  for (const std::int64_t number : {extent.rows, extent.columns}) {
    if (number >= least && number <= kMaxNumber) continue;
    throw Error(std::string(name) + " " + std::to_string(number) + " is not from " + std::to_string(least) + " to 2^16",
                where, "give another one");
  }
}

// Positions of the window along one dimension.
std::int64_t positions(std::int64_t extent, std::int64_t window, std::int64_t stride, std::int64_t padding,
                       std::int64_t padding_behind, std::int64_t dilation, const std::string& where) {
  const std::int64_t covered = (window - 1) * dilation + 1;
  const std::int64_t most = std::max(padding, padding_behind);
  if (most >= covered) {
    throw Error("padding " + std::to_string(most) + " holds a whole window of " + std::to_string(covered), where,
                "give less padding than the window covers");
  }
  const std::int64_t padded = extent + padding + padding_behind;
  if (covered > padded) {
    throw Error(
        "a window of " + std::to_string(covered) + " does not fit into a padded image of " + std::to_string(padded),
        where, "give a smaller window or more padding");
  }
  return (padded - covered) / stride + 1;
}

void check_elements(const Shape& shape, const char* what, const std::string& where) {
  if (shape.element_count() <= kMaxElements) return;
  throw Error(std::string(what) + " of " + shape.to_string() + " have more than 2^27 elements", where,
              "give a smaller problem");
}

// One image of y for one filter: `values` and `magnitudes` begin at zero.
void add_up(const ConvolutionProblem& problem, const double* x, const HostTensor& weights, std::int64_t filter,
            double* values, double* magnitudes) {
  const auto& [filters, window, stride, padding, dilation, groups, padding_behind] = problem.sliding;
  const std::int64_t first_channel = filter / problem.group_filters() * problem.group_channels();
  const std::int64_t height = problem.x[2], width = problem.x[3];
  std::int64_t weight_at = filter * problem.terms();
  for (std::int64_t c = 0; c < problem.group_channels(); ++c) {
    for (std::int64_t r = 0; r < window.rows; ++r) {
      for (std::int64_t s = 0; s < window.columns; ++s) {
        const double weight = weights.get(weight_at++);
        for (std::int64_t p = 0; p < problem.y[2]; ++p) {
          const std::int64_t h = p * stride.rows + r * dilation.rows - padding.rows;
          if (h < 0 || h >= height) continue;
          const double* row = x + ((first_channel + c) * height + h) * width;
          for (std::int64_t q = 0; q < problem.y[3]; ++q) {
            const std::int64_t w = q * stride.columns + s * dilation.columns - padding.columns;
            if (w < 0 || w >= width) continue;
            values[p * problem.y[3] + q] += row[w] * weight;
            magnitudes[p * problem.y[3] + q] += std::abs(row[w] * weight);
          }
        }
      }
    }
  }
}

// Whole groups bring their channels along; without groups every filter sees all channels.
void take_filters(const ConvolutionProblem& problem, std::int64_t begin, std::int64_t end, PartialProblem& part) {
  part.item.set("filters", end - begin);
  narrow(part.inputs[kConvolutionWeights], 0, begin, end);
  narrow(part.outputs[0], 1, begin, end);
  if (problem.sliding.groups == 1) return;
  const std::int64_t first = begin / problem.group_filters();
  const std::int64_t last = end / problem.group_filters();
  Region& x = part.inputs[kConvolutionInput];
  narrow(x, 1, first * problem.group_channels(), last * problem.group_channels());
  part.item.set("shape", x.extent);
  part.item.set("groups", last - first);
}

// Rows [begin, end) of results and the rows of x under their windows: neighbours share (window - 1) * dilation + 1 -
// stride of them, the halo. Padding remains where x has none.
void take_rows(const ConvolutionProblem& problem, std::int64_t begin, std::int64_t end, PartialProblem& part) {
  const ConvolutionWindow& sliding = problem.sliding;
  const std::int64_t first = begin * sliding.stride.rows - sliding.padding.rows;
  const std::int64_t last =
      (end - 1) * sliding.stride.rows - sliding.padding.rows + (sliding.window.rows - 1) * sliding.dilation.rows + 1;
  const std::int64_t from = std::max<std::int64_t>(0, first);
  const std::int64_t to = std::min(problem.x[2], last);
  Region& x = part.inputs[kConvolutionInput];
  narrow(x, 2, from, to);
  narrow(part.outputs[0], 2, begin, end);
  part.item.set("shape", x.extent);
  part.item.set("padding", Dims{from - first, sliding.padding.columns, last - to, sliding.padding_behind.columns});
}

void take_images(std::int64_t begin, std::int64_t end, PartialProblem& part) {
  Region& x = part.inputs[kConvolutionInput];
  narrow(x, 0, begin, end);
  narrow(part.outputs[0], 0, begin, end);
  part.item.set("shape", x.extent);
}

class Conv2d final : public Operation {
 public:
  std::string_view name() const noexcept override { return "conv2d"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 10> kAxes = {
        AxisSpec{"shape", AxisType::dims, "images, channels, rows and columns of the input", std::nullopt, {}},
        AxisSpec{"filters", AxisType::integer, "channels of the result", std::nullopt, {}, true, 1},
        AxisSpec{"window", AxisType::dims, "rows and columns of a filter", std::nullopt, {}},
        AxisSpec{"stride", AxisType::dims, "steps of the window, in rows and columns", AxisValue(Dims{1, 1}), {}},
        AxisSpec{"padding",
                 AxisType::dims,
                 "rows and columns of zeros on both sides, or above, left, below and right",
                 AxisValue(Dims{0, 0}),
                 {}},
        AxisSpec{"dilation", AxisType::dims, "rows and columns from tap to tap", AxisValue(Dims{1, 1}), {}},
        AxisSpec{
            "groups", AxisType::integer, "groups of channels and filters", AxisValue(std::int64_t{1}), {}, true, 1},
        AxisSpec{
            "dtype", AxisType::text, "element type; sums are f32", AxisValue(std::string("f32")), {"f32", "f16", "i8"}},
        AxisSpec{"layout",
                 AxisType::text,
                 "how the input lies in memory: NCHW, NHWC, NC4HW4, order:0,2,1,3/p1x4, ...",
                 AxisValue(std::string("NCHW")),
                 {}},
        AxisSpec{"output_layout", AxisType::text, "and the result", AxisValue(std::string("NCHW")), {}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const ConvolutionProblem problem(item);
    Layout::parse(item.text("layout"), kConvolutionRank);
    Layout::parse(item.text("output_layout"), kConvolutionRank);
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const ConvolutionProblem problem(item);
    Random random(seed);
    HostTensor x(problem.dtype, problem.x, Layout::parse(item.text("layout"), kConvolutionRank));
    x.fill_random(random);
    HostTensor weights(problem.dtype, problem.weights(), Layout::row_major(kConvolutionRank));
    weights.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"x", Lifetime::per_run, std::move(x)});
    result.push_back({"weights", Lifetime::constant, std::move(weights)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    const ConvolutionProblem problem(item);
    ConvolutionSums sums = convolution_reference(problem, row_major_values(inputs[kConvolutionInput].tensor),
                                                 inputs[kConvolutionWeights].tensor);
    if (problem.dtype == DType::i8) {
      // In steps of the result; rounding to whole ones is the tolerance's affair.
      const double factor = problem.result_factor();
      for (double& value : sums.values) value = std::clamp(value * factor, -128.0, 127.0);
      for (double& magnitude : sums.magnitudes) magnitude *= factor;
    }
    std::vector<Expectation> result(1);
    result[0].values = std::move(sums.values);
    result[0].magnitudes = std::move(sums.magnitudes);
    return result;
  }

  Tolerance tolerance(const Case& item) const override {
    const ConvolutionProblem problem(item);
    Tolerance tolerance = matmul_tolerance(problem.terms(), problem.dtype);
    // By half a step, and as much again for factors of few bits.
    if (problem.dtype == DType::i8) tolerance.atol = 1;
    return tolerance;
  }

  Work useful_work(const Case& item) const override { return ConvolutionProblem(item).work(); }

  std::span<const std::string> split_axes() const override {
    static const std::array<std::string, 3> kAxes = {"output_channels", "rows", "batch"};
    return kAxes;
  }

  std::int64_t split_extent(const Case& item, std::string_view axis) const override {
    const ConvolutionProblem problem(item);
    if (axis == "output_channels") return problem.y[1];
    if (axis == "rows") return problem.y[2];
    if (axis == "batch") return problem.y[0];
    return Operation::split_extent(item, axis);
  }

  std::vector<TensorView> output_views(const Case& item) const override {
    const ConvolutionProblem problem(item);
    return {TensorView(problem.dtype, problem.y, Layout::parse(item.text("output_layout"), kConvolutionRank))};
  }

  Support allows_part(const Case& item, std::string_view axis, std::int64_t begin, std::int64_t end) const override {
    const ConvolutionProblem problem(item);
    const std::int64_t filters = problem.group_filters();
    if (axis == "output_channels" && problem.sliding.groups > 1 && (begin % filters != 0 || end % filters != 0)) {
      return Support::no("output channels " + std::to_string(begin) + " to " + std::to_string(end) +
                         " take groups of " + std::to_string(filters) + " apart: give a unit of whole groups");
    }
    const PartialProblem part = part_of(item, axis, begin, end);
    const TensorView x(problem.dtype, problem.x, Layout::parse(item.text("layout"), kConvolutionRank));
    if (Support support = can_slice(x, part.inputs[kConvolutionInput]); !support) return support;
    return can_slice(output_views(item)[0], part.outputs[0]);
  }

  PartialProblem part_of(const Case& item, std::string_view axis, std::int64_t begin, std::int64_t end) const override {
    const ConvolutionProblem problem(item);
    PartialProblem part{item, {whole_of(problem.x), whole_of(problem.weights())}, {whole_of(problem.y)}, false};
    if (end - begin == split_extent(item, axis)) return part;
    if (axis == "output_channels") {
      take_filters(problem, begin, end, part);
    } else if (axis == "rows") {
      take_rows(problem, begin, end, part);
    } else {
      take_images(begin, end, part);
    }
    return part;
  }
};

}  // namespace

Shape ConvolutionWindow::output(const Shape& x, const std::string& where) const {
  if (x.rank() != kConvolutionRank) {
    throw Error("shape " + x.to_string() + " has rank " + std::to_string(x.rank()), where,
                "give images, channels, rows and columns");
  }
  check_elements(x, "images", where);
  check_numbers("window", window, 1, where);
  check_numbers("stride", stride, 1, where);
  check_numbers("padding", padding, 0, where);
  check_numbers("padding", padding_behind, 0, where);
  check_numbers("dilation", dilation, 1, where);
  if (filters < 1 || filters > kMaxElements) {
    throw Error("filters=" + std::to_string(filters) + " is not from 1 to 2^27", where, "give another number");
  }
  if (groups < 1 || x[1] % groups != 0 || filters % groups != 0) {
    throw Error("groups=" + std::to_string(groups) + " do not divide " + std::to_string(x[1]) + " channels and " +
                    std::to_string(filters) + " filters",
                where, "give a common divisor of both");
  }
  const std::int64_t rows =
      positions(x[2], window.rows, stride.rows, padding.rows, padding_behind.rows, dilation.rows, where);
  const std::int64_t columns =
      positions(x[3], window.columns, stride.columns, padding.columns, padding_behind.columns, dilation.columns, where);
  check_elements(Shape{filters, x[1] / groups, window.rows, window.columns}, "weights", where);
  const Shape y{x[0], filters, rows, columns};
  check_elements(y, "results", where);
  const std::int64_t terms = x[1] / groups * window.rows * window.columns;
  if (y.element_count() > kMaxTerms / terms) {
    throw Error("the convolution has more than 2^40 multiply-adds", where, "give a smaller problem");
  }
  return y;
}

ConvolutionProblem::ConvolutionProblem(const Case& item)
    : ConvolutionProblem(Shape(item.dims("shape")), window_of(item), parse_dtype(item.text("dtype")), item.line()) {}

ConvolutionProblem::ConvolutionProblem(Shape x_shape, const ConvolutionWindow& window, DType type,
                                       const std::string& where)
    : x(std::move(x_shape)), sliding(window), dtype(type), y(sliding.output(x, where)) {}

Work ConvolutionProblem::work() const {
  const auto width = static_cast<std::int64_t>(size_of(dtype));
  return {width * (x.element_count() + weights().element_count() + y.element_count()), 2 * terms() * y.element_count()};
}

float ConvolutionProblem::result_factor() const {
  return dtype == DType::i8 ? kMatmulI8Step * kMatmulI8Step / matmul_i8_result_step(terms()) : 1.0F;
}

ConvolutionSums convolution_reference(const ConvolutionProblem& problem, const std::vector<double>& x,
                                      const HostTensor& weights) {
  const auto elements = static_cast<std::size_t>(problem.y.element_count());
  ConvolutionSums sums{std::vector<double>(elements, 0), std::vector<double>(elements, 0)};
  const std::int64_t image = problem.y[2] * problem.y[3];
  const std::int64_t x_images = problem.x[1] * problem.x[2] * problem.x[3];
  for_each_index(static_cast<std::size_t>(problem.y[0] * problem.y[1]), [&](std::size_t i) {
    const auto at = static_cast<std::int64_t>(i);
    add_up(problem, x.data() + at / problem.y[1] * x_images, weights, at % problem.y[1],
           sums.values.data() + at * image, sums.magnitudes.data() + at * image);
  });
  return sums;
}

HETSCOPE_DEFINE_OPERATION(conv2d, Conv2d)

}  // namespace hetscope

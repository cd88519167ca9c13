// conv_chain: convolutions, instance normalisations and ReLUs on images, f32; each tensor in a layout of its own.
//   useful bytes = 4 (x + y + weights), useful flops = those of the operators
#include "kernels/convolution/conv_chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/core/decimal.hpp"
#include "harness/core/error.hpp"
#include "harness/core/split_text.hpp"
#include "harness/kernel/operation.hpp"
#include "kernels/elimination/bounded.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMostOperators = 8;
constexpr double kRounding = 0x1p-24;  // of f32

Error bad_operator(std::string_view text) {
  return Error(
      "unknown operator '" + std::string(text) + "'", {},
      "use conv:FILTERS:3x3, conv:FILTERS:3x3:GROUPS, conv:FILTERS:3x3:GROUPS:1x0, instance_norm or relu, with "
      "/ between several");
}

std::int64_t number_of(std::string_view digits, std::int64_t least, std::string_view whole) {
  const auto number = read_whole(digits);
  if (!number || *number < least) throw bad_operator(whole);
  return *number;
}

// "3x5".
Extent2 extents_of(std::string_view word, std::int64_t least, std::string_view whole) {
  const std::vector<std::string_view> numbers = split_text(word, 'x');
  if (numbers.size() != 2) throw bad_operator(whole);
  return {number_of(numbers[0], least, whole), number_of(numbers[1], least, whole)};
}

// "NCHW", or "NCHW16c:NCHW" where writer and reader differ.
TensorLayouts layouts_of(std::string_view text) {
  const std::vector<std::string_view> names = split_text(text, ':');
  if (names.size() > 2) throw Error("layouts of a tensor '" + std::string(text) + "'", {}, "give WRITTEN:READ");
  return {Layout::parse(names.front(), kConvolutionRank), Layout::parse(names.back(), kConvolutionRank)};
}

PairPass relu_pass(const TensorView& from, const TensorView& to) {
  if (from.layout() == to.layout()) {
    // Whatever the layout: all of the storage, whose padding is zero and stays so.
    // The storage is a multiple of an extent that is not packed.
    const std::int64_t row = from.shape()[from.layout().packed_dim() == 3 ? 2 : 3];
    const TensorView all(DType::f32, Shape{from.storage_elements() / row, row}, Layout::row_major(2), from.storage());
    return {all, all, {{OperatorKind::relu, row, row, 0}}};
  }
  // The elements of a row of a pass go last: the dimension that lies innermost where it is written.
  const IndexMap turned =
      IndexMap::transpose(from.shape(), order_with_last(kConvolutionRank, to.layout().order().back()));
  const std::int64_t row = turned.output()[kConvolutionRank - 1];
  return {from.through(turned).simplified(), to.through(turned).simplified(), {{OperatorKind::relu, row, row, 0}}};
}

// Each image of each channel as a row.
PairPass instance_norm_pass(const TensorView& from, const TensorView& to) {
  const Shape& shape = from.shape();
  const std::int64_t row = shape[2] * shape[3];
  const IndexMap rows = IndexMap::reshape(shape, Shape{shape[0] * shape[1], row});
  return {from.through(rows).simplified(), to.through(rows).simplified(), {{OperatorKind::layer_norm, row, row, 0}}};
}

// Errors that grow from operator to operator may end above what is computed: then anything would be right.
void check_meaning(const Case& item, const Bounded& result) {
  double error = 0;
  double value = 0;
  for (const double one : result.errors) error += kRounding * one;
  for (const double one : result.values) value += std::abs(one);
  if (error > 0.5 * value) {
    throw Error("f32 says nothing about the result of this chain", item.line(),
                "give fewer operators or smaller images");
  }
}

Bounded convolved(const ConvolutionProblem& problem, const Bounded& in, const HostTensor& weights) {
  // What was wrong before, and the roundings of this operator's own products and sums.
  std::vector<double> errors(in.values.size());
  for (std::size_t i = 0; i < errors.size(); ++i) {
    errors[i] = in.errors[i] + summing_error(problem.terms()) * std::abs(in.values[i]);
  }
  return {problem.y, convolution_reference(problem, in.values, weights).values,
          convolution_reference(problem, errors, weights).magnitudes};
}

Bounded instance_normalised(Bounded in) {
  const Shape shape = in.shape;
  in.shape = Shape{shape[0] * shape[1], shape[2] * shape[3]};
  Bounded out = applied_to_rows(OperatorKind::layer_norm, std::move(in));
  out.shape = shape;
  return out;
}

// The rows of the tensor before `window` that rows [begin, end) of its result need, and the window with the padding
// that is left there.
struct RowsBefore {
  RowsBefore(const ConvolutionWindow& whole, std::int64_t height, std::int64_t begin, std::int64_t end)
      : window(whole) {
    const std::int64_t first = begin - whole.padding.rows;
    const std::int64_t last = end - 1 - whole.padding.rows + whole.window.rows;
    from = std::max<std::int64_t>(0, first);
    to = std::min(height, last);
    window.padding.rows = from - first;
    window.padding_behind.rows = last - to;
  }
  ConvolutionWindow window;
  std::int64_t from = 0;
  std::int64_t to = 0;
};

class ConvChain final : public Operation {
 public:
  std::string_view name() const noexcept override { return "conv_chain"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 3> kAxes = {
        AxisSpec{"shape", AxisType::dims, "images, channels, rows and columns of the input", std::nullopt, {}},
        AxisSpec{"operators",
                 AxisType::text,
                 "conv:FILTERS:3x3, conv:FILTERS:3x3:GROUPS, also with :1x0 for rows of zeros above and below, "
                 "instance_norm or relu, with / between several",
                 std::nullopt,
                 {}},
        AxisSpec{"layouts",
                 AxisType::text,
                 "of each tensor, input and result included, with commas between: NCHW, NHWC, NC4HW4, NHWC4, NCHW16c, "
                 "or WRITTEN:READ",
                 std::nullopt,
                 {}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override { ConvChainProblem{item}; }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const ConvChainProblem problem(item);
    Random random(seed);
    HostTensor x(DType::f32, problem.tensors.front(), problem.layouts.front().written);
    x.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"x", Lifetime::per_run, std::move(x)});
    for (std::size_t i = 0; i < problem.operators.size(); ++i) {
      if (problem.operators[i].kind != ImageOperator::Kind::convolution) continue;
      HostTensor weights(DType::f32, problem.convolution(i).weights(), Layout::row_major(kConvolutionRank));
      weights.fill_random(random);
      result.push_back({"weights", Lifetime::constant, std::move(weights)});
    }
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    const ConvChainProblem problem(item);
    Bounded tensor = exactly(inputs[0].tensor);
    std::size_t weights = 1;
    for (std::size_t i = 0; i < problem.operators.size(); ++i) {
      switch (problem.operators[i].kind) {
        case ImageOperator::Kind::convolution:
          tensor = convolved(problem.convolution(i), tensor, inputs[weights++].tensor);
          break;
        case ImageOperator::Kind::instance_norm:
          tensor = instance_normalised(std::move(tensor));
          break;
        case ImageOperator::Kind::relu:
          tensor = applied_to_rows(OperatorKind::relu, std::move(tensor));
          break;
      }
    }
    check_meaning(item, tensor);
    std::vector<Expectation> result(1);
    result[0].values = std::move(tensor.values);
    result[0].magnitudes = std::move(tensor.errors);
    return result;
  }

  Tolerance tolerance(const Case&) const override { return {0, kRounding}; }

  std::span<const std::string> split_axes() const override {
    static const std::array<std::string, 2> kAxes = {"rows", "batch"};
    return kAxes;
  }

  std::int64_t split_extent(const Case& item, std::string_view axis) const override {
    const ConvChainProblem problem(item);
    if (axis == "rows") return problem.tensors.back()[2];
    if (axis == "batch") return problem.tensors.back()[0];
    return Operation::split_extent(item, axis);
  }

  std::vector<TensorView> output_views(const Case& item) const override {
    const ConvChainProblem problem(item);
    return {TensorView(DType::f32, problem.tensors.back(), problem.layouts.back().read)};
  }

  Support allows_part(const Case& item, std::string_view axis, std::int64_t begin, std::int64_t end) const override {
    const ConvChainProblem problem(item);
    const bool has_norm = std::ranges::any_of(
        problem.operators, [](const ImageOperator& one) { return one.kind == ImageOperator::Kind::instance_norm; });
    if (axis == "rows" && has_norm) {
      return Support::no("instance_norm needs all rows of an image at once: divide the batch");
    }
    const PartialProblem part = part_of(item, axis, begin, end);
    const TensorView x(DType::f32, problem.tensors.front(), problem.layouts.front().written);
    if (Support support = can_slice(x, part.inputs[0]); !support) return support;
    return can_slice(output_views(item)[0], part.outputs[0]);
  }

  // By rows the halo grows from convolution to convolution towards the input, and what lies in it is computed by both
  // neighbours: that buys that nobody waits for the other between two operators (Jia et al., CoDL, MobiSys 2022).
  PartialProblem part_of(const Case& item, std::string_view axis, std::int64_t begin, std::int64_t end) const override {
    const ConvChainProblem problem(item);
    PartialProblem part{item, {whole_of(problem.tensors.front())}, {whole_of(problem.tensors.back())}, false};
    for (std::size_t i = 0; i < problem.operators.size(); ++i) {
      if (problem.operators[i].kind != ImageOperator::Kind::convolution) continue;
      part.inputs.push_back(whole_of(problem.convolution(i).weights()));
    }
    const int dimension = axis == "rows" ? 2 : 0;
    narrow(part.outputs[0], dimension, begin, end);
    std::string operators;
    for (std::size_t i = problem.operators.size(); i-- > 0;) {
      ImageOperator one = problem.operators[i];
      if (axis == "rows" && one.kind == ImageOperator::Kind::convolution) {
        const RowsBefore rows(one.sliding, problem.tensors[i][2], begin, end);
        one.sliding = rows.window;
        begin = rows.from;
        end = rows.to;
      }
      operators = one.text() + (operators.empty() ? "" : "/") + operators;
    }
    narrow(part.inputs[0], dimension, begin, end);
    part.item.set("shape", part.inputs[0].extent);
    part.item.set("operators", operators);
    return part;
  }

  Work useful_work(const Case& item) const override {
    const ConvChainProblem problem(item);
    Work work{4 * (problem.tensors.front().element_count() + problem.tensors.back().element_count()), 0};
    for (std::size_t i = 0; i < problem.operators.size(); ++i) {
      if (problem.operators[i].kind == ImageOperator::Kind::convolution) {
        work.bytes += 4 * problem.convolution(i).weights().element_count();
      }
    }
    for (const ImageStep& step : problem.steps()) work.flops += step.work.flops;
    return work;
  }
};

}  // namespace

ImageOperator ImageOperator::parse(std::string_view text) {
  if (text == "relu") return {Kind::relu, {}};
  if (text == "instance_norm") return {Kind::instance_norm, {}};
  const std::vector<std::string_view> words = split_text(text, ':');
  if (words[0] != "conv" || words.size() < 3 || words.size() > 5) throw bad_operator(text);
  ImageOperator result{Kind::convolution, {}};
  ConvolutionWindow& sliding = result.sliding;
  sliding.filters = number_of(words[1], 1, text);
  sliding.window = extents_of(words[2], 1, text);
  sliding.padding = {(sliding.window.rows - 1) / 2, (sliding.window.columns - 1) / 2};
  sliding.padding_behind = sliding.padding;
  if (words.size() > 3) sliding.groups = number_of(words[3], 1, text);
  if (words.size() > 4) {
    const Extent2 rows = extents_of(words[4], 0, text);
    sliding.padding.rows = rows.rows;
    sliding.padding_behind.rows = rows.columns;
  }
  return result;
}

std::string ImageOperator::text() const {
  switch (kind) {
    case Kind::relu:
      return "relu";
    case Kind::instance_norm:
      return "instance_norm";
    case Kind::convolution:
      break;
  }
  return fmt::format("conv:{}:{}x{}:{}:{}x{}", sliding.filters, sliding.window.rows, sliding.window.columns,
                     sliding.groups, sliding.padding.rows, sliding.padding_behind.rows);
}

ConvChainProblem::ConvChainProblem(const Case& item) : tensors{Shape(item.dims("shape"))} {
  for (const std::string_view part : split_text(item.text("operators"), '/')) {
    operators.push_back(ImageOperator::parse(part));
  }
  if (operators.size() > kMostOperators) throw Error("more than 8 operators", item.line(), "name fewer");
  if (tensors.front().rank() != kConvolutionRank) {
    throw Error("shape " + tensors.front().to_string() + " has rank " + std::to_string(tensors.front().rank()),
                item.line(), "give images, channels, rows and columns");
  }
  // The limits of an operand hold for operators that are no convolution, too.
  static_cast<void>(ConvolutionWindow{tensors.front()[1], {}, {}, {0, 0}, {}, tensors.front()[1]}.output(
      tensors.front(), item.line()));
  for (const ImageOperator& step : operators) {
    const bool is_convolution = step.kind == ImageOperator::Kind::convolution;
    tensors.push_back(is_convolution ? step.sliding.output(tensors.back(), item.line()) : tensors.back());
  }
  for (const std::string_view part : split_text(item.text("layouts"), ',')) layouts.push_back(layouts_of(part));
  if (layouts.size() != tensors.size()) {
    throw Error(std::to_string(layouts.size()) + " layouts for " + std::to_string(tensors.size()) + " tensors",
                item.line(), "name one for each, input and result included");
  }
}

ConvolutionProblem ConvChainProblem::convolution(std::size_t number) const {
  return {tensors[number], operators[number].sliding, DType::f32, "operator " + std::to_string(number + 1)};
}

std::vector<ImageStep> ConvChainProblem::steps() const {
  const auto view = [&](std::size_t tensor, const Layout& layout) {
    return TensorView(DType::f32, tensors[tensor], layout, Storage::buffer);
  };
  std::vector<ImageStep> result;
  std::size_t weights = 1;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (layouts[i].is_transformed()) {
      const TensorView from = view(i, layouts[i].written);
      const TensorView to = view(i, layouts[i].read);
      result.push_back(
          {ImageStep::Kind::transform, from, to, {}, {}, 0, {from.storage_bytes() + to.storage_bytes(), 0}});
    }
    if (i == operators.size()) break;
    const TensorView from = view(i, layouts[i].read);
    const TensorView to = view(i + 1, layouts[i + 1].written);
    if (operators[i].kind == ImageOperator::Kind::convolution) {
      result.push_back(
          {ImageStep::Kind::convolution, from, to, operators[i].sliding, {}, weights++, convolution(i).work()});
      continue;
    }
    const PairPass pass =
        operators[i].kind == ImageOperator::Kind::relu ? relu_pass(from, to) : instance_norm_pass(from, to);
    result.push_back({ImageStep::Kind::pass, from, to, {}, {pass}, 0, pass.work()});
  }
  return result;
}

Work ConvChainProblem::executed_work() const {
  Work work;
  for (const ImageStep& step : steps()) {
    work.bytes += step.work.bytes;
    work.flops += step.work.flops;
  }
  return work;
}

Metrics ConvChainProblem::metrics() const {
  double launches = 0, transforms = 0, bytes = 0;
  for (const ImageStep& step : steps()) {
    launches += 1;
    if (step.kind != ImageStep::Kind::transform) continue;
    transforms += 1;
    bytes += static_cast<double>(step.work.bytes);
  }
  return {{"launches", {launches, "1", ""}},
          {"transforms", {transforms, "1", ""}},
          {"transformed_bytes", {bytes, "B", ""}}};
}

HETSCOPE_DEFINE_OPERATION(conv_chain, ConvChain)

}  // namespace hetscope

// im2col: the columns that turn a convolution into a matrix product. It is part of every convolution that is computed
// so, and no sparsity of the filters makes it faster. Bit-equal.
//   useful bytes = image read once + columns written once
#include "kernels/dense/im2col.hpp"

#include "harness/core/error.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 30;
constexpr std::int64_t kMostExtent = std::int64_t{1} << 20;

class Im2col final : public Operation {
 public:
  std::string_view name() const noexcept override { return "im2col"; }

  std::span<const AxisSpec> axes() const override {
    static const std::vector<AxisSpec> kAxes = {
        {"shape", AxisType::dims, "channels x height x width of the image", std::nullopt, {}},
        {"dtype", AxisType::text, "element type", AxisValue(std::string("f32")), {"f32", "f16", "i8"}},
        {"filter", AxisType::dims, "height x width of the filter", AxisValue(Dims{3, 3}), {}},
        {"stride", AxisType::integer, "of the filter, in both directions", AxisValue(std::int64_t{1}), {}},
        {"padding", AxisType::integer, "zeros around the image", AxisValue(std::int64_t{1}), {}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override { Im2colProblem{item}; }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const Im2colProblem problem(item);
    HostTensor image(problem.dtype, Shape{problem.channels, problem.height, problem.width}, Layout::row_major(3));
    Random random(seed);
    image.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"image", Lifetime::per_run, std::move(image)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    const Im2colProblem problem(item);
    const HostTensor& image = inputs[0].tensor;
    HostTensor columns(problem.dtype, Shape{problem.rows(), problem.cols()}, Layout::row_major(2));
    for (std::int64_t row = 0; row < problem.rows(); ++row) {
      const std::int64_t s = row % problem.filter_width;
      const std::int64_t r = row / problem.filter_width % problem.filter_height;
      const std::int64_t channel = row / problem.filter_width / problem.filter_height;
      for (std::int64_t col = 0; col < problem.cols(); ++col) {
        const std::int64_t y = col / problem.out_width() * problem.stride + r - problem.padding;
        const std::int64_t x = col % problem.out_width() * problem.stride + s - problem.padding;
        if (y < 0 || y >= problem.height || x < 0 || x >= problem.width) continue;
        columns.set(row * problem.cols() + col, image.get((channel * problem.height + y) * problem.width + x));
      }
    }
    std::vector<Expectation> result;
    result.push_back({std::move(columns), {}, {}});
    return result;
  }

  Tolerance tolerance(const Case&) const override { return {}; }

  Work useful_work(const Case& item) const override {
    const Im2colProblem problem(item);
    const std::int64_t elements = problem.channels * problem.height * problem.width + problem.rows() * problem.cols();
    return {static_cast<std::int64_t>(size_of(problem.dtype)) * elements, 0};
  }
};

}  // namespace

Im2colProblem::Im2colProblem(const Case& item) : dtype(parse_dtype(item.text("dtype"))) {
  const Dims shape = item.dims("shape");
  const Dims filter = item.dims("filter");
  if (shape.size() != 3)
    throw Error("an image's shape is not of rank 3", item.line(), "give channels x height x width");
  if (filter.size() != 2) throw Error("a filter is not of rank 2", item.line(), "give height x width");
  channels = shape[0];
  height = shape[1];
  width = shape[2];
  filter_height = filter[0];
  filter_width = filter[1];
  stride = item.integer("stride");
  padding = item.integer("padding");
  for (const std::int64_t extent : {channels, height, width, filter_height, filter_width, stride}) {
    if (extent < 1 || extent > kMostExtent) throw Error("an extent is not from 1 to 2^20", item.line(), "give another");
  }
  if (padding < 0 || padding >= kMostExtent)
    throw Error("an extent is not from 1 to 2^20", item.line(), "give another");
  if (filter_height > height + 2 * padding || filter_width > width + 2 * padding) {
    throw Error("the filter is larger than the padded image", item.line(), "give a smaller filter");
  }
  // Each factor is below 2^22, so that no product of two overflows.
  const bool is_small = filter_height * filter_width <= kMostExtent && out_height() * out_width() <= kMostElements &&
                        channels * filter_height * filter_width <= kMostElements / (out_height() * out_width()) &&
                        height * width <= kMostElements / channels;
  if (!is_small) throw Error("image or columns have more than 2^30 elements", item.line(), "give a smaller image");
}

HETSCOPE_DEFINE_OPERATION(im2col, Im2col)

}  // namespace hetscope

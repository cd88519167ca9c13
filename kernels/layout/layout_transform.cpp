// layout_transform: the same tensor in another order of its dimensions. Pure movement, so results are bit-equal.
//   useful bytes = elements read + storage elements written (padding of a packed layout included), times element size
#include "kernels/layout/layout_transform.hpp"

#include <array>

#include "harness/core/error.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr int kRank = 4;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 31;

// offset(index) of every layout is a sum of one term per dimension; this tabulates the term of dimension `dim`.
std::vector<std::int64_t> offset_table(const TensorView& view, int dim) {
  const Shape& shape = view.shape();
  std::vector<std::int64_t> index(static_cast<std::size_t>(shape.rank()), 0);
  std::vector<std::int64_t> table;
  for (std::int64_t i = 0; i < shape[dim]; ++i) {
    index[static_cast<std::size_t>(dim)] = i;
    table.push_back(view.layout().offset(index, shape));
  }
  return table;
}

template <class T>
void copy_by_tables(const HostTensor& source, HostTensor& target) {
  const Shape& shape = source.shape();
  std::array<std::vector<std::int64_t>, kRank> from;
  std::array<std::vector<std::int64_t>, kRank> to;
  for (int dim = 0; dim < kRank; ++dim) {
    from[static_cast<std::size_t>(dim)] = offset_table(source.view(), dim);
    to[static_cast<std::size_t>(dim)] = offset_table(target.view(), dim);
  }
  const T* read = source.as<T>();
  T* write = target.as<T>();
  const auto extent = [&](int dim) { return static_cast<std::size_t>(shape[dim]); };
  for (std::size_t n = 0; n < extent(0); ++n) {
    for (std::size_t c = 0; c < extent(1); ++c) {
      for (std::size_t h = 0; h < extent(2); ++h) {
        const std::int64_t read_base = from[0][n] + from[1][c] + from[2][h];
        const std::int64_t write_base = to[0][n] + to[1][c] + to[2][h];
        for (std::size_t w = 0; w < extent(3); ++w) write[write_base + to[3][w]] = read[read_base + from[3][w]];
      }
    }
  }
}

class LayoutTransform final : public Operation {
 public:
  std::string_view name() const noexcept override { return "layout_transform"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 4> kAxes = {
        AxisSpec{"shape", AxisType::dims, "logical extents N x C x H x W in elements", std::nullopt, {}},
        AxisSpec{"dtype", AxisType::text, "element type", AxisValue(std::string("f32")), {"f32", "f16"}},
        AxisSpec{
            "from", AxisType::text, "layout of the input, such as NCHW or NC4HW4", AxisValue(std::string("NCHW")), {}},
        AxisSpec{
            "to", AxisType::text, "layout of the output, such as NHWC or NC4HW4", AxisValue(std::string("NHWC")), {}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const Shape shape(item.dims("shape"));
    if (shape.rank() != kRank) {
      throw Error("shape " + shape.to_string() + " has rank " + std::to_string(shape.rank()), item.line(),
                  "give N x C x H x W");
    }
    const LayoutTransformProblem problem(item);
    if (std::max(problem.source.storage_elements(), problem.target.storage_elements()) > kMaxElements) {
      throw Error("shape " + shape.to_string() + " has more than 2^31 elements", item.line(), "give a smaller shape");
    }
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    HostTensor tensor(LayoutTransformProblem(item).source);
    Random random(seed);
    tensor.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"source", Lifetime::per_run, std::move(tensor)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    HostTensor exact(LayoutTransformProblem(item).target);
    copy_elements(inputs[0].tensor, exact);
    std::vector<Expectation> result;
    result.push_back({std::move(exact), {}, {}});
    return result;
  }

  Tolerance tolerance(const Case&) const override { return {}; }

  Work useful_work(const Case& item) const override {
    const LayoutTransformProblem problem(item);
    const auto width = static_cast<std::int64_t>(size_of(problem.source.dtype()));
    return {problem.source.shape().element_count() * width + problem.target.storage_bytes(), 0};
  }
};

}  // namespace

LayoutTransformProblem::LayoutTransformProblem(const Case& item)
    : source(parse_dtype(item.text("dtype")), Shape(item.dims("shape")), Layout::parse(item.text("from"), kRank)),
      target(source.dtype(), source.shape(), Layout::parse(item.text("to"), kRank)) {}

std::optional<BatchedTranspose> as_batched_transpose(const LayoutTransformProblem& problem) {
  const Shape& shape = problem.source.shape();
  const std::int64_t channels = shape[1];
  const std::int64_t pixels = shape[2] * shape[3];
  const Layout nchw = Layout::row_major(kRank);
  const Layout nhwc({0, 2, 3, 1});
  if (problem.source.layout() == nchw && problem.target.layout() == nhwc) {
    return BatchedTranspose{shape[0], channels, pixels};
  }
  if (problem.source.layout() == nhwc && problem.target.layout() == nchw) {
    return BatchedTranspose{shape[0], pixels, channels};
  }
  return std::nullopt;
}

void copy_elements(const HostTensor& source, HostTensor& target) {
  switch (size_of(source.dtype())) {
    case 1:
      return copy_by_tables<std::uint8_t>(source, target);
    case 2:
      return copy_by_tables<std::uint16_t>(source, target);
    default:
      return copy_by_tables<std::uint32_t>(source, target);
  }
}

HETSCOPE_DEFINE_OPERATION(layout_transform, LayoutTransform)

}  // namespace hetscope

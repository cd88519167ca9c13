// layout_transform: the same tensor in another order of its dimensions. Pure movement, so results are bit-equal.
//   useful bytes = elements read + storage elements written (padding of a packed layout included), times element size
#include "kernels/layout/layout_transform.hpp"

#include <array>

#include "harness/core/error.hpp"
#include "harness/kernel/sliced_operation.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

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

std::vector<std::vector<std::int64_t>> offset_tables(const TensorView& view) {
  std::vector<std::vector<std::int64_t>> tables;
  for (int dim = 0; dim < view.shape().rank(); ++dim) tables.push_back(offset_table(view, dim));
  return tables;
}

template <class T>
void copy_by_tables(const HostTensor& source, HostTensor& target) {
  const auto from = offset_tables(source.view());
  const auto to = offset_tables(target.view());
  const T* read = source.as<T>();
  T* write = target.as<T>();
  // All dimensions but the last by index, the last one here.
  const std::size_t last = from.size() - 1;
  std::vector<std::int64_t> outer = source.shape().dims();
  outer.back() = 1;
  for_each_index(Shape(outer), [&](std::span<const std::int64_t> index) {
    std::int64_t read_base = 0;
    std::int64_t write_base = 0;
    for (std::size_t dim = 0; dim < last; ++dim) {
      read_base += from[dim][static_cast<std::size_t>(index[dim])];
      write_base += to[dim][static_cast<std::size_t>(index[dim])];
    }
    for (std::size_t i = 0; i < from[last].size(); ++i)
      write[write_base + to[last][i]] = read[read_base + from[last][i]];
  });
}

class LayoutTransform final : public SlicedOperation {
 public:
  std::string_view name() const noexcept override { return "layout_transform"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 4> kAxes = {
        AxisSpec{"shape",
                 AxisType::dims,
                 "logical extents in elements, rank 1 to 6 (N x C x H x W for the layouts with names)",
                 std::nullopt,
                 {}},
        AxisSpec{"dtype", AxisType::text, "element type", AxisValue(std::string("f32")), {"f32", "f16", "i8"}},
        AxisSpec{"from",
                 AxisType::text,
                 "layout of the input: NCHW, NC4HW4, order:0,1,2, ...",
                 AxisValue(std::string("NCHW")),
                 {}},
        AxisSpec{"to",
                 AxisType::text,
                 "layout of the output: NHWC, NCHW16c, order:0,2,1, ...",
                 AxisValue(std::string("NHWC")),
                 {}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const Shape shape(item.dims("shape"));
    if (shape.rank() < 1 || shape.rank() > kMaxLayoutRank) {
      throw Error("shape " + shape.to_string() + " has rank " + std::to_string(shape.rank()), item.line(),
                  "give 1 to " + std::to_string(kMaxLayoutRank) + " extents");
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

  std::span<const std::string> split_axes() const override { return numbered_dimensions(kMaxLayoutRank); }

 protected:
  Slicing slicing(const Case& item, int dimension) const override {
    const LayoutTransformProblem problem(item);
    return {{{problem.source, dimension}}, {{problem.target, dimension}}};
  }
};

}  // namespace

LayoutTransformProblem::LayoutTransformProblem(const Case& item)
    : source(parse_dtype(item.text("dtype")), Shape(item.dims("shape")),
             Layout::parse(item.text("from"), static_cast<int>(item.dims("shape").size()))),
      target(source.dtype(), source.shape(), Layout::parse(item.text("to"), source.shape().rank())) {}

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

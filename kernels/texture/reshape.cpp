// reshape: the same elements in row-major order under another shape. In linear memory it is a new description of the
// same bytes, and nothing is done; in a texture whose rows follow the shape, the elements move (SmartMem, ASPLOS 2024,
// figure 2). Pure movement, so results are bit-equal.
//   useful bytes = 2 * elements * element size
#include "kernels/texture/reshape.hpp"

#include <array>

#include "harness/core/error.hpp"
#include "kernels/registration.hpp"
#include "kernels/texture/texels.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kReshapeMaxElements = std::int64_t{1} << 28;

class Reshape final : public Operation {
 public:
  std::string_view name() const noexcept override { return "reshape"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 3> kAxes = {
        AxisSpec{"shape", AxisType::dims, "extents of the input in elements, rank 1 to 5", std::nullopt, {}},
        AxisSpec{"output", AxisType::dims, "extents of the output, as many elements", std::nullopt, {}},
        AxisSpec{"dtype", AxisType::text, "element type", AxisValue(std::string("f32")), {"f32", "f16"}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    for (const char* axis : {"shape", "output"}) {
      const Shape shape(item.dims(axis));
      if (shape.rank() < 1 || shape.rank() > kMaxTexelRank) {
        throw Error(std::string(axis) + " " + shape.to_string() + " has rank " + std::to_string(shape.rank()),
                    item.line(), "give 1 to 5 extents");
      }
      if (shape.element_count() > kReshapeMaxElements) {
        throw Error(std::string(axis) + " " + shape.to_string() + " has more than 2^28 elements", item.line(),
                    "give a smaller shape");
      }
    }
    const Shape shape(item.dims("shape"));
    const Shape output(item.dims("output"));
    if (shape.element_count() != output.element_count()) {
      throw Error("shape " + shape.to_string() + " has " + std::to_string(shape.element_count()) +
                      " elements and output " + output.to_string() + " has " + std::to_string(output.element_count()),
                  item.line(), "a reshape keeps the number of elements");
    }
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const Shape shape(item.dims("shape"));
    HostTensor source(parse_dtype(item.text("dtype")), shape, texel_layout(shape.rank()));
    Random random(seed);
    source.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"source", Lifetime::per_run, std::move(source)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    const HostTensor& source = inputs[0].tensor;
    const Shape output(item.dims("output"));
    HostTensor result(source.dtype(), output, texel_layout(output.rank()));
    std::vector<double> elements;
    for_each_index(source.shape(), [&](std::span<const std::int64_t> index) {
      elements.push_back(source.get(source.layout().offset(index, source.shape())));
    });
    std::size_t next = 0;
    for_each_index(output, [&](std::span<const std::int64_t> index) {
      result.set(result.layout().offset(index, output), elements[next++]);
    });
    std::vector<Expectation> expectations;
    expectations.push_back({std::move(result), {}, {}});
    return expectations;
  }

  Tolerance tolerance(const Case&) const override { return {}; }
  Work useful_work(const Case& item) const override {
    const auto width = static_cast<std::int64_t>(size_of(parse_dtype(item.text("dtype"))));
    return {2 * width * Shape(item.dims("shape")).element_count(), 0};
  }
};

}  // namespace

Layout texel_layout(int rank) { return Layout(Layout::row_major(rank).order(), rank - 1, kTexelLanes); }

HETSCOPE_DEFINE_OPERATION(reshape, Reshape)

}  // namespace hetscope

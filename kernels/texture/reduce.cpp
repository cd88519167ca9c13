// reduce: the sum over one dimension of a tensor of rank 3, row-major result. The least that a consumer does with a
// reduction dimension: how fast it is depends on how the tensor lies in memory (SmartMem, ASPLOS 2024, section 3.3).
//   useful bytes = elements read + results of 4 bytes
#include <array>
#include <cmath>

#include "harness/core/error.hpp"
#include "harness/kernel/sliced_operation.hpp"
#include "kernels/registration.hpp"
#include "kernels/texture/reduce.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kMaxElements = std::int64_t{1} << 27;

class Reduce final : public SlicedOperation {
 public:
  std::string_view name() const noexcept override { return "reduce"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 4> kAxes = {
        AxisSpec{"shape", AxisType::dims, "three extents in elements", std::nullopt, {}},
        AxisSpec{"dtype", AxisType::text, "element type; sums are f32", AxisValue(std::string("f32")), {"f32", "f16"}},
        AxisSpec{"reduced", AxisType::integer, "the dimension that is summed over, 0 to 2", std::nullopt, {}, true, 0},
        AxisSpec{"layout",
                 AxisType::text,
                 "how the tensor lies in memory: order:0,1,2/p2x4, ...",
                 AxisValue(std::string("order:0,1,2/p2x4")),
                 {}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const Shape shape(item.dims("shape"));
    if (shape.rank() != kReducedRank) {
      throw Error("shape " + shape.to_string() + " has rank " + std::to_string(shape.rank()), item.line(),
                  "give 3 extents");
    }
    if (shape.element_count() > kMaxElements) {
      throw Error("shape " + shape.to_string() + " has more than 2^27 elements", item.line(), "give a smaller shape");
    }
    if (item.integer("reduced") >= kReducedRank) {
      throw Error("reduced=" + std::to_string(item.integer("reduced")) + " is no dimension of a tensor of rank 3",
                  item.line(), "give 0, 1 or 2");
    }
    Layout::parse(item.text("layout"), kReducedRank);
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    HostTensor source(parse_dtype(item.text("dtype")), Shape(item.dims("shape")),
                      Layout::parse(item.text("layout"), kReducedRank));
    Random random(seed);
    source.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"source", Lifetime::per_run, std::move(source)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    const HostTensor& source = inputs[0].tensor;
    const Shape output = reduced_shape(item);
    const auto reduced = static_cast<std::size_t>(item.integer("reduced"));
    std::vector<Expectation> result(1);
    result[0].values.assign(static_cast<std::size_t>(output.element_count()), 0);
    result[0].magnitudes = result[0].values;
    for_each_index(source.shape(), [&](std::span<const std::int64_t> index) {
      std::size_t at = 0;
      int kept = 0;
      for (std::size_t dim = 0; dim < kReducedRank; ++dim) {
        if (dim == reduced) continue;
        at = at * static_cast<std::size_t>(output[kept++]) + static_cast<std::size_t>(index[dim]);
      }
      const double value = source.get(source.layout().offset(index, source.shape()));
      result[0].values[at] += value;
      result[0].magnitudes[at] += std::abs(value);
    });
    return result;
  }

  Tolerance tolerance(const Case& item) const override {
    const Shape shape(item.dims("shape"));
    return {0, 0x1p-24 * summing_error(shape[static_cast<int>(item.integer("reduced"))])};
  }
  Work useful_work(const Case& item) const override {
    const std::int64_t elements = Shape(item.dims("shape")).element_count();
    const auto width = static_cast<std::int64_t>(size_of(parse_dtype(item.text("dtype"))));
    return {width * elements + 4 * reduced_shape(item).element_count(), elements};
  }
  bool is_bounded_by_copies() const override { return false; }

  std::span<const std::string> split_axes() const override { return numbered_dimensions(kReducedRank); }

 protected:
  // Parts of the reduced dimension are sums of their own, which are added.
  Slicing slicing(const Case& item, int dimension) const override {
    const Shape output = reduced_shape(item);
    const int reduced = static_cast<int>(item.integer("reduced"));
    const bool is_reduced = dimension == reduced;
    const TensorView source(parse_dtype(item.text("dtype")), Shape(item.dims("shape")),
                            Layout::parse(item.text("layout"), kReducedRank));
    const TensorView target(DType::f32, output, Layout::row_major(output.rank()));
    return {{{source, dimension}},
            {{target, is_reduced ? SlicedOperand::kWhole : dimension - (dimension > reduced ? 1 : 0)}},
            is_reduced};
  }
};

}  // namespace

Shape reduced_shape(const Case& item) {
  std::vector<std::int64_t> dims = item.dims("shape");
  dims.erase(dims.begin() + item.integer("reduced"));
  return Shape(dims);
}

HETSCOPE_DEFINE_OPERATION(reduce, Reduce)

}  // namespace hetscope

// copy: the same elements in other memory. The cheapest thing that can be done to a tensor, hence what every transform
// is compared with.  useful bytes = 2 * elements * element size
#include <array>

#include "harness/core/error.hpp"
#include "harness/kernel/sliced_operation.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

TensorView view_of(const Case& item) {
  Shape shape(item.dims("shape"));
  const int rank = shape.rank();
  return TensorView(parse_dtype(item.text("dtype")), std::move(shape), Layout::row_major(rank));
}

constexpr int kMostDimensions = 4;

class Copy final : public SlicedOperation {
 public:
  std::string_view name() const noexcept override { return "copy"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 2> kAxes = {
        AxisSpec{"shape", AxisType::dims, "extents in elements, rank 1 to 4, row-major", std::nullopt, {}},
        AxisSpec{"dtype", AxisType::text, "element type", AxisValue(std::string("f32")), {"f32", "f16", "i8"}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const Shape shape(item.dims("shape"));
    if (shape.rank() < 1 || shape.rank() > kMostDimensions) {
      throw Error("shape " + shape.to_string() + " has rank " + std::to_string(shape.rank()), item.line(),
                  "give 1 to 4 extents");
    }
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    HostTensor tensor(view_of(item));
    Random random(seed);
    tensor.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"source", Lifetime::per_run, std::move(tensor)});
    return result;
  }

  std::vector<Expectation> reference(const Case&, std::span<const Operand> inputs) const override {
    std::vector<Expectation> result;
    result.push_back({inputs[0].tensor.clone(), {}, {}});
    return result;
  }

  Tolerance tolerance(const Case&) const override { return {}; }
  Work useful_work(const Case& item) const override { return {2 * view_of(item).storage_bytes(), 0}; }

  std::span<const std::string> split_axes() const override { return numbered_dimensions(kMostDimensions); }

 protected:
  Slicing slicing(const Case& item, int dimension) const override {
    return {{{view_of(item), dimension}}, {{view_of(item), dimension}}};
  }
};

}  // namespace

HETSCOPE_DEFINE_OPERATION(copy, Copy)

}  // namespace hetscope

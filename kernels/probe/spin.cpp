// spin: a thread that is busy and needs nothing: neither memory nor vector units, one short operation at a time. What
// it slows down beside it shares its core, its clock or its power, and nothing else.
//   x <- a x + b modulo 2^32, `steps` times from `start`; a = 1664525, b = 1013904223 (Numerical Recipes), given at run
//   time, so that no compiler folds two steps into one
//   closed form by doubling: two steps are again one of this shape;  work = 2 operations a step
#include <array>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::uint32_t kSpinFactor = 1664525;
constexpr std::uint32_t kSpinAddend = 1013904223;
constexpr std::int64_t kSpinMaxSteps = std::int64_t{1} << 31;

class Spin final : public Operation {
 public:
  std::string_view name() const noexcept override { return "spin"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 1> kAxes = {
        AxisSpec{"steps", AxisType::integer, "steps, one after the other", AxisValue(std::int64_t{1} << 18), {}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const std::int64_t steps = item.integer("steps");
    if (steps >= 1 && steps < kSpinMaxSteps) return;
    throw Error("steps=" + std::to_string(steps) + " is not from 1 to 2^31 - 1", item.line(),
                "2^18 take a millisecond");
  }

  std::vector<Operand> inputs(const Case&, std::uint64_t seed) const override {
    HostTensor numbers(DType::i32, Shape{3}, Layout::row_major(1));
    Random random(seed);
    numbers.fill_random(random);
    numbers.as<std::uint32_t>()[1] = kSpinFactor;
    numbers.as<std::uint32_t>()[2] = kSpinAddend;
    std::vector<Operand> result;
    result.push_back({"start, factor and addend", Lifetime::per_run, std::move(numbers)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    std::uint32_t factor = kSpinFactor;
    std::uint32_t addend = kSpinAddend;
    std::uint32_t x = *inputs[0].tensor.as<std::uint32_t>();
    for (std::int64_t left = item.integer("steps"); left > 0; left /= 2) {
      if (left % 2 == 1) x = factor * x + addend;
      addend = factor * addend + addend;
      factor *= factor;
    }
    HostTensor end(DType::i32, Shape{1}, Layout::row_major(1));
    *end.as<std::uint32_t>() = x;
    std::vector<Expectation> expectations;
    expectations.push_back({std::move(end), {}, {}});
    return expectations;
  }

  Tolerance tolerance(const Case&) const override { return {}; }
  Work useful_work(const Case& item) const override { return {0, 2 * item.integer("steps")}; }
};

}  // namespace

HETSCOPE_DEFINE_OPERATION(spin, Spin)

}  // namespace hetscope

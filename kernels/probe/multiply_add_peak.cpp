// multiply_add_peak: how many multiply-adds a processor does when nothing comes from memory. A roof for every operation
// that computes.
//   y[i] = x after 4096 times x <- x * a + b from x = start[i];  a = 1 - 2^-12, b = 2^-12
//   closed form: y = a^n x + b (1 - a^n) / (1 - a);  flops = 2 * chains * 4096
#include "kernels/probe/multiply_add_peak.hpp"

#include <array>
#include <cmath>

#include "harness/core/error.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr double kFactor = 1.0 - 0x1p-12;
constexpr double kAddend = 0x1p-12;
constexpr std::int64_t kMaxChains = std::int64_t{1} << 28;

class MultiplyAddPeak final : public Operation {
 public:
  std::string_view name() const noexcept override { return "multiply_add_peak"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 2> kAxes = {
        AxisSpec{"dtype", AxisType::text, "type of the arithmetic", AxisValue(std::string("f32")), {"f32"}},
        AxisSpec{"chains",
                 AxisType::integer,
                 "independent chains of 4096 multiply-adds",
                 AxisValue(std::int64_t{1} << 14),
                 {}},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    const std::int64_t chains = item.integer("chains");
    if (chains < 1 || chains > kMaxChains) {
      throw Error("chains=" + std::to_string(chains) + " is not from 1 to 2^28", item.line(),
                  "2^14 fill a CPU, 2^20 a large GPU");
    }
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    HostTensor start(DType::f32, Shape{item.integer("chains")}, Layout::row_major(1));
    Random random(seed);
    start.fill_random(random);
    HostTensor coefficients(DType::f32, Shape{2}, Layout::row_major(1));
    coefficients.set(0, kFactor);
    coefficients.set(1, kAddend);
    std::vector<Operand> result;
    result.push_back({"start", Lifetime::per_run, std::move(start)});
    result.push_back({"coefficients", Lifetime::per_run, std::move(coefficients)});
    return result;
  }

  std::vector<Expectation> reference(const Case&, std::span<const Operand> inputs) const override {
    const HostTensor& start = inputs[kStartOperand].tensor;
    const double a = inputs[kCoefficientsOperand].tensor.get(0);
    const double b = inputs[kCoefficientsOperand].tensor.get(1);
    const double power = std::pow(a, static_cast<double>(kMultiplyAddSteps));
    Expectation expectation;
    for (std::int64_t i = 0; i < start.shape().element_count(); ++i) {
      expectation.values.push_back(power * start.get(i) + b * (1 - power) / (1 - a));
      expectation.magnitudes.push_back(1);
    }
    std::vector<Expectation> result;
    result.push_back(std::move(expectation));
    return result;
  }

  // Every step rounds a value below 1 once (or twice where the multiplication is rounded too) by at most 2^-25.
  Tolerance tolerance(const Case&) const override { return {2 * static_cast<double>(kMultiplyAddSteps) * 0x1p-25, 0}; }

  Work useful_work(const Case& item) const override {
    const std::int64_t chains = item.integer("chains");
    return {2 * static_cast<std::int64_t>(sizeof(float)) * chains, 2 * kMultiplyAddSteps * chains};
  }

  std::optional<RoofKind> roof() const override { return RoofKind::compute; }
  // Few chains fill a CPU in a millisecond, and a large GPU needs many.
  std::vector<std::vector<std::pair<std::string, AxisValue>>> roof_axes() const override {
    return {{{"chains", AxisValue(std::int64_t{1} << 14)}}, {{"chains", AxisValue(std::int64_t{1} << 20)}}};
  }
};

}  // namespace

HETSCOPE_DEFINE_OPERATION(multiply_add_peak, MultiplyAddPeak)

}  // namespace hetscope

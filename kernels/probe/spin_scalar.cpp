// spin_scalar: one thread, one multiplication and one addition a step, in registers.
#include "kernels/probe/sequential_probe.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

std::uint32_t spin(const std::uint32_t* numbers, std::int64_t steps) {
  std::uint32_t x = numbers[0];
  const std::uint32_t factor = numbers[1];
  const std::uint32_t addend = numbers[2];
  for (std::int64_t step = 0; step < steps; ++step) x = factor * x + addend;
  return x;
}

class SpinScalar final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "spin_scalar"; }
  std::string_view operation() const noexcept override { return "spin"; }

 protected:
  Support supports_case(const Case& item) const override { return supports_sequential(item); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return make_sequential_on_host(cpu, pool, inputs[0].tensor, item.integer("steps"), spin);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(spin_scalar, SpinScalar)

}  // namespace hetscope

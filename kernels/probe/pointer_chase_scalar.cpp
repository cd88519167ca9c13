// pointer_chase_scalar: one thread, one load a step.
#include "kernels/probe/sequential_probe.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

std::uint32_t chase(const std::uint32_t* next, std::int64_t steps) {
  std::uint32_t at = 0;
  for (std::int64_t step = 0; step < steps; ++step) at = next[at];
  return at;
}

class PointerChaseScalar final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "pointer_chase_scalar"; }
  std::string_view operation() const noexcept override { return "pointer_chase"; }

 protected:
  Support supports_case(const Case& item) const override { return supports_sequential(item); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return make_sequential_on_host(cpu, pool, inputs[0].tensor, item.integer("steps"), chase);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(pointer_chase_scalar, PointerChaseScalar)

}  // namespace hetscope

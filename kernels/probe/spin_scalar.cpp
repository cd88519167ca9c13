// spin_scalar: one thread, one multiplication and one addition a step, in registers.
#include "kernels/probe/spin_steps.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class SpinScalar final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "spin_scalar"; }
  std::string_view operation() const noexcept override { return "spin"; }

 protected:
  Support supports_case(const Case& item) const override { return supports_sequential(item); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return make_sequential_on_host(cpu, pool, inputs[0].tensor, item.integer("steps"), spin_steps);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(spin_scalar, SpinScalar)

}  // namespace hetscope

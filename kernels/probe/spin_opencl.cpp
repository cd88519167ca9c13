// spin_opencl: one work-item, one multiplication and one addition a step, in registers.
#include "kernels/probe/sequential_probe.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class SpinOpenCl final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "spin_opencl"; }
  std::string_view operation() const noexcept override { return "spin"; }

 protected:
  Support supports_on(const Case&, const OpenClProcessor&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    return make_sequential_on_device(device, inputs[0].tensor, item.integer("steps"), "spin");
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(spin_opencl, SpinOpenCl)

}  // namespace hetscope

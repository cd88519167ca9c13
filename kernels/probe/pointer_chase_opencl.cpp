// pointer_chase_opencl: one work-item, one load a step.
#include "kernels/copy/buffer_copy.hpp"
#include "kernels/probe/sequential_probe.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class PointerChaseOpenCl final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "pointer_chase_opencl"; }
  std::string_view operation() const noexcept override { return "pointer_chase"; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    return supports_buffer_copy(item.integer("bytes"), device);
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    return make_sequential_on_device(device, inputs[0].tensor, item.integer("steps"), "pointer_chase");
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(pointer_chase_opencl, PointerChaseOpenCl)

}  // namespace hetscope

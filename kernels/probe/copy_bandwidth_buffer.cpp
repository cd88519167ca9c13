// copy_bandwidth_buffer: one OpenCL buffer to another, 16 bytes a work-item.
//   traffic: bytes / 2 read, bytes / 2 written
#include "kernels/copy/buffer_copy.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class CopyBandwidthBuffer final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "copy_bandwidth_buffer"; }
  std::string_view operation() const noexcept override { return "copy_bandwidth"; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    return supports_buffer_copy(item.integer("bytes") / 2, device);
  }
  std::unique_ptr<Runnable> prepare_on(const Case&, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    return make_buffer_copy(device, inputs[0].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(copy_bandwidth_buffer, CopyBandwidthBuffer)

}  // namespace hetscope

// transfer_opencl: between the host and an OpenCL device, with one work-item as the device's side.
//   traffic: by `copy` all bytes once; else whatever the driver does behind map and unmap, which is the question
#include "harness/kernel/opencl_kernel.hpp"
#include "kernels/registration.hpp"
#include "kernels/transfer/transfer_runs.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kTransferSource = "kernels/transfer/transfer.cl";

class TransferOpenCl final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "transfer_opencl"; }
  std::string_view operation() const noexcept override { return "transfer"; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const Support sharing =
        supports_sharing(sharing_named(item.text("sharing")), waiting_named(item.text("sync")), device);
    if (!sharing) return sharing;
    return supports_transfer(item.integer("bytes"), device);
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    return make_transfer(device, item, inputs[0].tensor,
                         make_shared_bytes(sharing_named(item.text("sharing")), device, item.integer("bytes")),
                         kTransferSource);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(transfer_opencl, TransferOpenCl)

}  // namespace hetscope

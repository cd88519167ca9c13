// layout_transform_buffer_blocks: as layout_transform_buffer, but each item turns a block in its registers, without
// local memory: what an OpenCL device that is a CPU wants.
//   traffic: every element read once and written once, the target's padding written once
#include "kernels/layout/box_launcher.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class LayoutTransformBufferBlocks final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "layout_transform_buffer_blocks"; }
  std::string_view operation() const noexcept override { return "layout_transform"; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    return supports_boxes(item, device, PlaneScheme::item_blocks);
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    return prepare_boxes(item, device, inputs, PlaneScheme::item_blocks);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(layout_transform_buffer_blocks, LayoutTransformBufferBlocks)

}  // namespace hetscope

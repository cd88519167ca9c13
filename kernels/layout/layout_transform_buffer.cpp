// layout_transform_buffer: any pair of layouts in OpenCL buffers, a launch for each box of movement.hpp: planes that
// turn go tile by tile through local memory, runs that stay neighbours go as vectors.
//   traffic: every element read once and written once, the target's padding written once
// The tile scheme is that of Ruetsch and Micikevicius, "Optimizing Matrix Transpose in CUDA" (2009).
#include "kernels/layout/box_launcher.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class LayoutTransformBuffer final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "layout_transform_buffer"; }
  std::string_view operation() const noexcept override { return "layout_transform"; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    return supports_boxes(item, device, PlaneScheme::local_tiles);
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    return prepare_boxes(item, device, inputs, PlaneScheme::local_tiles);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(layout_transform_buffer, LayoutTransformBuffer)

}  // namespace hetscope

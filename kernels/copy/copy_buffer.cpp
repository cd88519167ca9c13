// copy_buffer: one OpenCL buffer to another, 16 bytes a work-item.
//   traffic: bytes read once and written once
#include "kernels/copy/buffer_copy.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class CopyBuffer final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "copy_buffer"; }
  std::string_view operation() const noexcept override { return "copy"; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const auto width = static_cast<std::int64_t>(size_of(parse_dtype(item.text("dtype"))));
    return supports_buffer_copy(Shape(item.dims("shape")).element_count() * width, device);
  }
  std::unique_ptr<Runnable> prepare_on(const Case&, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    return make_buffer_copy(device, inputs[0].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(copy_buffer, CopyBuffer)

}  // namespace hetscope

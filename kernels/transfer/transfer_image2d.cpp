// transfer_image2d: the same into an RGBA image of words and out of it, which the driver repacks on the way.
//   traffic: all bytes once, and the texels that fill up the image's last row
#include "harness/kernel/opencl_kernel.hpp"
#include "kernels/copy/image_extent.hpp"
#include "kernels/registration.hpp"
#include "kernels/transfer/transfer_runs.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kTransferImageSource = "kernels/transfer/transfer_image2d.cl";

ImageExtent extent_of_words(std::int64_t bytes, const OpenClLimits& limits) {
  return near_square_extent(texels_of_words(bytes), limits);
}

class TransferImage2d final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "transfer_image2d"; }
  std::string_view operation() const noexcept override { return "transfer"; }
  bool uses_textures() const override { return true; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const Sharing sharing = sharing_named(item.text("sharing"));
    if (sharing != Sharing::copy) return Support::no("an image is written and read: sharing=copy");
    if (Support support = supports_sharing(sharing, waiting_named(item.text("sync")), device); !support) return support;
    if (Support fits = supports_transfer(item.integer("bytes"), device); !fits) return fits;
    const ImageExtent extent = extent_of_words(item.integer("bytes"), device.limits());
    return device.supports_image(DType::i32, extent.width, extent.height);
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    return make_transfer(device, item, inputs[0].tensor,
                         make_shared_image(device, extent_of_words(item.integer("bytes"), device.limits())),
                         kTransferImageSource);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(transfer_image2d, TransferImage2d)

}  // namespace hetscope

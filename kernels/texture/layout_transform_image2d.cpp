// layout_transform_image2d: from one texture to another whose texels follow another layout, both packed by four.
//   traffic: texels written once; each texel is read once where both pack the same elements, else up to four times,
//   from the texture's cache
#include "kernels/registration.hpp"
#include "kernels/texture/texels.hpp"

namespace hetscope {
namespace {

constexpr int kDimsInX = 1;

class LayoutTransformImage2d final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "layout_transform_image2d"; }
  std::string_view operation() const noexcept override { return "layout_transform"; }
  bool uses_textures() const override { return true; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const DType dtype = parse_dtype(item.text("dtype"));
    if (dtype != DType::f32 && dtype != DType::f16) {
      return Support::no("there is no image of floats for dtype " + item.text("dtype"));
    }
    const Shape shape(item.dims("shape"));
    if (shape.rank() > kMaxTexelRank) return Support::no("an image takes tensors of rank 1 to 5");
    TexelExtent extent;
    for (const char* axis : {"from", "to"}) {
      const Layout layout = Layout::parse(item.text(axis), shape.rank());
      if (Support fits = fit_texels(device, dtype, shape, layout, kDimsInX, extent); !fits) return fits;
    }
    return Support::yes();
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const HostTensor& source = inputs[0].tensor;
    const Layout to = Layout::parse(item.text("to"), source.shape().rank());
    TexelExtent from_extent;
    TexelExtent to_extent;
    Support fits = fit_texels(device, source.dtype(), source.shape(), source.layout(), kDimsInX, from_extent);
    if (fits) fits = fit_texels(device, source.dtype(), source.shape(), to, kDimsInX, to_extent);
    if (!fits) throw Declined(fits);
    const TensorView read(source.dtype(), source.shape(), source.layout(), Storage::image2d);
    return make_texel_movement(device, {source, from_extent, read, to, to_extent});
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(layout_transform_image2d, LayoutTransformImage2d)

}  // namespace hetscope

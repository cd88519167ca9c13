// Tensors in an image2d: a layout whose packed dimension fills the four lanes of a texel, folded into rows and columns.
// What is read comes through a view; what is written is written texel by texel, because a lane alone cannot be.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "harness/kernel/opencl_kernel.hpp"

namespace hetscope {

// Lanes become a dimension of their own, and an index map has six.
inline constexpr int kMaxTexelRank = 5;

// Texel t of the layout's order lies at (t % width, t / width).
struct TexelExtent {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::int64_t texels() const noexcept { return width * height; }
};

// x takes the `x_dims` innermost dimensions of the layout's order, and at least one dimension is left for y where there
// are two. `layout` is packed by kTexelLanes.
TexelExtent texel_extent(const Shape& shape, const Layout& layout, int x_dims);
// The extent with the fewest dimensions in x, at least `x_dims`, that the device has images for. no(): the layout is
// not packed by four, or no extent fits.
Support fit_texels(const OpenClProcessor& device, DType dtype, const Shape& shape, const Layout& layout, int x_dims,
                   TexelExtent& extent);

// `view` by the indices of a tensor of its shape as it is stored in `layout`: dimensions in the layout's order, and the
// lanes of a packed one behind them; what pads it reads as 0. Not simplified. Throws Error where that takes more
// dimensions than a map has.
TensorView in_storage_order(const TensorView& view, const Layout& layout);
// `view` by the indices {y, x, lane} of a tensor of the view's shape that is stored in `layout`: lanes that pad a
// packed dimension read as 0. Throws Error where that takes more dimensions than a map has.
TensorView as_texels(const TensorView& view, const Layout& layout, const TexelExtent& extent);

cl::Image2D upload_texels(OpenClProcessor& device, const HostTensor& tensor, const TexelExtent& extent);
void download_texels(OpenClProcessor& device, const cl::Image2D& image, const TexelExtent& extent, HostTensor& target);

// A function of OpenCL C, float to float, and the text that has it. 0 becomes 0.
struct ElementFunction {
  std::string name;
  std::string text;
};

// A tensor in an image, and a movement of it.
struct TexelMovement {
  const HostTensor& source;  // in a layout packed by four; it is uploaded
  TexelExtent source_extent;
  TensorView read;       // of the source in Storage::image2d, through the movement: the target's shape
  Layout target_layout;  // packed by four
  TexelExtent target_extent;
  ElementFunction function = {};  // of each element on its way; without a name: as it is
};
// Whether texel t of the target holds what texel t of the source holds, for every t.
bool moves_whole_texels(const TexelMovement& movement);
// One launch, a work-item a texel. Where they can be, texels are moved whole; else its four elements are read one by
// one.
std::unique_ptr<Runnable> make_texel_movement(OpenClProcessor& device, const TexelMovement& movement);

}  // namespace hetscope

// Index maps from texels to elements, and the launch that moves them.
#include "kernels/texture/texels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>
#include <vector>

#include "harness/core/divided_up.hpp"
#include "harness/core/error.hpp"
#include "harness/kernel/opencl_kernel.hpp"
#include "harness/tensor/view_access.hpp"
#include "kernels/opencl_sources.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kTexelsSource = "kernels/texture/move_texels.cl";

std::int64_t groups_of(std::int64_t extent) { return divided_up(extent, kTexelLanes); }

bool is_packed_by_four(const Layout& layout) { return layout.is_packed() && layout.lanes() == kTexelLanes; }

// Extents in texels, in the layout's order.
std::vector<std::int64_t> texel_dims(const Shape& shape, const Layout& layout) {
  std::vector<std::int64_t> dims;
  for (const int dim : layout.order()) {
    dims.push_back(dim == layout.packed_dim() ? groups_of(shape[dim]) : shape[dim]);
  }
  return dims;
}

class TexelsRuns final : public OpenClRunnable {
 public:
  TexelsRuns(OpenClProcessor& device, Launch launch, cl::Image2D source, cl::Image2D target, TexelExtent extent,
             TensorView view)
      : OpenClRunnable(device, {std::move(launch)}),
        source_(std::move(source)),
        target_(std::move(target)),
        extent_(extent),
        view_(std::move(view)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.emplace_back(view_);
    download_texels(device(), target_, extent_, result[0]);
    return result;
  }

 private:
  cl::Image2D source_;  // kernels do not keep their arguments alive
  cl::Image2D target_;
  TexelExtent extent_;
  TensorView view_;
};

}  // namespace

TexelExtent texel_extent(const Shape& shape, const Layout& layout, int x_dims) {
  const std::vector<std::int64_t> dims = texel_dims(shape, layout);
  const int rank = static_cast<int>(dims.size());
  const int in_x = std::clamp(x_dims, 1, std::max(rank - 1, 1));
  TexelExtent extent{1, 1};
  for (int i = 0; i < rank; ++i) {
    (i < rank - in_x ? extent.height : extent.width) *= dims[static_cast<std::size_t>(i)];
  }
  return extent;
}

Support fit_texels(const OpenClProcessor& device, DType dtype, const Shape& shape, const Layout& layout, int x_dims,
                   TexelExtent& extent) {
  if (!is_packed_by_four(layout)) {
    return Support::no(fmt::format("layout {} is not packed by the {} lanes of a texel", layout.name(), kTexelLanes));
  }
  Support answer = Support::yes();
  for (int in_x = x_dims; in_x < std::max(shape.rank(), x_dims + 1); ++in_x) {
    extent = texel_extent(shape, layout, in_x);
    Support fits =
        device.supports_image(dtype, static_cast<std::size_t>(extent.width), static_cast<std::size_t>(extent.height));
    if (fits) return fits;
    if (answer) answer = std::move(fits);  // the first one says what was asked for
  }
  return answer;
}

TensorView in_storage_order(const TensorView& view, const Layout& layout) {
  const Shape& shape = view.shape();
  if (!layout.is_packed()) return view.through(IndexMap::transpose(shape, layout.order()));
  const int packed = layout.packed_dim();
  const std::int64_t groups = divided_up(shape[packed], layout.lanes());
  std::vector<std::int64_t> none(static_cast<std::size_t>(shape.rank()), 0);
  std::vector<std::int64_t> behind = none;
  behind[static_cast<std::size_t>(packed)] = groups * layout.lanes() - shape[packed];
  const IndexMap padded = IndexMap::pad(shape, none, behind, 0);
  // The packed dimension in two, groups and lanes.
  std::vector<std::int64_t> split = padded.output().dims();
  split[static_cast<std::size_t>(packed)] = groups;
  split.insert(split.begin() + packed + 1, layout.lanes());
  std::vector<int> order;
  for (const int dim : layout.order()) order.push_back(dim > packed ? dim + 1 : dim);
  order.push_back(packed + 1);
  const Shape parts{split};
  return view.through(padded)
      .through(IndexMap::reshape(padded.output(), parts))
      .through(IndexMap::transpose(parts, order));
}

TensorView as_texels(const TensorView& view, const Layout& layout, const TexelExtent& extent) {
  const TensorView ordered = in_storage_order(view, layout);
  const IndexMap folded = IndexMap::reshape(ordered.shape(), Shape{extent.height, extent.width, kTexelLanes});
  return ordered.through(folded).simplified();
}

bool moves_whole_texels(const TexelMovement& movement) {
  if (movement.source_extent.texels() != movement.target_extent.texels()) return false;
  if (!movement.read.map() && movement.read.layout() == movement.target_layout) return true;
  const TensorView texels = as_texels(movement.read, movement.target_layout, movement.target_extent);
  const Shape& shape = texels.shape();
  // The movement is that of a reshape: the target's linear order is the source's.
  const IndexMap line = IndexMap::reshape(Shape{shape.element_count()}, shape);
  return texels.offsets().simplified().pieces() == line.simplified().pieces();
}

cl::Image2D upload_texels(OpenClProcessor& device, const HostTensor& tensor, const TexelExtent& extent) {
  const auto width = static_cast<std::size_t>(extent.width);
  const auto height = static_cast<std::size_t>(extent.height);
  cl::Image2D image = device.allocate_image(tensor.dtype(), width, height);
  device.queue().enqueueWriteImage(image, CL_TRUE, {0, 0, 0}, {width, height, 1}, 0, 0, tensor.data());
  return image;
}

void download_texels(OpenClProcessor& device, const cl::Image2D& image, const TexelExtent& extent, HostTensor& target) {
  try {
    device.queue().enqueueReadImage(
        image, CL_TRUE, {0, 0, 0}, {static_cast<std::size_t>(extent.width), static_cast<std::size_t>(extent.height), 1},
        0, 0, target.data());
  } catch (const cl::Error& error) {
    throw opencl_error(error, device.name());
  }
}

std::unique_ptr<Runnable> make_texel_movement(OpenClProcessor& device, const TexelMovement& movement) {
  const TexelExtent& extent = movement.target_extent;
  std::string text(embedded_text(opencl_source_files(), kTexelsSource));
  std::string options;
  if (moves_whole_texels(movement)) {
    options = fmt::format("-DWHOLE -DSOURCE_WIDTH={}", movement.source_extent.width);
  } else {
    const TensorView texels = as_texels(movement.read, movement.target_layout, extent);
    try {
      text = print_view_access(texels, {"source", ViewDirection::read, true, movement.source_extent.width}).text + text;
    } catch (const Error& error) {
      throw Declined(Support::no(error.what()));
    }
  }
  if (!movement.function.name.empty()) {
    text = movement.function.text + text;
    options += " -DFUNCTION=" + movement.function.name;
  }
  cl::Image2D source = upload_texels(device, movement.source, movement.source_extent);
  const DType dtype = movement.source.dtype();
  cl::Image2D target =
      device.allocate_image(dtype, static_cast<std::size_t>(extent.width), static_cast<std::size_t>(extent.height));
  Launch launch;
  launch.kernel = device.kernel(kTexelsSource, text, "move_texels", options);
  launch.kernel.setArg(0, source);
  launch.kernel.setArg(1, target);
  launch.kernel.setArg(2, static_cast<cl_int>(extent.width));
  launch.kernel.setArg(3, static_cast<cl_int>(extent.height));
  const std::size_t items = device.local_size(launch.kernel, kGroupItems);
  const std::size_t columns =
      std::min(items, std::bit_ceil(static_cast<std::size_t>(std::min<std::int64_t>(extent.width, kGroupItems))));
  const std::size_t rows = std::min(items / columns, std::bit_floor(device.limits().work_item_sizes[1]));
  const auto width = static_cast<std::size_t>(extent.width);
  const auto height = static_cast<std::size_t>(extent.height);
  launch.global = cl::NDRange(divided_up(width, columns) * columns, divided_up(height, rows) * rows);
  launch.local = cl::NDRange(columns, rows);
  return std::make_unique<TexelsRuns>(device, std::move(launch), std::move(source), std::move(target), extent,
                                      TensorView(dtype, movement.read.shape(), movement.target_layout));
}

}  // namespace hetscope

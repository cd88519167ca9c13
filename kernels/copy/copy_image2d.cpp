// copy_image2d: one OpenCL image to another, an RGBA texel of four elements a work-item.
//   texel t = elements 4t .. 4t+3 of the row-major tensor, at x = t mod width, y = t / width
//   traffic: texels read once and written once; what fills up the image's last row is not touched
#include <algorithm>
#include <bit>
#include <cstring>

#include "harness/core/divided_up.hpp"
#include "harness/core/error.hpp"
#include "harness/kernel/opencl_kernel.hpp"
#include "kernels/copy/image_extent.hpp"
#include "kernels/opencl_sources.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kImageSource = "kernels/copy/copy_image2d.cl";

std::int64_t texel_count(const Case& item) {
  return (Shape(item.dims("shape")).element_count() + kTexelLanes - 1) / kTexelLanes;
}

// A group near square, too: items of one group share the image's tiles. `items` is a power of two.
std::pair<std::size_t, std::size_t> group_extent(std::size_t items, const OpenClLimits& limits) {
  const std::size_t rows =
      std::min<std::size_t>(std::bit_floor(limits.work_item_sizes[1]), items >= 16 ? items / 8 : 1);
  return {items / std::max<std::size_t>(rows, 1), std::max<std::size_t>(rows, 1)};
}

class Runs final : public OpenClRunnable {
 public:
  Runs(OpenClProcessor& device, std::vector<Launch> launches, cl::Image2D source, cl::Image2D target,
       ImageExtent extent, TensorView view)
      : OpenClRunnable(device, std::move(launches)),
        source_(std::move(source)),
        target_(std::move(target)),
        extent_(extent),
        view_(std::move(view)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<std::byte> texels(extent_.bytes(view_.dtype()));
    try {
      device().queue().enqueueReadImage(target_, CL_TRUE, {0, 0, 0}, {extent_.width, extent_.height, 1}, 0, 0,
                                        texels.data());
    } catch (const cl::Error& error) {
      throw opencl_error(error, device().name());
    }
    std::vector<HostTensor> result;
    result.emplace_back(view_);
    std::memcpy(result[0].data(), texels.data(), result[0].size_bytes());
    return result;
  }

 private:
  cl::Image2D source_;
  cl::Image2D target_;
  ImageExtent extent_;
  TensorView view_;
};

class CopyImage2d final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "copy_image2d"; }
  std::string_view operation() const noexcept override { return "copy"; }
  bool uses_textures() const override { return true; }

  Work executed_work(const Case& item, const Operation&) const override {
    const auto width = static_cast<std::int64_t>(size_of(parse_dtype(item.text("dtype"))));
    return {2 * width * kTexelLanes * texel_count(item), 0};
  }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const DType dtype = parse_dtype(item.text("dtype"));
    if (dtype != DType::f32 && dtype != DType::f16) {
      return Support::no("there is no image of floats for dtype " + item.text("dtype"));
    }
    const ImageExtent extent = near_square_extent(texel_count(item), device.limits());
    return device.supports_image(dtype, extent.width, extent.height);
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const HostTensor& tensor = inputs[0].tensor;
    const ImageExtent extent = near_square_extent(texel_count(item), device.limits());
    cl::Image2D source = device.allocate_image(tensor.dtype(), extent.width, extent.height);
    cl::Image2D target = device.allocate_image(tensor.dtype(), extent.width, extent.height);
    std::vector<std::byte> texels(extent.bytes(tensor.dtype()));
    std::memcpy(texels.data(), tensor.data(), tensor.size_bytes());
    device.queue().enqueueWriteImage(source, CL_TRUE, {0, 0, 0}, {extent.width, extent.height, 1}, 0, 0, texels.data());

    Launch launch;
    launch.kernel = device.kernel(kImageSource, embedded_text(opencl_source_files(), kImageSource), "copy_image2d");
    launch.kernel.setArg(0, source);
    launch.kernel.setArg(1, target);
    launch.kernel.setArg(2, static_cast<cl_int>(extent.width));
    launch.kernel.setArg(3, static_cast<cl_int>(extent.texels));
    const auto [columns, rows] = group_extent(device.local_size(launch.kernel, kGroupItems), device.limits());
    launch.global = cl::NDRange(divided_up(extent.width, columns) * columns, divided_up(extent.height, rows) * rows);
    launch.local = cl::NDRange(columns, rows);
    return std::make_unique<Runs>(device, std::vector<Launch>{launch}, std::move(source), std::move(target), extent,
                                  tensor.view());
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(copy_image2d, CopyImage2d)

}  // namespace hetscope

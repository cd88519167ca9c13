// conv2d_buffer and conv2d_image2d: one source for images in a buffer, in any layout, and in a texture, in layouts
// packed by four; results go to a buffer, in any layout. How both are reached is generated from their views.
//   traffic: for each block of four filters every window of x, from the caches where they hold it, the weights of the
//   block once a row of results, y once
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "kernels/convolution/opencl_convolution.hpp"
#include "kernels/registration.hpp"
#include "kernels/texture/texels.hpp"

namespace hetscope {
namespace {

constexpr int kDimsInX = 1;

template <Storage kStorage>
class DeviceConvolution final : public OpenClRunnable {
 public:
  DeviceConvolution(OpenClProcessor& device, Launch launch, cl::Memory x, cl::Buffer weights, cl::Buffer y,
                    TensorView result)
      : OpenClRunnable(device, {std::move(launch)}),
        x_(std::move(x)),
        weights_(std::move(weights)),
        y_(std::move(y)),
        result_(std::move(result)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.emplace_back(result_.dtype(), result_.shape(), result_.layout());
    device().download(result[0].data(), y_, static_cast<std::int64_t>(result[0].size_bytes()));
    return result;
  }

 protected:
  // Textures cross in no way that is known here.
  std::vector<DeviceOperand> shared_operands() const override {
    if constexpr (kStorage != Storage::buffer) return {};
    using Direction = DeviceOperand::Direction;
    return {{Direction::input, kConvolutionInput, cl::Buffer(x_(), true), {{0, 0}}},
            {Direction::output, 0, y_, {{0, 1}}}};
  }

 private:
  cl::Memory x_;  // kernels do not keep their arguments alive
  cl::Buffer weights_;
  cl::Buffer y_;
  TensorView result_;
};

template <Storage kStorage>
class Conv2dOpenCl final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override {
    static const std::string kName = "conv2d_" + std::string(to_string(kStorage));
    return kName;
  }
  std::string_view operation() const noexcept override { return "conv2d"; }
  bool uses_textures() const override { return kStorage == Storage::image2d; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const ConvolutionProblem problem(item);
    const TensorView x = x_view(item, problem);
    const std::int64_t largest =
        std::max({x.storage_bytes(), y_view(item, problem).storage_bytes(),
                  // In blocks of four, the last of each group filled with zeros.
                  4 * static_cast<std::int64_t>(size_of(problem.dtype)) * problem.weights().element_count()});
    if (largest > device.limits().max_allocation_bytes) {
      return Support::no(fmt::format("one operand needs {} bytes, and one allocation holds {}", largest,
                                     device.limits().max_allocation_bytes));
    }
    if constexpr (kStorage == Storage::image2d) {
      TexelExtent extent;
      return fit_texels(device, x.dtype(), x.shape(), x.layout(), kDimsInX, extent);
    }
    return Support::yes();
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const ConvolutionProblem problem(item);
    const HostTensor& tensor = inputs[kConvolutionInput].tensor;
    TexelExtent extent;
    cl::Memory x;
    if constexpr (kStorage == Storage::image2d) {
      const Support fits = fit_texels(device, tensor.dtype(), tensor.shape(), tensor.layout(), kDimsInX, extent);
      if (!fits) throw Declined(fits);
      x = upload_texels(device, tensor, extent);
    } else {
      const auto bytes = static_cast<std::int64_t>(tensor.size_bytes());
      const cl::Buffer buffer = device.allocate(bytes, CL_MEM_READ_ONLY);
      device.upload(buffer, tensor.data(), bytes);
      x = buffer;
    }
    cl::Buffer weights = upload_convolution_weights(device, problem, inputs[kConvolutionWeights].tensor);
    const TensorView result = y_view(item, problem);
    // What pads a packed layout is zero, and nobody writes it.
    const HostTensor zeros(result.dtype(), result.shape(), result.layout());
    cl::Buffer y = device.allocate(result.storage_bytes());
    device.upload(y, zeros.data(), result.storage_bytes());
    Launch launch =
        make_convolution_launch(device, problem, {x_view(item, problem), extent.width, result}, x, y, weights);
    return std::make_unique<DeviceConvolution<kStorage>>(device, std::move(launch), std::move(x), std::move(weights),
                                                         std::move(y), result);
  }

 private:
  static TensorView x_view(const Case& item, const ConvolutionProblem& problem) {
    return {problem.dtype, problem.x, Layout::parse(item.text("layout"), kConvolutionRank), kStorage};
  }
  static TensorView y_view(const Case& item, const ConvolutionProblem& problem) {
    return {problem.dtype, problem.y, Layout::parse(item.text("output_layout"), kConvolutionRank), Storage::buffer};
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(conv2d_buffer, Conv2dOpenCl<Storage::buffer>)
HETSCOPE_DEFINE_KERNEL(conv2d_image2d, Conv2dOpenCl<Storage::image2d>)

}  // namespace hetscope

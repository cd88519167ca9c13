// Padding is an index map in front of the input's view, so that the kernel knows of no border.
#include "kernels/convolution/opencl_convolution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <vector>

#include "harness/core/divided_up.hpp"
#include "harness/core/error.hpp"
#include "harness/kernel/opencl_kernel.hpp"
#include "harness/tensor/view_access.hpp"
#include "kernels/opencl_sources.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kSource = "kernels/convolution/conv2d.cl";
constexpr std::int64_t kBlockFilters = 4;
constexpr std::int64_t kPixels = 4;

// Groups as conv2d.cl sees them: a depthwise convolution is one group of blocks of channels.
struct Blocks {
  explicit Blocks(const ConvolutionProblem& problem)
      : groups(problem.is_depthwise() ? 1 : problem.sliding.groups),
        filters(problem.sliding.filters / groups),
        channels(problem.group_channels()),
        in_group(divided_up(filters, kBlockFilters)) {}
  std::int64_t groups, filters, channels, in_group;
  std::int64_t count() const { return groups * in_group; }
};

// x by image, channel, padded row and padded column; channels up to a whole block read as 0.
TensorView padded(const ConvolutionProblem& problem, const TensorView& x) {
  const Extent2& padding = problem.sliding.padding;
  const Extent2& padding_behind = problem.sliding.padding_behind;
  const std::int64_t more =
      problem.is_depthwise() ? divided_up(problem.x[1], kBlockFilters) * kBlockFilters - problem.x[1] : 0;
  const std::array<std::int64_t, 4> before = {0, 0, padding.rows, padding.columns};
  const std::array<std::int64_t, 4> behind = {0, more, padding_behind.rows, padding_behind.columns};
  if (std::ranges::count(before, 0) == 4 && std::ranges::count(behind, 0) == 4) return x;
  return x.through(IndexMap::pad(problem.x, before, behind, 0)).simplified();
}

std::string weights_option(const ConvolutionProblem& problem) {
  if (problem.dtype == DType::f16) return "-DHALF_WEIGHTS ";
  if (problem.dtype == DType::i8) return fmt::format("-DBYTE_WEIGHTS -DRESULT_FACTOR={:a}f ", problem.result_factor());
  return "";
}

std::string options(const ConvolutionProblem& problem) {
  const auto& [filters, window, stride, padding, dilation, groups, padding_behind] = problem.sliding;
  const Blocks blocks(problem);
  return fmt::format(
      "{}{}-DPIXELS={} -DROWS={} -DCOLUMNS={} -DBLOCKS={} -DGROUP_FILTERS={} -DGROUP_CHANNELS={} -DLANES={} "
      "-DWINDOW_ROWS={} -DWINDOW_COLUMNS={} -DSTRIDE_ROWS={} -DSTRIDE_COLUMNS={} -DDILATION_ROWS={} "
      "-DDILATION_COLUMNS={}",
      problem.is_depthwise() ? "-DDEPTHWISE " : "", weights_option(problem), std::min(kPixels, problem.y[3]),
      problem.y[2], problem.y[3], blocks.in_group, blocks.filters, blocks.channels,
      blocks.channels % kBlockFilters == 0 ? kBlockFilters : 1, window.rows, window.columns, stride.rows,
      stride.columns, dilation.rows, dilation.columns);
}

}  // namespace

cl::Buffer upload_convolution_weights(OpenClProcessor& device, const ConvolutionProblem& problem,
                                      const HostTensor& weights) {
  const Blocks blocks(problem);
  const std::int64_t taps = problem.sliding.window.rows * problem.sliding.window.columns;
  HostTensor packed(problem.dtype, Shape{blocks.count() * taps * blocks.channels * kBlockFilters},
                    Layout::row_major(1));
  std::int64_t at = 0;
  for (std::int64_t block = 0; block < blocks.count(); ++block) {
    const std::int64_t in_group = block % blocks.in_group * kBlockFilters;
    const std::int64_t first = block / blocks.in_group * blocks.filters + in_group;
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      for (std::int64_t c = 0; c < blocks.channels; ++c) {
        for (std::int64_t lane = 0; lane < kBlockFilters; ++lane, ++at) {
          if (in_group + lane >= blocks.filters) continue;
          packed.set(at, weights.get(((first + lane) * blocks.channels + c) * taps + tap));
        }
      }
    }
  }
  const auto bytes = static_cast<std::int64_t>(packed.size_bytes());
  cl::Buffer buffer = device.allocate(bytes, CL_MEM_READ_ONLY);
  device.upload(buffer, packed.data(), bytes);
  return buffer;
}

Launch make_convolution_launch(OpenClProcessor& device, const ConvolutionProblem& problem,
                               const ConvolutionOperands& operands, const cl::Memory& x, const cl::Buffer& y,
                               const cl::Buffer& weights) {
  std::string text;
  try {
    text = print_view_access(padded(problem, operands.x), {"x", ViewDirection::read, true, operands.image_width}).text +
           print_view_access(operands.y, {"y", ViewDirection::write, true, 0}).text;
  } catch (const Error& error) {
    throw Declined(Support::no(error.what()));
  }
  text += embedded_text(opencl_source_files(), kSource);
  Launch launch;
  launch.kernel = device.kernel(kSource, text, "conv2d", options(problem));
  launch.kernel.setArg(0, x);
  launch.kernel.setArg(1, y);
  launch.kernel.setArg(2, weights);
  const auto tiles = static_cast<std::size_t>(divided_up(problem.y[3], std::min(kPixels, problem.y[3])));
  const std::size_t items = std::min(device.local_size(launch.kernel, kGroupItems), std::bit_ceil(tiles));
  launch.global = cl::NDRange(divided_up(tiles, items) * items, static_cast<std::size_t>(problem.y[0] * problem.y[2]),
                              static_cast<std::size_t>(Blocks(problem).count()));
  launch.local = cl::NDRange(items, 1, 1);
  return launch;
}

}  // namespace hetscope

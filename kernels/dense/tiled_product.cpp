// The tiling, the launch, and the Runnable of products by tiles.
#include "kernels/dense/tiled_product.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "kernels/dense/dense_library.hpp"
#include "kernels/opencl_sources.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kTileSource = "kernels/dense/product_tile.cl";
constexpr cl_uint kRightArgument = 0;
constexpr cl_uint kResultArgument = 1;
constexpr cl_uint kFirstLeftArgument = 5;
// An argument of the kernel is an unsigned 32-bit integer, and so is a column or row beyond the last one.
constexpr std::int64_t kMostUnsignedExtent = std::int64_t{1} << 30;
// Rows of a tile whose products of i8, of at most 2^14, have a sum that f32 holds exactly.
constexpr std::int64_t kMostExactRows = 1024;

std::int64_t power_of_two_up_to(std::int64_t most) {
  std::int64_t power = 1;
  while (power <= most / 2) power *= 2;
  return power;
}

std::int64_t texels_of_row(const MatrixProduct& product) { return divided_up<std::int64_t>(product.n, kTexelLanes); }

DType result_type(const MatrixProduct& product) {
  return product.factor != 0 ? product.dtype : product_type(product.dtype);
}

std::string text_of(std::string_view source) {
  return std::string(embedded_text(opencl_source_files(), kTileSource)) +
         std::string(embedded_text(opencl_source_files(), source));
}

std::string options_of(const MatrixProduct& product) {
  std::string result;
  if (product.dtype == DType::f16) result += " -DHALVES";
  if (product.dtype == DType::i8) result += " -DBYTES";
  if (product.is_right_transposed) result += " -DTRANSPOSED";
  if (product.factor != 0) result += fmt::format(" -DFACTOR={:a}f", product.factor);
  return result;
}

// The kernel for the largest group up to `tiling`'s that its registers allow; shrinks `tiling` to it.
cl::Kernel build(OpenClProcessor& device, std::string_view source, const char* function, const std::string& options,
                 ProductTiling& tiling) {
  for (;;) {
    const cl::Kernel kernel = device.kernel(source, text_of(source), function, tiling.options() + options);
    const auto most = static_cast<std::int64_t>(kernel.getWorkGroupInfo<CL_KERNEL_WORK_GROUP_SIZE>(device.device()));
    if (tiling.group_x * tiling.group_y <= most || tiling.group_x * tiling.group_y == 1) return kernel;
    (tiling.group_y > 1 ? tiling.group_y : tiling.group_x) /= 2;
  }
}

class TiledProductRun final : public OpenClRunnable {
 public:
  // The product is the last launch; one before it brings `right` to `texels`.
  TiledProductRun(OpenClProcessor& device, std::vector<Launch> launches, TiledLeft left, cl::Buffer right,
                  std::size_t right_index, cl::Image2D texels, cl::Buffer result, TensorView result_view,
                  Metrics metrics)
      : OpenClRunnable(device, launches),
        product_(launches.size() - 1),
        left_(std::move(left)),
        right_(std::move(right)),
        right_index_(right_index),
        texels_(std::move(texels)),
        result_(std::move(result)),
        result_view_(std::move(result_view)),
        metrics_(std::move(metrics)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.emplace_back(result_view_);
    device().download(result[0].data(), result_, static_cast<std::int64_t>(result[0].size_bytes()));
    return result;
  }
  std::int64_t prepared_bytes() const override { return left_.bytes; }
  Metrics metrics() override { return metrics_; }

 protected:
  std::vector<DeviceOperand> shared_operands() const override {
    using enum DeviceOperand::Direction;
    std::vector<DeviceOperand> operands = {{input, right_index_, right_, {{0, kRightArgument}}},
                                           {output, 0, result_, {{product_, kResultArgument}}}};
    if (left_.index) operands.push_back({input, *left_.index, left_.buffers[0], {{product_, kFirstLeftArgument}}});
    return operands;
  }

 private:
  std::size_t product_;
  TiledLeft left_;  // a kernel does not keep its arguments alive
  cl::Buffer right_;
  std::size_t right_index_;
  cl::Image2D texels_;
  cl::Buffer result_;
  TensorView result_view_;
  Metrics metrics_;
};

// The launch that brings `right` to `texels`, in the text of the product itself.
Launch packing(OpenClProcessor& device, std::string_view source, const std::string& options,
               const MatrixProduct& product, const cl::Buffer& right, const cl::Image2D& texels) {
  Launch launch;
  launch.kernel = device.kernel(source, text_of(source), "pack_texels", options);
  launch.kernel.setArg(kRightArgument, right);
  launch.kernel.setArg(1, texels);
  launch.kernel.setArg(2, static_cast<cl_uint>(product.n));
  const auto width = static_cast<std::size_t>(texels_of_row(product));
  const std::size_t items = std::min(device.local_size(launch.kernel, kGroupItems), std::bit_ceil(width));
  launch.global = cl::NDRange(divided_up(width, items) * items, static_cast<std::size_t>(product.k));
  launch.local = cl::NDRange(items, 1);
  return launch;
}

}  // namespace

ProductTiling::ProductTiling(const MatrixProduct& product, const OpenClProcessor& device, Storage storage,
                             std::int64_t unit_k)
    : right(storage) {
  const OpenClLimits& limits = device.limits();
  const bool is_cpu = device.info().kind == ProcessorKind::cpu;
  // GPUs report 1 and still load 16 bytes best.
  width = right == Storage::image2d ? kTexelLanes
                                    : std::min(power_of_two_up_to(std::clamp<std::int64_t>(limits.float_lanes, 4, 16)),
                                               power_of_two_up_to(product.n));
  // Two vectors a row fill a CPU's registers; on a GPU they would cost it half of its threads.
  vectors = is_cpu && 2 * width <= product.n ? 2 : 1;
  const std::int64_t wanted_x = is_cpu ? 1 : 16;
  const std::int64_t wanted_y = is_cpu ? 32 : 8;
  const auto most_x = static_cast<std::int64_t>(std::min(limits.work_item_sizes[0], limits.work_group_size));
  group_x = power_of_two_up_to(std::max<std::int64_t>(1, std::min({wanted_x, most_x, product.n / (width * vectors)})));
  // What a work-item keeps in registers goes to memory and back once a tile: long tiles for a CPU, whose caches hold
  // them.
  const auto whole_units = [unit_k](std::int64_t rows) { return std::max(unit_k, rows - rows % unit_k); };
  const std::int64_t least_k = whole_units(8);
  tile_k = whole_units(is_cpu ? 256 : 32);
  while (tile_k > least_k && tile_bytes() > limits.local_memory_bytes) tile_k = whole_units(tile_k / 2);
  while (group_x > 1 && tile_bytes() > limits.local_memory_bytes) group_x /= 2;
  // Groups of one height, so that a part of a product is not computed as if it had the rows of the next power of two.
  const std::int64_t most_y = std::min({wanted_y, static_cast<std::int64_t>(limits.work_group_size) / group_x,
                                        static_cast<std::int64_t>(limits.work_item_sizes[1])});
  const std::int64_t groups = divided_up(panels_of(product), std::max<std::int64_t>(1, most_y));
  group_y = divided_up(panels_of(product), std::max<std::int64_t>(1, groups));
  // An odd one leaves a GPU's threads in part unused, and PoCL takes longer for it than for the next.
  if (group_y > 1 && group_y % 2 != 0 && group_y < most_y) ++group_y;
}

std::string ProductTiling::options() const {
  return fmt::format("-DROWS={} -DTILE_K={} -DWIDTH={} -DVECTORS={} -DGROUP_X={} -DGROUP_Y={}{}", kRows, tile_k, width,
                     vectors, group_x, group_y, right == Storage::image2d ? " -DIMAGE" : "");
}

std::int64_t right_texel_bytes(const MatrixProduct& product) noexcept {
  return static_cast<std::int64_t>(size_of(product.dtype)) * product.k * texels_of_row(product) * kTexelLanes;
}

Support holds_tiled_product(const MatrixProduct& product, const ProductTiling& tiling, std::int64_t left_bytes,
                            const OpenClProcessor& device) {
  if (std::max({product.m, product.n, product.k}) > kMostUnsignedExtent)
    return Support::no("extents are counted in 30 bits");
  const std::int64_t result_bytes = static_cast<std::int64_t>(size_of(result_type(product))) * product.m * product.n;
  const std::int64_t right_bytes = tiling.right == Storage::image2d
                                       ? right_texel_bytes(product)
                                       : static_cast<std::int64_t>(size_of(product.dtype)) * product.k * product.n;
  const std::int64_t largest = std::max(left_bytes, product.heads * std::max(right_bytes, result_bytes));
  if (largest > device.limits().max_allocation_bytes) {
    return Support::no(fmt::format("one operand needs {} bytes, and one allocation holds {}", largest,
                                   device.limits().max_allocation_bytes));
  }
  if (tiling.tile_bytes() > device.limits().local_memory_bytes) {
    return Support::no(fmt::format("a tile needs {} bytes of local memory, and there are {}", tiling.tile_bytes(),
                                   device.limits().local_memory_bytes));
  }
  if (product.dtype == DType::i8 && tiling.tile_k > kMostExactRows) {
    return Support::no(fmt::format("a tile of {} rows: sums of i8 are exact for {}", tiling.tile_k, kMostExactRows));
  }
  if (tiling.right == Storage::image2d) {
    return device.supports_image(product.dtype, static_cast<std::size_t>(texels_of_row(product)),
                                 static_cast<std::size_t>(product.k));
  }
  return Support::yes();
}

std::unique_ptr<Runnable> make_tiled_product(OpenClProcessor& device, std::string_view source, const char* function,
                                             const MatrixProduct& product, ProductTiling tiling, TiledLeft left,
                                             const HostTensor& right, std::size_t right_index, Metrics metrics) {
  const auto right_bytes = static_cast<std::int64_t>(right.size_bytes());
  cl::Buffer b = device.allocate(right_bytes, CL_MEM_READ_ONLY);
  std::vector<std::int64_t> dims = right.shape().dims();
  dims[dims.size() - 2] = product.m;
  const TensorView result(result_type(product), Shape(dims), Layout::row_major(right.shape().rank()));
  cl::Buffer y = device.allocate(result.storage_bytes(), CL_MEM_WRITE_ONLY);
  device.upload(b, right.data(), right_bytes);

  std::vector<Launch> launches;
  Launch launch;
  const std::string options = options_of(product) + left.options;
  launch.kernel = build(device, source, function, options, tiling);
  cl::Image2D texels;
  if (tiling.right == Storage::image2d) {
    texels = device.allocate_image(product.dtype, static_cast<std::size_t>(texels_of_row(product)),
                                   static_cast<std::size_t>(product.k));
    launches.push_back(packing(device, source, tiling.options() + options, product, b, texels));
    launch.kernel.setArg(kRightArgument, texels);
  } else {
    launch.kernel.setArg(kRightArgument, b);
  }
  launch.kernel.setArg(kResultArgument, y);
  launch.kernel.setArg(2, static_cast<cl_uint>(product.m));
  launch.kernel.setArg(3, static_cast<cl_uint>(product.n));
  launch.kernel.setArg(4, static_cast<cl_uint>(product.k));
  cl_uint argument = kFirstLeftArgument;
  for (const cl::Buffer& buffer : left.buffers) launch.kernel.setArg(argument++, buffer);
  for (const cl_uint number : left.numbers) launch.kernel.setArg(argument++, number);
  const std::int64_t tiles = divided_up(product.n, tiling.tile_columns());
  const std::int64_t groups_y = divided_up(panels_of(product), tiling.group_y);
  launch.global =
      cl::NDRange(static_cast<std::size_t>(tiles * tiling.group_x), static_cast<std::size_t>(groups_y * tiling.group_y),
                  static_cast<std::size_t>(product.heads));
  launch.local = cl::NDRange(static_cast<std::size_t>(tiling.group_x), static_cast<std::size_t>(tiling.group_y), 1);
  launches.push_back(std::move(launch));
  return std::make_unique<TiledProductRun>(device, std::move(launches), std::move(left), std::move(b), right_index,
                                           std::move(texels), std::move(y), result, std::move(metrics));
}

}  // namespace hetscope

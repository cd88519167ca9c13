// matmul_tiled: the product in OpenCL C, tiles of b in local memory, blocks of y in registers. The same source serves
// GPUs and CPUs: width, block and group come from what the device prefers and allows. The constant operand is packed
// into panels of rows when it is prepared.
//   traffic: a once for each tile of columns, b once for each group of rows, y written once
#include <fmt/format.h>

#include <algorithm>

#include "harness/kernel/opencl_kernel.hpp"
#include "kernels/dense/matmul.hpp"
#include "kernels/opencl_sources.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kSource = "kernels/dense/matmul_tiled.cl";
constexpr std::int64_t kRows = 8;
constexpr cl_uint kRightArgument = 1;
constexpr cl_uint kResultArgument = 2;
// An argument of the kernel is an unsigned 32-bit integer, and so is a column or row beyond the last one.
constexpr std::int64_t kMostExtent = std::int64_t{1} << 30;

std::int64_t round_up(std::int64_t value, std::int64_t unit) { return (value + unit - 1) / unit * unit; }

std::int64_t power_of_two_up_to(std::int64_t most) {
  std::int64_t power = 1;
  while (power <= most / 2) power *= 2;
  return power;
}

// How the device's work-items share the product. Every number but `group_y` divides none of the extents by rule: edges
// are the kernel's affair, but a tile is never wider than the product.
struct Tiling {
  std::int64_t width = 1;    // lanes of a vector
  std::int64_t vectors = 1;  // of a work-item, side by side
  std::int64_t group_x = 1;  // work-items of a group along the columns
  std::int64_t group_y = 1;  // and along the rows
  std::int64_t tile_k = 32;  // rows of b in local memory at a time

  std::int64_t tile_columns() const { return width * vectors * group_x; }
  std::int64_t tile_bytes() const { return 4 * tile_k * tile_columns(); }
  std::string options() const {
    return fmt::format("-DROWS={} -DTILE_K={} -DWIDTH={} -DVECTORS={} -DGROUP_X={} -DGROUP_Y={}", kRows, tile_k, width,
                       vectors, group_x, group_y);
  }
};

Tiling tiling_for(const MatmulProblem& problem, const OpenClProcessor& device) {
  const OpenClLimits& limits = device.limits();
  const bool is_cpu = device.info().kind == ProcessorKind::cpu;
  Tiling tiling;
  // GPUs report 1 and still load 16 bytes best.
  tiling.width =
      std::min(power_of_two_up_to(std::clamp<std::int64_t>(limits.float_lanes, 4, 16)), power_of_two_up_to(problem.n));
  // Two vectors a row fill a CPU's registers; on a GPU they would cost it half of its threads.
  tiling.vectors = is_cpu && 2 * tiling.width <= problem.n ? 2 : 1;
  const std::int64_t wanted_x = is_cpu ? 1 : 16;
  const std::int64_t wanted_y = is_cpu ? 32 : 8;
  const auto most_x = static_cast<std::int64_t>(std::min(limits.work_item_sizes[0], limits.work_group_size));
  tiling.group_x = power_of_two_up_to(
      std::max<std::int64_t>(1, std::min({wanted_x, most_x, problem.n / (tiling.width * tiling.vectors)})));
  // What a work-item keeps in registers goes to memory and back once a tile: long tiles for a CPU, whose caches hold
  // them.
  tiling.tile_k = is_cpu ? 256 : 32;
  while (tiling.tile_k > 8 && tiling.tile_bytes() > limits.local_memory_bytes) tiling.tile_k /= 2;
  while (tiling.group_x > 1 && tiling.tile_bytes() > limits.local_memory_bytes) tiling.group_x /= 2;
  const std::int64_t panels = (problem.m + kRows - 1) / kRows;
  const auto most_y = static_cast<std::int64_t>(limits.work_group_size) / tiling.group_x;
  tiling.group_y = power_of_two_up_to(std::max<std::int64_t>(
      1, std::min({wanted_y, most_y, static_cast<std::int64_t>(limits.work_item_sizes[1]), panels})));
  return tiling;
}

// The kernel for the largest group up to `tiling`'s that its registers allow; shrinks `tiling` to it.
cl::Kernel build(OpenClProcessor& device, Tiling& tiling) {
  for (;;) {
    const cl::Kernel kernel =
        device.kernel(kSource, embedded_text(opencl_source_files(), kSource), "matmul_tiled", tiling.options());
    const auto most = static_cast<std::int64_t>(kernel.getWorkGroupInfo<CL_KERNEL_WORK_GROUP_SIZE>(device.device()));
    if (tiling.group_x * tiling.group_y <= most || tiling.group_x * tiling.group_y == 1) return kernel;
    (tiling.group_y > 1 ? tiling.group_y : tiling.group_x) /= 2;
  }
}

// [panel][k][row], rows beyond m are zero.
std::vector<float> packed(const HostTensor& left) {
  const std::int64_t m = left.shape()[0];
  const std::int64_t k = left.shape()[1];
  std::vector<float> panels(static_cast<std::size_t>(round_up(m, kRows) * k), 0.0F);
  const float* from = left.as<float>();
  for (std::int64_t row = 0; row < m; ++row) {
    float* to = panels.data() + row / kRows * kRows * k + row % kRows;
    for (std::int64_t i = 0; i < k; ++i) to[i * kRows] = from[row * k + i];
  }
  return panels;
}

class MatmulTiledRun final : public OpenClRunnable {
 public:
  MatmulTiledRun(OpenClProcessor& device, std::vector<Launch> launches, cl::Buffer left, cl::Buffer right,
                 cl::Buffer result, std::int64_t prepared_bytes, Shape shape)
      : OpenClRunnable(device, std::move(launches)),
        left_(std::move(left)),
        right_(std::move(right)),
        result_(std::move(result)),
        prepared_bytes_(prepared_bytes),
        shape_(std::move(shape)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.emplace_back(DType::f32, shape_, Layout::row_major(2));
    device().download(result[0].data(), result_, static_cast<std::int64_t>(result[0].size_bytes()));
    return result;
  }
  std::int64_t prepared_bytes() const override { return prepared_bytes_; }

 protected:
  std::vector<DeviceOperand> shared_operands() const override {
    return {{DeviceOperand::Direction::input, kMatmulRight, right_, {{0, kRightArgument}}},
            {DeviceOperand::Direction::output, 0, result_, {{0, kResultArgument}}}};
  }

 private:
  cl::Buffer left_;  // a kernel does not keep its arguments alive
  cl::Buffer right_;
  cl::Buffer result_;
  std::int64_t prepared_bytes_;
  Shape shape_;
};

class MatmulTiled final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "matmul_tiled"; }
  std::string_view operation() const noexcept override { return "matmul"; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const MatmulProblem problem(item);
    if (std::max({problem.m, problem.n, problem.k}) > kMostExtent) return Support::no("extents are counted in 30 bits");
    const std::int64_t largest =
        4 * std::max({round_up(problem.m, kRows) * problem.k, problem.k * problem.n, problem.m * problem.n});
    if (largest > device.limits().max_allocation_bytes) {
      return Support::no(fmt::format("one operand needs {} bytes, and one allocation holds {}", largest,
                                     device.limits().max_allocation_bytes));
    }
    const std::int64_t tile_bytes = tiling_for(problem, device).tile_bytes();
    if (tile_bytes > device.limits().local_memory_bytes) {
      return Support::no(fmt::format("a tile needs {} bytes of local memory, and there are {}", tile_bytes,
                                     device.limits().local_memory_bytes));
    }
    return Support::yes();
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const MatmulProblem problem(item);
    const std::vector<float> panels = packed(inputs[kMatmulLeft].tensor);
    const HostTensor& right = inputs[kMatmulRight].tensor;
    const auto panel_bytes = static_cast<std::int64_t>(panels.size() * sizeof(float));
    const auto right_bytes = static_cast<std::int64_t>(right.size_bytes());
    cl::Buffer a = device.allocate(panel_bytes, CL_MEM_READ_ONLY);
    cl::Buffer b = device.allocate(right_bytes, CL_MEM_READ_ONLY);
    cl::Buffer y = device.allocate(4 * problem.m * problem.n, CL_MEM_WRITE_ONLY);
    device.upload(a, panels.data(), panel_bytes);
    device.upload(b, right.data(), right_bytes);

    Tiling tiling = tiling_for(problem, device);
    Launch launch;
    launch.kernel = build(device, tiling);
    launch.kernel.setArg(0, a);
    launch.kernel.setArg(kRightArgument, b);
    launch.kernel.setArg(kResultArgument, y);
    launch.kernel.setArg(3, static_cast<cl_uint>(problem.m));
    launch.kernel.setArg(4, static_cast<cl_uint>(problem.n));
    launch.kernel.setArg(5, static_cast<cl_uint>(problem.k));
    const std::int64_t panel_count = (problem.m + kRows - 1) / kRows;
    const std::int64_t tiles = (problem.n + tiling.tile_columns() - 1) / tiling.tile_columns();
    launch.global = cl::NDRange(static_cast<std::size_t>(tiles * tiling.group_x),
                                static_cast<std::size_t>(round_up(panel_count, tiling.group_y)));
    launch.local = cl::NDRange(static_cast<std::size_t>(tiling.group_x), static_cast<std::size_t>(tiling.group_y));
    return std::make_unique<MatmulTiledRun>(device, std::vector<Launch>{launch}, std::move(a), std::move(b),
                                            std::move(y), panel_bytes, Shape{problem.m, problem.n});
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(matmul_tiled, MatmulTiled)

}  // namespace hetscope

// layout_transform_buffer: NCHW <-> NHWC in OpenCL buffers, tile by tile through local memory.
//   traffic: every element read once and written once, both in whole rows of a tile
// The tile scheme is that of Ruetsch and Micikevicius, "Optimizing Matrix Transpose in CUDA" (2009).
#include <array>
#include <limits>

#include "harness/kernel/opencl_kernel.hpp"
#include "kernels/layout/layout_transform.hpp"
#include "kernels/opencl_sources.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kSource = "kernels/layout/layout_transform_buffer.cl";

struct Tile {
  std::size_t edge = 0;  // elements; a group is `edge` x `group_rows` items
  std::size_t group_rows = 0;
};

// The largest tile whose group has at most `group_items` and whose local memory the device has; an edge of 0 when there
// is none.
Tile choose_tile(const OpenClLimits& limits, std::size_t element_bytes, std::size_t group_items) {
  constexpr std::array kTiles = {Tile{32, 8}, Tile{16, 4}, Tile{8, 2}, Tile{4, 1}, Tile{1, 1}};
  for (const Tile& tile : kTiles) {
    const bool group_fits = tile.edge * tile.group_rows <= group_items && tile.edge <= limits.work_item_sizes[0] &&
                            tile.group_rows <= limits.work_item_sizes[1];
    const auto local_bytes = static_cast<std::int64_t>(tile.edge * (tile.edge + 1) * element_bytes);
    if (group_fits && local_bytes <= limits.local_memory_bytes) return tile;
  }
  return {};
}

std::size_t round_up(std::int64_t value, std::size_t multiple) {
  return (static_cast<std::size_t>(value) + multiple - 1) / multiple * multiple;
}

struct TiledKernel {
  Tile tile;
  cl::Kernel kernel;
};

// The compiled kernel may take smaller groups than the device's limit: then the next smaller tile that fits it.
TiledKernel build(OpenClProcessor& device, std::size_t element_bytes) {
  std::size_t group_items = device.limits().work_group_size;
  for (;;) {
    const Tile tile = choose_tile(device.limits(), element_bytes, group_items);
    const std::string options = std::string("-DELEMENT=") + (element_bytes == 2 ? "ushort" : "uint") +
                                " -DTILE=" + std::to_string(tile.edge) +
                                " -DGROUP_ROWS=" + std::to_string(tile.group_rows);
    cl::Kernel kernel = device.kernel(kSource, embedded_text(opencl_source_files(), kSource), "transpose", options);
    const std::size_t wanted = tile.edge * tile.group_rows;
    group_items = device.local_size(kernel, wanted);
    if (group_items >= wanted) return {tile, std::move(kernel)};
  }
}

class Runs final : public OpenClRunnable {
 public:
  Runs(OpenClProcessor& device, std::vector<Launch> launches, cl::Buffer source, cl::Buffer target, TensorView view)
      : OpenClRunnable(device, std::move(launches)),
        source_(std::move(source)),
        target_(std::move(target)),
        view_(std::move(view)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.emplace_back(view_);
    device().download(result[0].data(), target_, static_cast<std::int64_t>(result[0].size_bytes()));
    return result;
  }

 private:
  cl::Buffer source_;
  cl::Buffer target_;
  TensorView view_;
};

class LayoutTransformBuffer final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "layout_transform_buffer"; }
  std::string_view operation() const noexcept override { return "layout_transform"; }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const LayoutTransformProblem problem(item);
    const auto matrices = as_batched_transpose(problem);
    if (!matrices) {
      return Support::no("it transposes between NCHW and NHWC, not from " + item.text("from") + " to " +
                         item.text("to"));
    }
    if (std::max(matrices->rows, matrices->columns) > std::numeric_limits<std::int32_t>::max()) {
      return Support::no("rows and columns are counted in 31 bits");
    }
    if (problem.source.storage_bytes() > device.limits().max_allocation_bytes) {
      return Support::no("one operand needs " + std::to_string(problem.source.storage_bytes()) +
                         " bytes, and one allocation holds " + std::to_string(device.limits().max_allocation_bytes));
    }
    if (choose_tile(device.limits(), size_of(problem.source.dtype()), device.limits().work_group_size).edge == 0) {
      return Support::no("the device has too little local memory for a tile");
    }
    return Support::yes();
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const LayoutTransformProblem problem(item);
    const BatchedTranspose matrices = as_batched_transpose(problem).value();
    const HostTensor& tensor = inputs[0].tensor;
    cl::Buffer source = device.allocate(static_cast<std::int64_t>(tensor.size_bytes()), CL_MEM_READ_ONLY);
    cl::Buffer target = device.allocate(problem.target.storage_bytes(), CL_MEM_WRITE_ONLY);
    device.upload(source, tensor.data(), static_cast<std::int64_t>(tensor.size_bytes()));

    const auto [tile, kernel] = build(device, size_of(problem.source.dtype()));
    Launch launch;
    launch.kernel = kernel;
    launch.kernel.setArg(0, source);
    launch.kernel.setArg(1, target);
    launch.kernel.setArg(2, static_cast<cl_uint>(matrices.rows));
    launch.kernel.setArg(3, static_cast<cl_uint>(matrices.columns));
    const std::size_t tiles_down = round_up(matrices.rows, tile.edge) / tile.edge;
    launch.global = cl::NDRange(round_up(matrices.columns, tile.edge), tiles_down * tile.group_rows,
                                static_cast<std::size_t>(matrices.batch));
    launch.local = cl::NDRange(tile.edge, tile.group_rows, 1);
    return std::make_unique<Runs>(device, std::vector<Launch>{launch}, std::move(source), std::move(target),
                                  problem.target);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(layout_transform_buffer, LayoutTransformBuffer)

}  // namespace hetscope

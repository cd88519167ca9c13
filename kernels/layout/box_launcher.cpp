// Boxes as launches: planes that turn, and runs that stay neighbours.
#include "kernels/layout/box_launcher.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "harness/core/divided_up.hpp"
#include "kernels/copy/buffer_movement.hpp"
#include "kernels/layout/box_plan.hpp"
#include "kernels/layout/byte_loops.hpp"
#include "kernels/layout/layout_transform.hpp"
#include "kernels/layout/movement_code.hpp"
#include "kernels/opencl_sources.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kTilesSource = "kernels/layout/move_tiles.cl";
constexpr std::string_view kBlocksSource = "kernels/layout/move_blocks.cl";
constexpr std::string_view kRunsSource = "kernels/layout/move_runs.cl";
constexpr std::string_view kRunBlocksSource = "kernels/layout/move_run_blocks.cl";
constexpr std::size_t kRunGroupItems = 64;

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
  return divided_up(static_cast<std::size_t>(value), multiple) * multiple;
}

std::string element_options(std::size_t element_bytes) {
  const std::string name = element_bytes == 1 ? "uchar" : element_bytes == 2 ? "ushort" : "uint";
  return "-DELEMENT=" + name + " -DVECTOR4=" + name + "4";
}

cl_uint unsigned_of(std::int64_t value) { return static_cast<cl_uint>(value); }

cl_uint4 strides_of(const BoxPlane& plane) {
  return {{unsigned_of(plane.rows.source_stride), unsigned_of(plane.columns.source_stride),
           unsigned_of(plane.rows.target_stride), unsigned_of(plane.columns.target_stride)}};
}

cl_uint2 strides_of(const BoxRuns& runs) {
  return {{unsigned_of(runs.next.source_stride), unsigned_of(runs.next.target_stride)}};
}

// MOVE_VECTOR and VECTOR of the sources that move runs.
std::string vector_defines(const BoxRuns& runs) {
  const std::string lanes = std::to_string(runs.lanes);
  const std::string move = runs.lanes == 1 ? "*(t) = *(s)" : "vstore" + lanes + "(vload" + lanes + "(0, s), 0, t)";
  return "#define MOVE_VECTOR(s, t) " + move + "\n#define VECTOR " + lanes + "\n";
}

// Compiles what moves one box and says how it is launched.
class BoxLauncher {
 public:
  // `bytes`: of source and target together.
  BoxLauncher(OpenClProcessor& device, std::size_t element_bytes, const cl::Memory& source, const cl::Memory& target,
              std::int64_t bytes, PlaneScheme scheme)
      : device_(device),
        element_bytes_(element_bytes),
        source_(source),
        target_(target),
        is_large_(device.info().cache_bytes > 0 && bytes > device.info().cache_bytes),
        scheme_(scheme) {}

  Launch launch(const MovementBox& box) {
    if (scheme_ == PlaneScheme::item_blocks) return is_run(box) ? launch_run_blocks(box) : launch_blocks(box);
    return is_run(box) ? launch_runs(box) : launch_tiles(box);
  }

 private:
  // `file` after what makes it this box's: its bases and `defines`.
  cl::Kernel compile(std::string_view file, const char* function, const std::vector<MovementLoop>& outer,
                     const MovementBox& box, const std::string& defines, const std::string& options) {
    const std::string text = defines + print_bases(outer, box.source_offset, box.target_offset) +
                             std::string(embedded_text(opencl_source_files(), file));
    return device_.kernel(file, text, function, element_options(element_bytes_) + options);
  }

  Launch launch_blocks(const MovementBox& box) {
    const BoxPlane plane = plane_of(box);
    const BlockPlan block = block_plan(box, static_cast<std::int64_t>(element_bytes_), is_large_);
    Launch launch;
    launch.kernel = compile(
        kBlocksSource, "move_blocks", plane.outer, box, "",
        " -DPASS_COLUMNS=" + std::to_string(block.pass_columns) + "u -DBLOCK_ROWS=" + std::to_string(block.rows) +
            " -DBLOCK_COLUMNS=" + std::to_string(block.columns) + (block.is_past_caches ? " -DPAST_CACHES" : ""));
    set_arguments(launch.kernel, plane.rows.count, plane.columns.count, strides_of(plane), box.fill);
    launch.global = cl::NDRange(round_up(plane.columns.count, block.columns) / block.columns,
                                round_up(plane.rows.count, block.rows) / block.rows, positions(plane.outer));
    // A group of one item: compilers that make a loop of a group's items would gather and scatter across them.
    launch.local = cl::NDRange(1, 1, 1);
    return launch;
  }

  // The compiled kernel may take smaller groups than the device's limit: then the next smaller tile that fits it.
  Launch launch_tiles(const MovementBox& box) {
    const BoxPlane plane = plane_of(box);
    std::size_t group_items = device_.limits().work_group_size;
    for (;;) {
      const Tile tile = choose_tile(device_.limits(), element_bytes_, group_items);
      Launch launch;
      launch.kernel =
          compile(kTilesSource, "move_tiles", plane.outer, box, "",
                  " -DTILE=" + std::to_string(tile.edge) + " -DGROUP_ROWS=" + std::to_string(tile.group_rows));
      const std::size_t wanted = tile.edge * tile.group_rows;
      group_items = device_.local_size(launch.kernel, wanted);
      if (group_items < wanted) continue;
      set_arguments(launch.kernel, plane.rows.count, plane.columns.count, strides_of(plane), box.fill);
      const std::size_t tiles_down = round_up(plane.rows.count, tile.edge) / tile.edge;
      launch.global =
          cl::NDRange(round_up(plane.columns.count, tile.edge), tiles_down * tile.group_rows, positions(plane.outer));
      launch.local = cl::NDRange(tile.edge, tile.group_rows, 1);
      return launch;
    }
  }

  Launch launch_run_blocks(const MovementBox& box) {
    const auto element_bytes = static_cast<std::int64_t>(element_bytes_);
    const BoxRuns runs = runs_of(box, element_bytes, kFewItemBytes);
    const auto [item_vectors, item_runs, runs_ahead] = run_block_plan(runs, element_bytes);
    Launch launch;
    launch.kernel = compile(
        kRunBlocksSource, "move_run_blocks", runs.outer, box, vector_defines(runs),
        " -DITEM_VECTORS=" + std::to_string(item_vectors) + "u -DITEM_RUNS=" + std::to_string(item_runs) + "u" +
            (runs_ahead > 0 ? " -DRUNS_AHEAD=" + std::to_string(runs_ahead) +
                                  "u -DLINE_VECTORS=" + std::to_string(kLineBytes / (runs.lanes * element_bytes)) + "u"
                            : ""));
    set_arguments(launch.kernel, runs.vectors, runs.next.count, strides_of(runs), box.fill);
    launch.global =
        cl::NDRange(static_cast<std::size_t>(divided_up(runs.vectors, item_vectors)),
                    static_cast<std::size_t>(divided_up(runs.next.count, item_runs)), positions(runs.outer));
    launch.local = cl::NDRange(1, 1, 1);
    return launch;
  }

  Launch launch_runs(const MovementBox& box) {
    const BoxRuns runs = runs_of(box, static_cast<std::int64_t>(element_bytes_), 1);
    Launch launch;
    launch.kernel = compile(kRunsSource, "move_runs", runs.outer, box, vector_defines(runs), "");
    set_arguments(launch.kernel, runs.vectors, runs.next.count, strides_of(runs), box.fill);
    const std::size_t items = device_.local_size(launch.kernel, kRunGroupItems);
    const std::size_t across = std::min(items, std::bit_ceil(static_cast<std::size_t>(runs.vectors)));
    const std::size_t down = std::min(items / across, std::bit_floor(device_.limits().work_item_sizes[1]));
    launch.global = cl::NDRange(round_up(runs.vectors, across), round_up(runs.next.count, down), positions(runs.outer));
    launch.local = cl::NDRange(across, down, 1);
    return launch;
  }

  template <class Strides>
  void set_arguments(cl::Kernel& kernel, std::int64_t first, std::int64_t second, const Strides& strides,
                     std::int64_t fill) {
    kernel.setArg(0, source_);
    kernel.setArg(1, target_);
    kernel.setArg(2, unsigned_of(first));
    kernel.setArg(3, unsigned_of(second));
    kernel.setArg(4, strides);
    kernel.setArg(5, unsigned_of(fill));
  }

  static std::size_t positions(const std::vector<MovementLoop>& outer) {
    std::size_t count = 1;
    for (const MovementLoop& loop : outer) count *= static_cast<std::size_t>(loop.count);
    return count;
  }

  OpenClProcessor& device_;
  std::size_t element_bytes_;
  const cl::Memory& source_;
  const cl::Memory& target_;
  bool is_large_;
  PlaneScheme scheme_;
};

}  // namespace

Launch launch_box(OpenClProcessor& device, const MovementBox& box, std::size_t element_bytes, const cl::Memory& source,
                  const cl::Memory& target, std::int64_t bytes, PlaneScheme scheme) {
  return BoxLauncher(device, element_bytes, source, target, bytes, scheme).launch(box);
}

Support supports_boxes(const Case& item, const OpenClProcessor& device, PlaneScheme scheme) {
  const LayoutTransformProblem problem(item);
  const std::int64_t bytes = std::max(problem.source.storage_bytes(), problem.target.storage_bytes());
  if (bytes > device.limits().max_allocation_bytes) {
    return Support::no("one operand needs " + std::to_string(bytes) + " bytes, and one allocation holds " +
                       std::to_string(device.limits().max_allocation_bytes));
  }
  if (scheme == PlaneScheme::local_tiles &&
      choose_tile(device.limits(), size_of(problem.source.dtype()), device.limits().work_group_size).edge == 0) {
    return Support::no("the device has too little local memory for a tile");
  }
  return Support::yes();
}

std::unique_ptr<Runnable> prepare_boxes(const Case& item, OpenClProcessor& device, std::span<const Operand> inputs,
                                        PlaneScheme scheme) {
  const LayoutTransformProblem problem(item);
  const HostTensor& tensor = inputs[0].tensor;
  cl::Buffer source = device.allocate(static_cast<std::int64_t>(tensor.size_bytes()), CL_MEM_READ_ONLY);
  cl::Buffer target = device.allocate(problem.target.storage_bytes(), CL_MEM_WRITE_ONLY);
  device.upload(source, tensor.data(), static_cast<std::int64_t>(tensor.size_bytes()));
  const std::int64_t bytes = static_cast<std::int64_t>(tensor.size_bytes()) + problem.target.storage_bytes();
  BoxLauncher launcher(device, size_of(tensor.dtype()), source, target, bytes, scheme);
  std::vector<Launch> launches;
  for (const MovementBox& box : movement_of(problem.source, problem.target)) launches.push_back(launcher.launch(box));
  return std::make_unique<BufferMovement>(device, std::move(launches), std::move(source), std::move(target),
                                          problem.target);
}

}  // namespace hetscope

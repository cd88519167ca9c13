// Boxes as launches: planes that turn, and runs that stay neighbours.
#include "kernels/layout/box_launcher.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>

#include "harness/core/divided_up.hpp"
#include "kernels/copy/buffer_movement.hpp"
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
// 16 KiB, that an item of a CPU moves.
constexpr std::int64_t kItemVectors = 1024;
// Of so few, starting an item costs as much as what it does.
constexpr std::int64_t kFewVectors = 128;
constexpr std::int64_t kVectorBytes = 16;

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

// BLOCK_ROWS and BLOCK_COLUMNS of move_blocks.cl.
struct Block {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

// A line of f32 high; longer where there are fewer rows or columns than that, so that an item has enough to do.
Block block_of(const MovementLoop& rows, const MovementLoop& columns) {
  constexpr std::int64_t kElements = 4096;
  constexpr std::int64_t kHeight = 16;
  const auto in_fours = [](std::int64_t count) { return divided_up(count, std::int64_t{4}) * 4; };
  const std::int64_t height = std::min(in_fours(rows.count), kHeight);
  const std::int64_t width = kElements / height;
  if (columns.count >= width) return {height, width};
  const std::int64_t lines = kElements / in_fours(columns.count) / kHeight;
  return {std::max(lines, std::int64_t{1}) * kHeight, in_fours(columns.count)};
}

// PASS_COLUMNS of move_blocks.cl: few where a column's elements are so far from the next one's, by a multiple of 4 KiB,
// that their lines share the sets of a cache and would be gone before they are whole.
std::int64_t pass_columns(const MovementLoop& columns, std::int64_t element_bytes) {
  return columns.target_stride * element_bytes % 4096 == 0 ? 4 : 64;
}

// Whether blocks write whole lines of the target.
bool writes_whole_lines(const MovementBox& box, const Block& block, std::int64_t element_bytes) {
  const auto is_whole = [&](std::int64_t elements) { return elements * element_bytes % kLineBytes == 0; };
  return is_whole(block.rows) && is_whole(box.target_offset) &&
         std::ranges::all_of(box.loops, [&](const MovementLoop& loop) {
           return loop.target_stride == 1 || is_whole(loop.target_stride);
         });
}

cl_uint unsigned_of(std::int64_t value) { return static_cast<cl_uint>(value); }

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
        is_past_caches_(device.info().cache_bytes > 0 && bytes > device.info().cache_bytes),
        scheme_(scheme) {}

  Launch launch(const MovementBox& box) {
    const bool is_run =
        box.loops.empty() || (box.loops.back().source_stride == 1 && box.loops.back().target_stride == 1);
    if (scheme_ == PlaneScheme::item_blocks) return is_run ? launch_run_blocks(box) : launch_blocks(box);
    return is_run ? launch_runs(box) : launch_tiles(box);
  }

 private:
  // `file` after what makes it this box's: its bases and `defines`.
  cl::Kernel compile(std::string_view file, const char* function, const std::vector<MovementLoop>& outer,
                     const MovementBox& box, const std::string& defines, const std::string& options) {
    const std::string text = defines + print_bases(outer, box.source_offset, box.target_offset) +
                             std::string(embedded_text(opencl_source_files(), file));
    return device_.kernel(file, text, function, element_options(element_bytes_) + options);
  }

  // The loops that turn, and those around them.
  struct Plane {
    MovementLoop rows;
    MovementLoop columns;
    std::vector<MovementLoop> outer;

    cl_uint4 strides() const {
      return {{unsigned_of(rows.source_stride), unsigned_of(columns.source_stride), unsigned_of(rows.target_stride),
               unsigned_of(columns.target_stride)}};
    }
  };
  static Plane plane_of(const MovementBox& box) {
    Plane plane{box.loops.back(), {}, box.loops};
    plane.outer.pop_back();
    if (plane.outer.empty()) return plane;
    const auto least = std::ranges::min_element(plane.outer, {}, &MovementLoop::source_stride);
    plane.columns = *least;
    plane.outer.erase(least);
    return plane;
  }

  Launch launch_blocks(const MovementBox& box) {
    const Plane plane = plane_of(box);
    Launch launch;
    const auto element_bytes = static_cast<std::int64_t>(element_bytes_);
    const Block block = block_of(plane.rows, plane.columns);
    // Only where many columns are written far apart: a few streams, and neighbours, are faster through the caches even
    // then. Few lines at once, because each is held back until it is whole.
    const bool is_scattered = plane.columns.count >= 64 && plane.columns.target_stride * element_bytes > kLineBytes;
    const bool is_past_caches = is_past_caches_ && is_scattered && writes_whole_lines(box, block, element_bytes);
    const std::int64_t pass = is_past_caches ? 4 : pass_columns(plane.columns, element_bytes);
    launch.kernel =
        compile(kBlocksSource, "move_blocks", plane.outer, box, "",
                " -DPASS_COLUMNS=" + std::to_string(pass) + "u -DBLOCK_ROWS=" + std::to_string(block.rows) +
                    " -DBLOCK_COLUMNS=" + std::to_string(block.columns) + (is_past_caches ? " -DPAST_CACHES" : ""));
    set_arguments(launch.kernel, plane.rows.count, plane.columns.count, plane.strides(), box.fill);
    launch.global = cl::NDRange(round_up(plane.columns.count, block.columns) / block.columns,
                                round_up(plane.rows.count, block.rows) / block.rows, positions(plane.outer));
    // A group of one item: compilers that make a loop of a group's items would gather and scatter across them.
    launch.local = cl::NDRange(1, 1, 1);
    return launch;
  }

  // The compiled kernel may take smaller groups than the device's limit: then the next smaller tile that fits it.
  Launch launch_tiles(const MovementBox& box) {
    const Plane plane = plane_of(box);
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
      set_arguments(launch.kernel, plane.rows.count, plane.columns.count, plane.strides(), box.fill);
      const std::size_t tiles_down = round_up(plane.rows.count, tile.edge) / tile.edge;
      launch.global =
          cl::NDRange(round_up(plane.columns.count, tile.edge), tiles_down * tile.group_rows, positions(plane.outer));
      launch.local = cl::NDRange(tile.edge, tile.group_rows, 1);
      return launch;
    }
  }

  // Neighbours that stay neighbours, the loop from run to run, and those around it.
  struct Runs {
    std::int64_t lanes = 1;    // of a vector
    std::int64_t vectors = 1;  // of a run
    MovementLoop next;
    std::vector<MovementLoop> outer;

    cl_uint2 strides() const { return {{unsigned_of(next.source_stride), unsigned_of(next.target_stride)}}; }
    // MOVE_VECTOR and VECTOR of the sources.
    std::string defines() const {
      const std::string digits = lanes == 1 ? "" : std::to_string(lanes);
      const std::string move = lanes == 1 ? "*(t) = *(s)" : "vstore" + digits + "(vload" + digits + "(0, s), 0, t)";
      return "#define MOVE_VECTOR(s, t) " + move + "\n#define VECTOR " + std::to_string(lanes) + "\n";
    }
  };
  // From run to run goes the innermost loop that moves `wanted` vectors, or else the innermost one.
  Runs runs_of(const MovementBox& box, std::int64_t wanted) const {
    Runs runs;
    runs.outer = box.loops;
    runs.lanes = kVectorBytes / static_cast<std::int64_t>(element_bytes_);
    MovementLoop run;
    if (!runs.outer.empty()) {
      run = runs.outer.back();
      runs.outer.pop_back();
    }
    while (run.count % runs.lanes != 0) runs.lanes /= 2;
    runs.vectors = run.count / runs.lanes;
    if (runs.outer.empty()) return runs;
    const auto has_many = [&](const MovementLoop& loop) { return loop.count * runs.vectors >= wanted; };
    const auto found = std::find_if(runs.outer.rbegin(), runs.outer.rend(), has_many);
    const auto chosen = found == runs.outer.rend() ? std::prev(runs.outer.end()) : std::prev(found.base());
    runs.next = *chosen;
    runs.outer.erase(chosen);
    return runs;
  }

  Launch launch_run_blocks(const MovementBox& box) {
    const Runs runs = runs_of(box, kFewVectors);
    const std::int64_t item_vectors = std::min(runs.vectors, kItemVectors);
    const std::int64_t item_runs = std::min(runs.next.count, kItemVectors / item_vectors);
    Launch launch;
    launch.kernel =
        compile(kRunBlocksSource, "move_run_blocks", runs.outer, box, runs.defines(),
                " -DITEM_VECTORS=" + std::to_string(item_vectors) + "u -DITEM_RUNS=" + std::to_string(item_runs) + "u");
    set_arguments(launch.kernel, runs.vectors, runs.next.count, runs.strides(), box.fill);
    launch.global =
        cl::NDRange(static_cast<std::size_t>(divided_up(runs.vectors, item_vectors)),
                    static_cast<std::size_t>(divided_up(runs.next.count, item_runs)), positions(runs.outer));
    launch.local = cl::NDRange(1, 1, 1);
    return launch;
  }

  Launch launch_runs(const MovementBox& box) {
    const Runs runs = runs_of(box, 1);
    Launch launch;
    launch.kernel = compile(kRunsSource, "move_runs", runs.outer, box, runs.defines(), "");
    set_arguments(launch.kernel, runs.vectors, runs.next.count, runs.strides(), box.fill);
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
  bool is_past_caches_;
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

// Rows go through local memory, a few of them a group; movements go as layout transforms do, or element by element.
#include "kernels/elimination/pass_launcher.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/divided_up.hpp"
#include "harness/core/error.hpp"
#include "harness/tensor/view_access.hpp"
#include "kernels/elimination/activation_functions.hpp"
#include "kernels/elimination/offset_pattern.hpp"
#include "kernels/elimination/piece_mover.hpp"
#include "kernels/layout/box_launcher.hpp"
#include "kernels/opencl_sources.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kMoveSource = "kernels/elimination/move_elements.cl";
constexpr std::string_view kRowsSource = "kernels/elimination/pass_on_rows.cl";
constexpr std::int64_t kMostRows = 8;

bool has_product(const PairPass& pass) {
  return std::ranges::any_of(pass.stages, [](const RowStage& stage) { return stage.kind == OperatorKind::matmul; });
}

std::int64_t longest_row(const PairPass& pass) {
  std::int64_t longest = 0;
  for (const RowStage& stage : pass.stages) longest = std::max({longest, stage.in, stage.out});
  return longest;
}

std::int64_t local_bytes(const PairPass& pass, std::int64_t rows, std::int64_t items) {
  const std::int64_t panel = rows * longest_row(pass);
  const std::int64_t bases = rows * 2 * static_cast<std::int64_t>(sizeof(cl_long));
  return 4 * (panel + (has_product(pass) ? panel : 1) + items) + bases;
}

std::int64_t wanted_items(const OpenClProcessor& device) { return device.info().kind == ProcessorKind::cpu ? 16 : 64; }

// Rows of a group; 0: not one fits into local memory.
std::int64_t rows_of_group(const PairPass& pass, const OpenClProcessor& device) {
  std::int64_t rows = has_product(pass) ? kMostRows : kMostRows / 2;
  while (rows > 0 && local_bytes(pass, rows, wanted_items(device)) > device.limits().local_memory_bytes) rows /= 2;
  return rows;
}

// The view's indices as rows of `row` elements, or as planes of rows.
TensorView as_rows(const TensorView& view, std::int64_t row) {
  return view.through(IndexMap::reshape(view.shape(), Shape{view.shape().element_count() / row, row}));
}
Shape as_planes(const Shape& shape) {
  const int rank = shape.rank();
  const std::int64_t x = shape[rank - 1];
  const std::int64_t y = rank > 1 ? shape[rank - 2] : 1;
  return Shape{shape.element_count() / (x * y), y, x};
}

ViewCode access(const TensorView& view, const ViewCodeOptions& options) {
  try {
    return print_view_access(view, options);
  } catch (const Error& error) {
    throw Declined(Support::no(error.what()));
  }
}

// The calls of the stages in pass_on_rows.cl; `result` becomes the panel that holds the last one's rows.
std::string print_stages(const PairPass& pass, std::string& result) {
  std::string text;
  result = "panel0";
  int product = 0;
  for (const RowStage& stage : pass.stages) {
    if (!text.empty()) text += "barrier(CLK_LOCAL_MEM_FENCE); ";
    const std::string row = result + " + row * LONGEST";
    const std::string each = "for (int row = 0; row < ROWS; ++row) ";
    if (stage.kind == OperatorKind::softmax) text += each + fmt::format("softmax({}, {}, shared); ", row, stage.in);
    if (stage.kind == OperatorKind::layer_norm) {
      text += each + fmt::format("layer_norm({}, {}, shared); ", row, stage.in);
    }
    if (stage.kind == OperatorKind::sum) text += each + fmt::format("sum({}, {}, shared); ", row, stage.in);
    if (works_on_elements(stage.kind)) {
      text += each + fmt::format("ON_ELEMENTS({}, {}, {}); ", function_of_element(stage.kind), row, stage.in);
    }
    if (stage.kind == OperatorKind::matmul) {
      text += fmt::format("matmul(panel0, panel1, weights{}, {}, {}); ", product++, stage.in, stage.out);
      result = "panel1";
    }
  }
  return text;
}

bool is_plain(const TensorView& view) {
  if (view.storage() != Storage::buffer) return false;
  const IndexMap offsets = view.offsets();
  return offsets.pieces().size() == 1 && offsets.pieces()[0].source != IndexPiece::kFill;
}

}  // namespace

std::optional<MovementBox> box_of_movement(const PairPass& pass) {
  if (pass.is_gather || !is_plain(pass.read) || !is_plain(pass.write)) return std::nullopt;
  const OffsetPattern read = offset_pattern(offsets_of(pass.read));
  const OffsetPattern write = offset_pattern(offsets_of(pass.write));
  const std::vector<PairedLoop> loops = paired_loops(read, write);
  MovementBox box = box_without_tables(loops);
  const auto goes_back = [](const MovementLoop& loop) { return loop.source_stride < 0 || loop.target_stride < 0; };
  if (box.loops.size() < loops.size() || std::ranges::any_of(box.loops, goes_back)) return std::nullopt;
  box.source_offset = read.first;
  box.target_offset = write.first;
  merge_loops(box);
  if (!box.loops.empty() && !has_neighbours(box)) return std::nullopt;
  return box;
}

Support supports_pass(const PairPass& pass, const OpenClProcessor& device) {
  const std::int64_t bytes = std::max(pass.read.storage_bytes(), pass.write.storage_bytes());
  if (bytes > device.limits().max_allocation_bytes) {
    return Support::no(fmt::format("one operand needs {} bytes, and one allocation holds {}", bytes,
                                   device.limits().max_allocation_bytes));
  }
  if (!pass.stages.empty() && rows_of_group(pass, device) == 0) {
    return Support::no(fmt::format("a row needs {} bytes of local memory, and there are {}",
                                   local_bytes(pass, 1, wanted_items(device)), device.limits().local_memory_bytes));
  }
  return Support::yes();
}

Launch PassLauncher::launch(const PairPass& pass, const PassSource& source, const cl::Buffer& target,
                            const std::vector<cl::Buffer>& weights) {
  return pass.stages.empty() ? launch_movement(pass, source, target) : launch_rows(pass, source, target, weights);
}

std::string PassLauncher::print(const PairPass& pass, const TensorView& read, const TensorView& write,
                                std::int64_t image_width) {
  const bool has_rows = !pass.stages.empty();
  const ViewCode from = access(read, {"source", ViewDirection::read, pass.simplifies, image_width, has_rows});
  const ViewCode to = access(write, {"target", ViewDirection::write, pass.simplifies, 0, has_rows});
  if (report_ != nullptr) {
    report_->count_index(read.shape().element_count(), from.operations);
    report_->count_index(write.shape().element_count(), to.operations);
    report_->count_index(read.shape()[0], from.row_operations);
    report_->count_index(write.shape()[0], to.row_operations);
  }
  return from.text + to.text;
}

Launch PassLauncher::launch_movement(const PairPass& pass, const PassSource& source, const cl::Buffer& target) {
  const std::optional<MovementBox> box = box_of_movement(pass);
  if (!box) return launch_elements(pass, source, target);
  const bool is_cpu = device_.info().kind == ProcessorKind::cpu;
  return launch_box(device_, *box, size_of(pass.read.dtype()), source.memory, target,
                    pass.read.storage_bytes() + pass.write.storage_bytes(),
                    is_cpu ? PlaneScheme::item_blocks : PlaneScheme::local_tiles);
}

Launch PassLauncher::launch_elements(const PairPass& pass, const PassSource& source, const cl::Buffer& target) {
  const Shape planes = as_planes(pass.read.shape());
  const IndexMap map = IndexMap::reshape(pass.read.shape(), planes);
  const std::string text = print(pass, pass.read.through(map), pass.write.through(map), source.image_width) +
                           std::string(embedded_text(opencl_source_files(), kMoveSource));
  Launch launch;
  launch.kernel = device_.kernel(kMoveSource, text, "move_elements");
  launch.kernel.setArg(0, source.memory);
  launch.kernel.setArg(1, target);
  launch.kernel.setArg(2, static_cast<cl_uint>(planes[2]));
  const std::size_t items = device_.local_size(launch.kernel, 64);
  const auto columns = static_cast<std::size_t>(planes[2]);
  launch.global = cl::NDRange(divided_up(columns, items) * items, static_cast<std::size_t>(planes[1]),
                              static_cast<std::size_t>(planes[0]));
  launch.local = cl::NDRange(items, 1, 1);
  return launch;
}

Launch PassLauncher::launch_rows(const PairPass& pass, const PassSource& source, const cl::Buffer& target,
                                 const std::vector<cl::Buffer>& weights) {
  const std::string views = print(pass, as_rows(pass.read, pass.stages.front().in),
                                  as_rows(pass.write, pass.stages.back().out), source.image_width);
  const std::int64_t rows = rows_of_group(pass, device_);
  std::string result;
  const std::string stages = print_stages(pass, result);
  const std::string text = views + "#define STAGES " + stages + "\n#define RESULT " + result + "\n" +
                           activation_functions() + std::string(embedded_text(opencl_source_files(), kRowsSource));
  Launch launch;
  std::int64_t items = wanted_items(device_);
  while (true) {
    launch.kernel = device_.kernel(
        kRowsSource, text, "pass_on_rows",
        fmt::format("-DROWS={} -DITEMS={} -DLONGEST={} -DFIRST_ROW={} -DLAST_ROW={} -DPANEL1_ELEMENTS={}", rows, items,
                    longest_row(pass), pass.stages.front().in, pass.stages.back().out,
                    has_product(pass) ? rows * longest_row(pass) : 1));
    const auto most = static_cast<std::int64_t>(device_.local_size(launch.kernel, static_cast<std::size_t>(items)));
    if (most >= items) break;
    items = most;
  }
  launch.kernel.setArg(0, source.memory);
  launch.kernel.setArg(1, target);
  // An argument that no stage reads still has to be a buffer.
  launch.kernel.setArg(2, weights.empty() ? target : weights[0]);
  launch.kernel.setArg(3, weights.size() < 2 ? target : weights[1]);
  launch.kernel.setArg(4, static_cast<cl_uint>(pass.rows()));
  const std::int64_t groups = divided_up(pass.rows(), rows);
  launch.global = cl::NDRange(static_cast<std::size_t>(groups * items));
  launch.local = cl::NDRange(static_cast<std::size_t>(items));
  return launch;
}

}  // namespace hetscope

// operator_pair_op_by_op_buffer, _gather_naive_buffer, _gather_simplified_buffer, _folded_buffer and _fused_buffer: the
// same plan in OpenCL C, a launch a pass. Two sources serve every pass: how they read and write is generated from
// views.
//   traffic: for each pass what it reads and writes, and each matmul's right operand once for ROWS rows
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "harness/kernel/opencl_kernel.hpp"
#include "harness/tensor/view_access.hpp"
#include "kernels/elimination/pair_metrics.hpp"
#include "kernels/elimination/pair_plan.hpp"
#include "kernels/opencl_sources.hpp"
#include "kernels/registration.hpp"

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
  return 4 * (panel + (has_product(pass) ? panel : 1) + items);
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

ViewCode access(const TensorView& view, const std::string& name, ViewDirection direction, bool simplifies) {
  try {
    return print_view_access(view, {name, direction, simplifies, 0});
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
    if (stage.kind == OperatorKind::relu) text += each + fmt::format("relu({}, {}); ", row, stage.in);
    if (stage.kind == OperatorKind::matmul) {
      text += fmt::format("matmul(panel0, panel1, weights{}, {}, {}); ", product++, stage.in, stage.out);
      result = "panel1";
    }
  }
  return text;
}

class PassLauncher {
 public:
  PassLauncher(OpenClProcessor& device, PairReport& report) : device_(device), report_(report) {}

  // `weights` of the products, at most two.
  Launch launch(const PairPass& pass, const cl::Buffer& source, const cl::Buffer& target,
                const std::vector<cl::Buffer>& weights) {
    return pass.stages.empty() ? launch_movement(pass, source, target) : launch_rows(pass, source, target, weights);
  }

 private:
  std::string print(const PairPass& pass, const TensorView& read, const TensorView& write) {
    const ViewCode from = access(read, "source", ViewDirection::read, pass.simplifies);
    const ViewCode to = access(write, "target", ViewDirection::write, pass.simplifies);
    report_.count_index(read.shape().element_count(), from.operations);
    report_.count_index(write.shape().element_count(), to.operations);
    return from.text + to.text;
  }

  Launch launch_movement(const PairPass& pass, const cl::Buffer& source, const cl::Buffer& target) {
    const Shape planes = as_planes(pass.read.shape());
    const IndexMap map = IndexMap::reshape(pass.read.shape(), planes);
    const std::string text = print(pass, pass.read.through(map), pass.write.through(map)) +
                             std::string(embedded_text(opencl_source_files(), kMoveSource));
    Launch launch;
    launch.kernel = device_.kernel(kMoveSource, text, "move_elements");
    launch.kernel.setArg(0, source);
    launch.kernel.setArg(1, target);
    launch.kernel.setArg(2, static_cast<cl_uint>(planes[2]));
    const std::size_t items = device_.local_size(launch.kernel, 64);
    const auto columns = static_cast<std::size_t>(planes[2]);
    launch.global = cl::NDRange((columns + items - 1) / items * items, static_cast<std::size_t>(planes[1]),
                                static_cast<std::size_t>(planes[0]));
    launch.local = cl::NDRange(items, 1, 1);
    return launch;
  }

  Launch launch_rows(const PairPass& pass, const cl::Buffer& source, const cl::Buffer& target,
                     const std::vector<cl::Buffer>& weights) {
    const std::string views =
        print(pass, as_rows(pass.read, pass.stages.front().in), as_rows(pass.write, pass.stages.back().out));
    const std::int64_t rows = rows_of_group(pass, device_);
    std::string result;
    const std::string stages = print_stages(pass, result);
    const std::string text = views + "#define STAGES " + stages + "\n#define RESULT " + result + "\n" +
                             std::string(embedded_text(opencl_source_files(), kRowsSource));
    Launch launch;
    std::int64_t items = wanted_items(device_);
    while (true) {
      launch.kernel = device_.kernel(
          kRowsSource, text, "pass_on_rows",
          fmt::format("-DROWS={} -DITEMS={} -DLONGEST={} -DFIRST_ROW={} -DLAST_ROW={} -DPANEL1_ELEMENTS={}", rows,
                      items, longest_row(pass), pass.stages.front().in, pass.stages.back().out,
                      has_product(pass) ? rows * longest_row(pass) : 1));
      const auto most = static_cast<std::int64_t>(device_.local_size(launch.kernel, static_cast<std::size_t>(items)));
      if (most >= items) break;
      items = most;
    }
    launch.kernel.setArg(0, source);
    launch.kernel.setArg(1, target);
    // An argument that no stage reads still has to be a buffer.
    launch.kernel.setArg(2, weights.empty() ? source : weights[0]);
    launch.kernel.setArg(3, weights.size() < 2 ? source : weights[1]);
    launch.kernel.setArg(4, static_cast<cl_uint>(pass.rows()));
    const std::int64_t groups = (pass.rows() + rows - 1) / rows;
    launch.global = cl::NDRange(static_cast<std::size_t>(groups * items));
    launch.local = cl::NDRange(static_cast<std::size_t>(items));
    return launch;
  }

  OpenClProcessor& device_;
  PairReport& report_;
};

// Buffers of a prepared pair: x, what each pass writes, and the matmuls' right operands.
struct PairBuffers {
  std::vector<cl::Buffer> tensors;
  std::map<std::size_t, cl::Buffer> weights;
};

class Runs final : public OpenClRunnable {
 public:
  Runs(OpenClProcessor& device, std::vector<Launch> launches, PairBuffers buffers, PairReport report, Shape y)
      : OpenClRunnable(device, launches),
        last_launch_(launches.size() - 1),
        buffers_(std::move(buffers)),
        report_(std::move(report)),
        y_(std::move(y)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.emplace_back(DType::f32, y_, Layout::row_major(y_.rank()));
    device().download(result[0].data(), buffers_.tensors.back(), static_cast<std::int64_t>(result[0].size_bytes()));
    return result;
  }
  Metrics metrics() override { return report_.metrics(); }
  std::map<std::string, std::string> notes() override { return report_.notes(); }

 protected:
  std::vector<DeviceOperand> shared_operands() const override {
    return {{DeviceOperand::Direction::input, 0, buffers_.tensors.front(), {{0, 0}}},
            {DeviceOperand::Direction::output, 0, buffers_.tensors.back(), {{last_launch_, 1}}}};
  }

 private:
  std::size_t last_launch_;
  PairBuffers buffers_;  // kernels do not keep their arguments alive
  PairReport report_;
  Shape y_;
};

template <PairMethod kMethod>
class OperatorPairBuffer final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override {
    static const std::string kName = "operator_pair_" + std::string(to_string(kMethod)) + "_buffer";
    return kName;
  }
  std::string_view operation() const noexcept override { return "operator_pair"; }
  Work executed_work(const Case& item, const Operation&) const override {
    return plan_pair(PairProblem(item), kMethod).work();
  }

 protected:
  Support supports_on(const Case& item, const OpenClProcessor& device) const override {
    const PairProblem problem(item);
    if (Support support = supports_method(problem, kMethod); !support) return support;
    for (const PairPass& pass : plan_pair(problem, kMethod).passes) {
      const std::int64_t bytes = std::max(pass.read.storage_bytes(), pass.write.storage_bytes());
      if (bytes > device.limits().max_allocation_bytes) {
        return Support::no(fmt::format("one operand needs {} bytes, and one allocation holds {}", bytes,
                                       device.limits().max_allocation_bytes));
      }
      if (!pass.stages.empty() && rows_of_group(pass, device) == 0) {
        return Support::no(fmt::format("a row needs {} bytes of local memory, and there are {}",
                                       local_bytes(pass, 1, wanted_items(device)), device.limits().local_memory_bytes));
      }
    }
    return Support::yes();
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand> inputs) const override {
    const PairProblem problem(item);
    const PairPlan plan = plan_pair(problem, kMethod);
    PairReport report(problem, kMethod);
    PairBuffers buffers;
    buffers.tensors.push_back(uploaded(device, inputs[0].tensor));
    PassLauncher launcher(device, report);
    std::vector<Launch> launches;
    for (const PairPass& pass : plan.passes) {
      std::vector<cl::Buffer> weights;
      for (const RowStage& stage : pass.stages) {
        if (stage.weights == 0) continue;
        weights.push_back(
            buffers.weights.try_emplace(stage.weights, uploaded(device, inputs[stage.weights].tensor)).first->second);
      }
      cl::Buffer target = device.allocate(pass.write.storage_bytes());
      launches.push_back(launcher.launch(pass, buffers.tensors.back(), target, weights));
      buffers.tensors.push_back(std::move(target));
    }
    report.count(plan);
    return std::make_unique<Runs>(device, std::move(launches), std::move(buffers), std::move(report), problem.y);
  }

 private:
  static cl::Buffer uploaded(OpenClProcessor& device, const HostTensor& tensor) {
    cl::Buffer buffer = device.allocate(static_cast<std::int64_t>(tensor.size_bytes()), CL_MEM_READ_ONLY);
    device.upload(buffer, tensor.data(), static_cast<std::int64_t>(tensor.size_bytes()));
    return buffer;
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(operator_pair_op_by_op_buffer, OperatorPairBuffer<PairMethod::op_by_op>)
HETSCOPE_DEFINE_KERNEL(operator_pair_gather_naive_buffer, OperatorPairBuffer<PairMethod::gather_naive>)
HETSCOPE_DEFINE_KERNEL(operator_pair_gather_simplified_buffer, OperatorPairBuffer<PairMethod::gather_simplified>)
HETSCOPE_DEFINE_KERNEL(operator_pair_folded_buffer, OperatorPairBuffer<PairMethod::folded>)
HETSCOPE_DEFINE_KERNEL(operator_pair_fused_buffer, OperatorPairBuffer<PairMethod::fused>)
HETSCOPE_DEFINE_KERNEL(operator_pair_consumer_layout_buffer, OperatorPairBuffer<PairMethod::consumer_layout>)
HETSCOPE_DEFINE_KERNEL(operator_pair_producer_layout_buffer, OperatorPairBuffer<PairMethod::producer_layout>)

}  // namespace hetscope

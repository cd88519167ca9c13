// operator_pair_op_by_op_buffer, _gather_naive_buffer, _gather_simplified_buffer, _folded_buffer and _fused_buffer: the
// same plan in OpenCL C, a launch a pass.
//   traffic: for each pass what it reads and writes, and each matmul's right operand once for ROWS rows
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "harness/kernel/opencl_kernel.hpp"
#include "kernels/elimination/pair_metrics.hpp"
#include "kernels/elimination/pair_plan.hpp"
#include "kernels/elimination/pass_launcher.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// Buffers of a prepared pair: x, what each pass writes, and the matmuls' right operands.
struct PairBuffers {
  std::vector<cl::Buffer> tensors;
  std::map<std::size_t, cl::Buffer> weights;
};

class BufferPairs final : public OpenClRunnable {
 public:
  BufferPairs(OpenClProcessor& device, std::vector<Launch> launches, PairBuffers buffers, PairReport report, Shape y)
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
      if (Support support = supports_pass(pass, device); !support) return support;
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
    PassLauncher launcher(device, &report);
    std::vector<Launch> launches;
    for (const PairPass& pass : plan.passes) {
      std::vector<cl::Buffer> weights;
      for (const RowStage& stage : pass.stages) {
        if (stage.weights == 0) continue;
        weights.push_back(
            buffers.weights.try_emplace(stage.weights, uploaded(device, inputs[stage.weights].tensor)).first->second);
      }
      cl::Buffer target = device.allocate(pass.write.storage_bytes());
      launches.push_back(launcher.launch(pass, {buffers.tensors.back()}, target, weights));
      buffers.tensors.push_back(std::move(target));
    }
    report.count(plan);
    return std::make_unique<BufferPairs>(device, std::move(launches), std::move(buffers), std::move(report), problem.y);
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

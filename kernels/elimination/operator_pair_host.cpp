// operator_pair_op_by_op, _gather_naive, _gather_simplified, _folded and _fused on the CPU: the passes of the plan one
// after the other, in portable C++ and Highway.
//   traffic: for each pass what it reads and writes, and each matmul's right operand once
#include <algorithm>
#include <iterator>
#include <map>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/elimination/host_passes.hpp"
#include "kernels/elimination/pair_metrics.hpp"
#include "kernels/elimination/row_stages.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class HostPairs final : public HostRunnable {
 public:
  HostPairs(HostCpu& cpu, ThreadPool& pool, const PairProblem& problem, PairMethod method,
            std::span<const Operand> inputs)
      : HostRunnable(cpu, pool), source_(inputs[0].tensor), report_(problem, method) {
    PairPlan plan = plan_pair(problem, method);
    for (std::size_t i = 0; i < plan.passes.size(); ++i) {
      const PairPass& pass = plan.passes[i];
      const bool is_last = i + 1 == plan.passes.size();
      const Shape& made = is_last ? problem.y : pass.write.stored_shape();
      tensors_.emplace_back(DType::f32, made, Layout::row_major(made.rank()));
      std::vector<const float*> weights;
      for (const RowStage& stage : pass.stages) weights.push_back(weights_of(stage, inputs));
      passes_.push_back(make_host_pass(pass, std::move(weights), pool.size()));
      // Folded indices become strides; a gather computes its own.
      if (pass.is_gather) report_.count_index(pass.read.shape().element_count(), index_operations(pass));
    }
    report_.count(plan);
    enter();
    for_each_pass([&](HostPass& pass, const float* from, float* to) { pass.choose(from, to, pool); });
    for (HostTensor& tensor : tensors_) tensor.fill(std::byte{0xFF});
    leave();
  }

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(tensors_.back().clone());
    return result;
  }
  Metrics metrics() override { return report_.metrics(); }
  std::map<std::string, std::string> notes() override { return report_.notes(); }

 protected:
  void run_once() override {
    for_each_pass([&](HostPass& pass, const float* from, float* to) { pass.run(from, to, pool()); });
  }
  std::vector<std::span<const std::byte>> operands() const override {
    std::vector<std::span<const std::byte>> result = {{source_.data(), source_.size_bytes()}};
    for (const HostTensor& tensor : tensors_) result.emplace_back(tensor.data(), tensor.size_bytes());
    return result;
  }
  std::vector<std::span<const std::byte>> prepared() const override {
    std::vector<std::span<const std::byte>> result;
    for (const auto& [input, packed] : packed_) result.push_back(std::as_bytes(std::span(packed)));
    for (const auto& pass : passes_) std::ranges::copy(pass->storage(), std::back_inserter(result));
    return result;
  }

 private:
  // visit(pass, what it reads, what it writes), one after the other.
  template <class Visit>
  void for_each_pass(Visit&& visit) {
    const float* from = source_.as<float>();
    for (std::size_t i = 0; i < passes_.size(); ++i) {
      visit(*passes_[i], from, tensors_[i].as<float>());
      from = tensors_[i].as<float>();
    }
  }
  const float* weights_of(const RowStage& stage, std::span<const Operand> inputs) {
    if (stage.weights == 0) return nullptr;
    const auto [at, is_new] = packed_.try_emplace(stage.weights);
    if (is_new) at->second = packed_weights(inputs[stage.weights].tensor.as<float>(), stage.in, stage.out);
    return at->second.data();
  }

  const HostTensor& source_;
  std::vector<HostTensor> tensors_;  // what each pass writes
  std::map<std::size_t, std::vector<float>> packed_;
  std::vector<std::unique_ptr<HostPass>> passes_;
  PairReport report_;
};

template <PairMethod kMethod>
class OperatorPairHost final : public HostKernel {
 public:
  std::string_view name() const noexcept override {
    static const std::string kName = "operator_pair_" + std::string(to_string(kMethod));
    return kName;
  }
  std::string_view operation() const noexcept override { return "operator_pair"; }
  Work executed_work(const Case& item, const Operation&) const override {
    return plan_pair(PairProblem(item), kMethod).work();
  }

 protected:
  Support supports_case(const Case& item) const override { return supports_method(PairProblem(item), kMethod); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<HostPairs>(cpu, pool, PairProblem(item), kMethod, inputs);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(operator_pair_op_by_op, OperatorPairHost<PairMethod::op_by_op>)
HETSCOPE_DEFINE_KERNEL(operator_pair_gather_naive, OperatorPairHost<PairMethod::gather_naive>)
HETSCOPE_DEFINE_KERNEL(operator_pair_gather_simplified, OperatorPairHost<PairMethod::gather_simplified>)
HETSCOPE_DEFINE_KERNEL(operator_pair_folded, OperatorPairHost<PairMethod::folded>)
HETSCOPE_DEFINE_KERNEL(operator_pair_fused, OperatorPairHost<PairMethod::fused>)
HETSCOPE_DEFINE_KERNEL(operator_pair_consumer_layout, OperatorPairHost<PairMethod::consumer_layout>)
HETSCOPE_DEFINE_KERNEL(operator_pair_producer_layout, OperatorPairHost<PairMethod::producer_layout>)

}  // namespace hetscope

// tensor_consumers_rows on the CPU: every copy written and every consumer computed by the passes of
// kernels/elimination, which read rows of the consumer's dimension where they lie, or through a panel in the cache.
//   traffic: x once for each copy, each copy once and for each consumer that reads it, results and weights once
#include <algorithm>
#include <iterator>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/consumers/consumers.hpp"
#include "kernels/elimination/host_passes.hpp"
#include "kernels/elimination/row_stages.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class RowConsumers final : public HostRunnable {
 public:
  RowConsumers(HostCpu& cpu, ThreadPool& pool, const Case& item, std::span<const Operand> inputs)
      : HostRunnable(cpu, pool), problem_(item), inputs_(inputs) {
    const std::size_t copies = problem_.copies.size();
    for (const PairPass& pass : problem_.producing())
      producing_.push_back(make_host_pass(pass, {nullptr}, pool.size()));
    if (problem_.has_producer) {
      for (const Layout& copy : problem_.copies) copies_.emplace_back(DType::f32, problem_.x, copy);
    }
    std::size_t weights = problem_.has_producer ? 1 : copies;
    for (const PairPass& pass : problem_.consuming(Storage::buffer)) {
      const RowStage& stage = pass.stages.front();
      packed_.emplace_back();
      if (stage.weights != 0) {
        packed_.back() = packed_weights(inputs[weights++].tensor.as<float>(), stage.in, stage.out);
      }
      consuming_.push_back(make_host_pass(pass, {packed_.back().data()}, pool.size()));
      results_.emplace_back(DType::f32, pass.write.shape(), Layout::row_major(pass.write.shape().rank()));
    }
    enter();
    for_each_pass([&](HostPass& pass, const float* from, float* to) { pass.choose(from, to, pool); });
    for (HostTensor& copy : copies_) copy.fill(std::byte{0});  // padding stays zero
    for (HostTensor& result : results_) result.fill(std::byte{0xFF});
    leave();
  }

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    for (const HostTensor& tensor : results_) result.push_back(tensor.clone());
    return result;
  }
  bool write_outputs_to(std::span<HostTensor> targets) override {
    for (std::size_t i = 0; i < results_.size(); ++i) {
      results_[i] = HostTensor::borrowing(targets[i].view(), targets[i].data());
    }
    return true;
  }
  Metrics metrics() override { return consumer_metrics(problem_); }
  std::map<std::string, std::string> notes() override { return consumer_notes(problem_); }

 protected:
  void run_once() override {
    for_each_pass([&](HostPass& pass, const float* from, float* to) { pass.run(from, to, pool()); });
  }
  std::vector<std::span<const std::byte>> operands() const override {
    std::vector<std::span<const std::byte>> result;
    for (const Operand& input : inputs_) result.emplace_back(input.tensor.data(), input.tensor.size_bytes());
    for (const auto* tensors : {&copies_, &results_}) {
      for (const HostTensor& tensor : *tensors) result.emplace_back(tensor.data(), tensor.size_bytes());
    }
    return result;
  }
  std::vector<std::span<const std::byte>> prepared() const override {
    std::vector<std::span<const std::byte>> result;
    for (const auto& packed : packed_) result.push_back(std::as_bytes(std::span(packed)));
    for (const auto* passes : {&producing_, &consuming_}) {
      for (const auto& pass : *passes) std::ranges::copy(pass->storage(), std::back_inserter(result));
    }
    return result;
  }

 private:
  // visit(pass, what it reads, what it writes), one after the other.
  template <class Visit>
  void for_each_pass(Visit&& visit) {
    for (std::size_t i = 0; i < producing_.size(); ++i) {
      visit(*producing_[i], inputs_[0].tensor.as<float>(), copies_[i].as<float>());
    }
    for (std::size_t i = 0; i < consuming_.size(); ++i) {
      visit(*consuming_[i], copy(problem_.copy_for(problem_.consumers[i])).as<float>(), results_[i].as<float>());
    }
  }
  const HostTensor& copy(std::size_t number) const {
    return problem_.has_producer ? copies_[number] : inputs_[number].tensor;
  }

  ConsumerProblem problem_;
  std::span<const Operand> inputs_;
  std::vector<HostTensor> copies_;  // that the producer writes
  std::vector<HostTensor> results_;
  std::vector<std::vector<float>> packed_;  // of each consumer
  std::vector<std::unique_ptr<HostPass>> producing_;
  std::vector<std::unique_ptr<HostPass>> consuming_;
};

class TensorConsumersRows final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "tensor_consumers_rows"; }
  std::string_view operation() const noexcept override { return "tensor_consumers"; }
  Work executed_work(const Case& item, const Operation&) const override {
    return ConsumerProblem(item).executed_work();
  }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<RowConsumers>(cpu, pool, item, inputs);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(tensor_consumers_rows, TensorConsumersRows)

}  // namespace hetscope

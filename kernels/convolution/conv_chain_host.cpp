// conv_chain_direct on the CPU: convolutions as conv2d_direct, ReLU and normalisation by the passes of
// kernels/elimination, transforms by the boxes of layout_transform_tiled.
//   traffic: for each operator and each transform what it reads and writes
#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "harness/core/clock.hpp"
#include "harness/kernel/host_kernel.hpp"
#include "kernels/convolution/conv_chain.hpp"
#include "kernels/convolution/host_convolution.hpp"
#include "kernels/elimination/host_passes.hpp"
#include "kernels/layout/timed_movement.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// One step, made ready: exactly one of the three is there.
struct PreparedStep {
  ImageStep::Kind kind;
  std::unique_ptr<HostConvolution> convolution;
  std::unique_ptr<HostPass> pass;
  std::optional<TimedMovement> movement;

  // Times the ways of what moves.
  void choose(const HostTensor& from, HostTensor& to, ThreadPool& pool) {
    if (pass) pass->choose(from.as<float>(), to.as<float>(), pool);
    if (movement) movement->choose(from.data(), to.data(), pool);
  }
  void run(const HostTensor& from, HostTensor& to, ThreadPool& pool) {
    if (convolution) {
      convolution->run(from.data(), to.data(), pool);
    } else if (pass) {
      pass->run(from.as<float>(), to.as<float>(), pool);
    } else {
      movement->move(from.data(), to.data(), pool);
    }
  }
};

PreparedStep made_ready(const ImageStep& step, std::span<const Operand> inputs, int threads) {
  PreparedStep result{step.kind, nullptr, nullptr, std::nullopt};
  switch (step.kind) {
    case ImageStep::Kind::convolution:
      result.convolution =
          std::make_unique<HostConvolution>(ConvolutionProblem(step.from.shape(), step.sliding, DType::f32, ""),
                                            step.from.layout(), step.to.layout(), inputs[step.weights].tensor, threads);
      break;
    case ImageStep::Kind::pass:
      result.pass = make_host_pass(step.pass.front(), {nullptr}, threads);
      break;
    case ImageStep::Kind::transform:
      result.movement.emplace(movement_of(step.from, step.to), static_cast<std::int64_t>(sizeof(float)));
      break;
  }
  return result;
}

class HostConvChain final : public HostRunnable {
 public:
  HostConvChain(HostCpu& cpu, ThreadPool& pool, const Case& item, std::span<const Operand> inputs)
      : HostRunnable(cpu, pool), problem_(item), x_(inputs[0].tensor) {
    for (const ImageStep& step : problem_.steps()) {
      steps_.push_back(made_ready(step, inputs, pool.size()));
      tensors_.emplace_back(DType::f32, step.to.shape(), step.to.layout());
    }
    enter();
    for (std::size_t i = 0; i < steps_.size(); ++i) steps_[i].choose(source_of(i), tensors_[i], pool);
    for (HostTensor& tensor : tensors_) tensor.fill(std::byte{0});  // padding stays zero
    leave();
  }

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(tensors_.back().clone());
    return result;
  }
  bool write_outputs_to(std::span<HostTensor> targets) override {
    tensors_.back() = HostTensor::borrowing(targets[0].view(), targets[0].data());
    return true;
  }
  Metrics metrics() override { return problem_.metrics(); }
  // "operators" and "transforms".
  std::map<std::string, double> run_stages() override {
    const MonotonicClock clock;
    std::map<std::string, double> stages = {{"operators", 0}, {"transforms", 0}};
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const std::int64_t begin = clock.now_ns();
      steps_[i].run(source_of(i), tensors_[i], pool());
      const bool is_transform = steps_[i].kind == ImageStep::Kind::transform;
      stages[is_transform ? "transforms" : "operators"] += static_cast<double>(clock.now_ns() - begin);
    }
    return stages;
  }

 protected:
  void run_once() override {
    for (std::size_t i = 0; i < steps_.size(); ++i) steps_[i].run(source_of(i), tensors_[i], pool());
  }
  std::vector<std::span<const std::byte>> operands() const override {
    std::vector<std::span<const std::byte>> result = {{x_.data(), x_.size_bytes()}};
    for (const HostTensor& tensor : tensors_) result.emplace_back(tensor.data(), tensor.size_bytes());
    return result;
  }
  std::vector<std::span<const std::byte>> prepared() const override {
    std::vector<std::span<const std::byte>> result;
    for (const PreparedStep& step : steps_) {
      if (step.convolution) result.push_back(step.convolution->packed_weights());
      if (step.pass) std::ranges::copy(step.pass->storage(), std::back_inserter(result));
    }
    return result;
  }

 private:
  const HostTensor& source_of(std::size_t step) const { return step == 0 ? x_ : tensors_[step - 1]; }

  ConvChainProblem problem_;
  const HostTensor& x_;
  std::vector<PreparedStep> steps_;
  std::vector<HostTensor> tensors_;  // what each step writes
};

class ConvChainDirect final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "conv_chain_direct"; }
  std::string_view operation() const noexcept override { return "conv_chain"; }
  Work executed_work(const Case& item, const Operation&) const override {
    return ConvChainProblem(item).executed_work();
  }

 protected:
  Support supports_case(const Case& item) const override {
    const ConvChainProblem problem(item);
    for (std::size_t i = 0; i < problem.operators.size(); ++i) {
      if (problem.operators[i].kind != ImageOperator::Kind::convolution) continue;
      if (Support support = HostConvolution::supports(problem.convolution(i)); !support) return support;
    }
    return Support::yes();
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<HostConvChain>(cpu, pool, item, inputs);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(conv_chain_direct, ConvChainDirect)

}  // namespace hetscope

// An operation, kernels and runnables without hardware, whose durations, answers and faults a test writes down.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/kernel/kernel.hpp"
#include "harness/kernel/operation.hpp"
#include "harness/kernel/runnable.hpp"
#include "tests/fakes/fake_clock.hpp"

namespace hetscope {

// What a FakeRunnable does. `execution` counts complete executions since prepare(), from 0.
struct FakeScript {
  // How far the clock moves for one execution.
  std::function<std::int64_t(std::int64_t execution)> duration_ns = [](std::int64_t) { return std::int64_t{1000}; };
  // Called before each execution; may throw or raise a signal.
  std::function<void(std::int64_t execution)> before = nullptr;
  // Added to every element of the result: a kernel that computes something wrong.
  double error = 0;
  // When set, own_clocks() reports this share of the duration as "fake_device".
  std::optional<double> own_clock_share = std::nullopt;
  // It stands for the time then, and nothing is verified: a foreign tool.
  bool is_tool = false;
  Support evict = Support::yes();
  // Called for the stages; may throw.
  std::function<std::map<std::string, double>()> stages = nullptr;
  std::string doubt = "";
  // Asked by FakeKernel::supports().
  Support support = Support::yes();
};

// Counts its calls for the test to look at.
class FakeRunnable final : public Runnable {
 public:
  FakeRunnable(FakeClock& clock, FakeScript script, std::optional<HostTensor> result = std::nullopt)
      : clock_(clock), script_(std::move(script)), result_(std::move(result)) {}

  void enter() override { ++entered; }
  void leave() override { ++left; }
  void run(std::int64_t iterations) override {
    last_run_ns_ = 0;
    for (std::int64_t i = 0; i < iterations; ++i) {
      if (script_.before) script_.before(executions);
      const std::int64_t duration_ns = script_.duration_ns(executions);
      clock_.advance_ns(duration_ns);
      last_run_ns_ += duration_ns;
      ++executions;
    }
    ++runs;
  }
  std::map<std::string, double> own_clocks() override {
    if (!script_.own_clock_share) return {};
    return {{"fake_device", *script_.own_clock_share * static_cast<double>(last_run_ns_)}};
  }
  std::map<std::string, double> run_stages() override {
    return script_.stages ? script_.stages() : std::map<std::string, double>();
  }
  std::string_view principal_clock() const override { return script_.is_tool ? "fake_device" : ""; }
  Support evict() override {
    ++evictions;
    return script_.evict;
  }
  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    if (result_) result.push_back(result_->clone());
    return result;
  }
  std::vector<Placement> placement() const override { return {{"fake", "fake", "a fake says so"}}; }
  std::string doubt() const override { return script_.doubt; }

  std::int64_t executions = 0;
  std::int64_t runs = 0;
  std::int64_t entered = 0;
  std::int64_t left = 0;
  std::int64_t evictions = 0;

 private:
  FakeClock& clock_;
  FakeScript script_;
  std::optional<HostTensor> result_;
  std::int64_t last_run_ns_ = 0;
};

// y = 2 x over an f32 tensor of the axis `shape`.
class FakeOperation : public Operation {
 public:
  explicit FakeOperation(std::string name = "fake_double", std::optional<RoofKind> roof = std::nullopt)
      : name_(std::move(name)), roof_(roof) {
    axes_.push_back({"shape", AxisType::dims, "extents of the input in elements", std::nullopt, {}});
    axes_.push_back({"flavour", AxisType::text, "plain or spicy", AxisValue(std::string("plain")), {"plain", "spicy"}});
  }

  std::string_view name() const noexcept override { return name_; }
  std::span<const AxisSpec> axes() const override { return axes_; }
  void validate(const Case& item) const override { Shape{item.dims("shape")}; }
  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    const Shape shape(item.dims("shape"));
    HostTensor tensor(DType::f32, shape, Layout::row_major(shape.rank()));
    Random random(seed);
    tensor.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"x", Lifetime::per_run, std::move(tensor)});
    return result;
  }
  std::vector<Expectation> reference(const Case&, std::span<const Operand> inputs) const override {
    Expectation expectation;
    const HostTensor& x = inputs[0].tensor;
    for (std::int64_t i = 0; i < x.shape().element_count(); ++i) {
      expectation.values.push_back(2 * x.get(i));
      expectation.magnitudes.push_back(std::abs(2 * x.get(i)));
    }
    std::vector<Expectation> result;
    result.push_back(std::move(expectation));
    return result;
  }
  Tolerance tolerance(const Case&) const override { return {1e-6, 1e-6}; }
  Work useful_work(const Case& item) const override {
    const std::int64_t elements = Shape(item.dims("shape")).element_count();
    return {8 * elements, elements};
  }
  std::optional<RoofKind> roof() const override { return roof_; }

 private:
  std::string name_;
  std::optional<RoofKind> roof_;
  std::vector<AxisSpec> axes_;
};

// Runs on whatever processors it is given.
class FakeKernel : public Kernel {
 public:
  FakeKernel(std::string name, FakeClock& clock, FakeScript script = {}, std::string operation = "fake_double",
             ProgramModel model = ProgramModel::host_function)
      : name_(std::move(name)),
        operation_(std::move(operation)),
        model_(model),
        clock_(clock),
        script_(std::move(script)) {
    if (model_ == ProgramModel::host_function) {
      axes_.push_back({"threads", AxisType::integer, "threads that share the work", AxisValue(std::int64_t{1}), {}});
    }
  }

  std::string_view name() const noexcept override { return name_; }
  std::string_view operation() const noexcept override { return operation_; }
  ProgramModel program_model() const noexcept override { return model_; }
  std::string_view unverifiable() const override { return script_.is_tool ? "it prints times only" : ""; }
  std::span<const AxisSpec> axes() const override { return axes_; }
  Support supports(const Case&, Processors) const override { return script_.support; }
  std::unique_ptr<Runnable> prepare(const Case&, Processors, std::span<const Operand> inputs) const override {
    std::optional<HostTensor> result;
    if (!inputs.empty()) {
      result = inputs[0].tensor.clone();
      for (std::int64_t i = 0; i < result->shape().element_count(); ++i) {
        result->set(i, 2 * result->get(i) + script_.error);
      }
    }
    return std::make_unique<FakeRunnable>(clock_, script_, std::move(result));
  }

 private:
  std::string name_;
  std::string operation_;
  ProgramModel model_;
  FakeClock& clock_;
  FakeScript script_;
  std::vector<AxisSpec> axes_;
};

}  // namespace hetscope

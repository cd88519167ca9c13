// The fake's arithmetic and its time.
#include "tests/fakes/fake_accelerator.hpp"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"

namespace hetscope {
namespace {

class FakeMatmulRun final : public Runnable {
 public:
  FakeMatmulRun(FakeAccelerator& accelerator, const Clock& clock, std::span<const Operand> inputs)
      : accelerator_(accelerator),
        clock_(clock),
        left_(inputs[0].tensor),
        right_(inputs[1].tensor),
        result_(left_.dtype(), Shape{left_.shape()[0], right_.shape()[1]}, Layout::row_major(2)) {}

  void run(std::int64_t iterations) override {
    for (std::int64_t i = 0; i < iterations; ++i) run_once();
  }
  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(result_.clone());
    return result;
  }
  bool write_outputs_to(std::span<HostTensor> targets) override {
    result_ = HostTensor::borrowing(targets[0].view(), targets[0].data());
    return true;
  }
  std::vector<Placement> placement() const override {
    return {{accelerator_.name(), accelerator_.model().falls_back ? "cpu" : accelerator_.name(), "a fake says so"}};
  }
  std::string doubt() const override {
    return accelerator_.model().falls_back ? "fallback: the CPU did the work (see placement)" : "";
  }

 private:
  void run_once() {
    const FakeAcceleratorModel& model = accelerator_.model();
    FakeTraffic& traffic = accelerator_.traffic();
    double factor = 1;
    for (const auto& [other, times] : model.slowdown) factor *= traffic.is_busy(other) ? times : 1;
    const std::int64_t begin_ns = clock_.now_ns();
    traffic.begin(accelerator_.name());
    compute(model.rounds_to_f16);
    const double flops =
        2.0 * static_cast<double>(left_.shape().element_count()) * static_cast<double>(right_.shape()[1]);
    const auto lasts_ns = static_cast<std::int64_t>(factor * (model.alpha_ns + model.beta_ns * flops));
    const std::int64_t rest_ns = begin_ns + lasts_ns - clock_.now_ns();
    if (rest_ns > 0) clock_.sleep_ns(rest_ns);
    traffic.end(accelerator_.name());
    if (executions_++ == model.fails_at) throw Error("the fake fails as it was told to", accelerator_.name());
  }

  void compute(bool rounds_to_f16) {
    const std::int64_t n = right_.shape()[1];
    const std::int64_t k = right_.shape()[0];
    for (std::int64_t row = 0; row < left_.shape()[0]; ++row) {
      for (std::int64_t column = 0; column < n; ++column) {
        double sum = 0;
        for (std::int64_t i = 0; i < k; ++i) sum += left_.get(row * k + i) * right_.get(i * n + column);
        if (rounds_to_f16) sum = f32_from_f16(f16_from_f32(static_cast<float>(sum)));
        result_.set(row * n + column, sum);
      }
    }
  }

  FakeAccelerator& accelerator_;
  const Clock& clock_;
  const HostTensor& left_;
  const HostTensor& right_;
  HostTensor result_;
  std::int64_t executions_ = 0;
};

class FakeMatmul final : public Kernel {
 public:
  explicit FakeMatmul(const Clock& clock) : clock_(clock) {}
  std::string_view name() const noexcept override { return "matmul_fake"; }
  std::string_view operation() const noexcept override { return "matmul"; }
  ProgramModel program_model() const noexcept override { return ProgramModel::submodel; }

  Support supports(const Case& item, Processors processors) const override {
    const auto* accelerator = processors.size() == 1 ? dynamic_cast<const FakeAccelerator*>(processors[0]) : nullptr;
    if (accelerator == nullptr) return Support::no("runs on a fake accelerator");
    const auto& [operations, dtypes] = std::tie(accelerator->model().operations, accelerator->model().dtypes);
    if (std::ranges::find(operations, item.operation()) == operations.end()) {
      return Support::no(accelerator->name() + " does not take " + item.operation());
    }
    if (std::ranges::find(dtypes, parse_dtype(item.text("dtype"))) == dtypes.end()) {
      return Support::no(accelerator->name() + " does not take " + item.text("dtype"));
    }
    return Support::yes();
  }
  std::unique_ptr<Runnable> prepare(const Case&, Processors processors,
                                    std::span<const Operand> inputs) const override {
    return std::make_unique<FakeMatmulRun>(dynamic_cast<FakeAccelerator&>(*processors[0]), clock_, inputs);
  }

 private:
  const Clock& clock_;
};

}  // namespace

void FakeTraffic::begin(const std::string& name) {
  const std::lock_guard lock(mutex_);
  busy_.insert(name);
}

void FakeTraffic::end(const std::string& name) {
  const std::lock_guard lock(mutex_);
  busy_.erase(busy_.find(name));
}

bool FakeTraffic::is_busy(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return busy_.contains(name);
}

FakeAccelerator::FakeAccelerator(FakeAcceleratorModel model, FakeTraffic& traffic)
    : model_(std::move(model)), traffic_(traffic) {
  info_.name = model_.name;
  info_.kind = ProcessorKind::npu;
  info_.program_model = ProgramModel::submodel;
  info_.model = "a fake for tests";
  info_.memory_bytes = std::int64_t{1} << 30;
  info_.max_allocation_bytes = std::int64_t{1} << 28;
  info_.runs_on_host_cpu = true;
  info_.is_fake = true;
}

Discovery FakeAcceleratorBackend::discover() {
  Discovery discovery;
  for (const FakeAcceleratorModel& model : models_) {
    discovery.found.push_back(FakeAccelerator(model, traffic_).info());
  }
  return discovery;
}

std::unique_ptr<Processor> FakeAcceleratorBackend::open(std::string_view name) {
  std::vector<std::string> names;
  for (const FakeAcceleratorModel& model : models_) {
    if (model.name == name) return std::make_unique<FakeAccelerator>(model, traffic_);
    names.push_back(model.name);
  }
  throw unknown_name("processor", name, names);
}

std::unique_ptr<Kernel> make_fake_matmul(const Clock& clock) { return std::make_unique<FakeMatmul>(clock); }

std::vector<FakeAcceleratorModel> fake_accelerators() {
  std::vector<FakeAcceleratorModel> models(5);
  for (FakeAcceleratorModel& model : models) model.alpha_ns = 20'000;
  models[1].name = "fake:half";
  models[1].rounds_to_f16 = true;
  models[2].name = "fake:broken";
  models[2].fails_at = 2;
  models[3].name = "fake:fallback";
  models[3].falls_back = true;
  models[4].name = "fake:narrow";
  models[4].dtypes = {DType::f16};
  return models;
}

}  // namespace hetscope

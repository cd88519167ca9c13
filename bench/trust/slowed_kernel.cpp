// The decorator and its spin.
#include "bench/trust/slowed_kernel.hpp"

#include <utility>

#include "harness/core/clock.hpp"

namespace hetscope {
namespace {

class SlowedRunnable final : public Runnable {
 public:
  SlowedRunnable(std::unique_ptr<Runnable> inner, double share) : inner_(std::move(inner)), share_(share) {}

  void enter() override { inner_->enter(); }
  void leave() override { inner_->leave(); }
  void run(std::int64_t iterations) override {
    const std::int64_t begin_ns = clock_.now_ns();
    inner_->run(iterations);
    const std::int64_t now_ns = clock_.now_ns();
    const std::int64_t end_ns = now_ns + static_cast<std::int64_t>(share_ * static_cast<double>(now_ns - begin_ns));
    while (clock_.now_ns() < end_ns) {
    }
  }
  Support evict() override { return inner_->evict(); }
  std::vector<HostTensor> outputs() override { return inner_->outputs(); }
  std::int64_t prepared_bytes() const override { return inner_->prepared_bytes(); }
  std::vector<Placement> placement() const override { return inner_->placement(); }
  Metrics metrics() override { return inner_->metrics(); }

 private:
  MonotonicClock clock_;
  std::unique_ptr<Runnable> inner_;
  double share_;
};

class SlowedKernel final : public Kernel {
 public:
  SlowedKernel(const Kernel& inner, int percent)
      : inner_(inner),
        name_(std::string(inner.name()) + "_slowed_" + std::to_string(percent)),
        share_(percent / 100.0) {}

  std::string_view name() const noexcept override { return name_; }
  std::string_view operation() const noexcept override { return inner_.operation(); }
  ProgramModel program_model() const noexcept override { return inner_.program_model(); }
  std::span<const AxisSpec> axes() const override { return inner_.axes(); }
  Support supports(const Case& item, Processors processors) const override { return inner_.supports(item, processors); }
  std::unique_ptr<Runnable> prepare(const Case& item, Processors processors,
                                    std::span<const Operand> inputs) const override {
    return std::make_unique<SlowedRunnable>(inner_.prepare(item, processors, inputs), share_);
  }
  Work executed_work(const Case& item, const Operation& operation) const override {
    return inner_.executed_work(item, operation);
  }

 private:
  const Kernel& inner_;
  std::string name_;
  double share_;
};

}  // namespace

std::unique_ptr<Kernel> make_slowed_kernel(const Kernel& inner, int percent) {
  return std::make_unique<SlowedKernel>(inner, percent);
}

}  // namespace hetscope

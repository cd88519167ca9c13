// spin_paced: the steps of one frame as soon as it is due, and asleep until the next is: a program with a user in front
// of it. What computes beside it may wake it late or slow it down; both show on its own clock "frame", from when a
// frame was due to when its steps are done. The host's clock holds the sleep as well, and says nothing.
#include <array>
#include <chrono>
#include <thread>

#include "kernels/probe/spin_steps.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

using FrameClock = std::chrono::steady_clock;

constexpr std::int64_t kDisplayPeriodUs = 16667;  // 60 Hz
constexpr std::int64_t kMostPeriodUs = 1'000'000;

class PacedRuns final : public SequentialRuns {
 public:
  PacedRuns(HostCpu& cpu, ThreadPool& pool, const HostTensor& input, std::int64_t steps, std::int64_t period_us)
      : SequentialRuns(cpu, pool, input, steps, spin_steps), period_(std::chrono::microseconds(period_us)) {}

  void enter() override {
    SequentialRuns::enter();
    due_ = FrameClock::now() + period_;
  }
  void run(std::int64_t iterations) override {
    frames_time_ = {};
    // Frames that were due before anybody asked for one are nobody's.
    if (const FrameClock::time_point now = FrameClock::now(); now > due_) due_ = next_turn(now);
    SequentialRuns::run(iterations);
  }
  std::map<std::string, double> own_clocks() override {
    return {{"frame", std::chrono::duration<double, std::nano>(frames_time_).count()}};
  }
  std::map<std::string, std::string> notes() override {
    return {{"times", "frame: from when a frame is due to when its steps are done"}};
  }

 protected:
  void run_once() override {
    std::this_thread::sleep_until(due_);
    SequentialRuns::run_once();
    const FrameClock::time_point done = FrameClock::now();
    frames_time_ += done - due_;
    // A display shows the old frame again while this one is late, and takes the next one at its next turn.
    due_ = next_turn(done);
  }

 private:
  // The first turn after `now`, which is not before due_.
  FrameClock::time_point next_turn(FrameClock::time_point now) const {
    return due_ + ((now - due_) / period_ + 1) * period_;
  }

  FrameClock::duration period_;
  FrameClock::time_point due_;
  FrameClock::duration frames_time_{};  // of the last run
};

class SpinPaced final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "spin_paced"; }
  std::string_view operation() const noexcept override { return "spin"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 2> kAxes = {
        HostKernel::axes()[0],
        AxisSpec{"period_us",
                 AxisType::integer,
                 "microseconds from one frame to the next, at most a second",
                 AxisValue(kDisplayPeriodUs),
                 {},
                 true,
                 1},
    };
    return kAxes;
  }

 protected:
  Support supports_case(const Case& item) const override {
    if (item.integer("period_us") > kMostPeriodUs) return Support::no("a period is at most a second");
    return supports_sequential(item);
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<PacedRuns>(cpu, pool, inputs[0].tensor, item.integer("steps"), item.integer("period_us"));
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(spin_paced, SpinPaced)

}  // namespace hetscope

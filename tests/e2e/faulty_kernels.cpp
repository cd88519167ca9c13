// The faults are real ones: signals, exits and endless loops in the process that runs the kernel.
#include "tests/e2e/faulty_kernels.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/kernel/host_kernel.hpp"
#include "harness/kernel/opencl_kernel.hpp"

namespace hetscope {
namespace {

enum class Fault { none, segv, segv_later, hang, flood, exit, mute, wrong, throw_in_prepare, throw_later, memory };

class FaultyOperation final : public Operation {
 public:
  std::string_view name() const noexcept override { return "faulty"; }
  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 1> kAxes = {
        AxisSpec{"size", AxisType::integer, "elements", AxisValue(std::int64_t{64}), {}}};
    return kAxes;
  }
  void validate(const Case& item) const override {
    if (item.integer("size") < 1) throw Error("size is below 1", item.line());
  }
  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    HostTensor tensor(DType::f32, Shape{item.integer("size")}, Layout::row_major(1));
    Random random(seed);
    tensor.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"x", Lifetime::per_run, std::move(tensor)});
    return result;
  }
  std::vector<Expectation> reference(const Case&, std::span<const Operand> inputs) const override {
    std::vector<Expectation> result(1);
    const HostTensor& x = inputs[0].tensor;
    for (std::int64_t i = 0; i < x.shape().element_count(); ++i) {
      result[0].values.push_back(2 * x.get(i));
      result[0].magnitudes.push_back(std::abs(2 * x.get(i)));
    }
    return result;
  }
  Tolerance tolerance(const Case&) const override { return {1e-6, 1e-6}; }
  Work useful_work(const Case& item) const override { return {8 * item.integer("size"), item.integer("size")}; }
};

class FaultyRunnable final : public HostRunnable {
 public:
  FaultyRunnable(HostCpu& cpu, ThreadPool& pool, Fault fault, const HostTensor& x)
      : HostRunnable(cpu, pool), fault_(fault), x_(x), y_(x.clone()) {}

  void enter() override {
    HostRunnable::enter();
    ++entered_;
  }
  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(y_.clone());
    if (fault_ == Fault::wrong) result[0].set(0, result[0].get(0) + 1);
    return result;
  }

 protected:
  void run_once() override {
    // Entered once to be verified, then once a visit.
    const bool is_second_visit = entered_ >= 3;
    if (fault_ == Fault::segv || (fault_ == Fault::segv_later && is_second_visit)) crash();
    if (fault_ == Fault::hang) {
      for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    }
    if (fault_ == Fault::flood) {
      for (;;) std::fputs("faulty: all is well, all is well\n", stderr);
    }
    if (fault_ == Fault::exit) ::_exit(3);
    if (fault_ == Fault::mute) go_mute();
    if (fault_ == Fault::throw_later && is_second_visit) throw Error("the device is gone");
    for (std::int64_t i = 0; i < x_.shape().element_count(); ++i) y_.set(i, 2 * x_.get(i));
  }
  std::vector<std::span<const std::byte>> operands() const override { return {}; }

 private:
  // Through the default action, so that it is the same death under a sanitizer.
  [[noreturn]] static void crash() {
    std::fprintf(stderr, "faulty: about to crash\n");
    ::signal(SIGSEGV, SIG_DFL);
    ::raise(SIGSEGV);
    ::_exit(99);
  }

  // As a driver that hangs when the process wants to end: every descriptor is closed, and the process is still there.
  [[noreturn]] static void go_mute() {
    for (int fd = STDERR_FILENO + 1; fd < 1024; ++fd) ::close(fd);
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  }

  Fault fault_;
  const HostTensor& x_;
  HostTensor y_;
  int entered_ = 0;
};

class FaultyKernel final : public HostKernel {
 public:
  FaultyKernel(std::string name, Fault fault) : name_(std::move(name)), fault_(fault) {}
  std::string_view name() const noexcept override { return name_; }
  std::string_view operation() const noexcept override { return "faulty"; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    if (fault_ == Fault::throw_in_prepare) throw Error("the driver says no");
    if (fault_ == Fault::memory) {
      std::vector<char> too_much;
      too_much.reserve(static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) - 1);
    }
    return std::make_unique<FaultyRunnable>(cpu, pool, fault_, inputs[0].tensor);
  }

 private:
  std::string name_;
  Fault fault_;
};

// Its source is refused by every compiler.
class FaultyOpenClKernel final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "faulty_opencl_source"; }
  std::string_view operation() const noexcept override { return "faulty"; }

 protected:
  Support supports_on(const Case&, const OpenClProcessor&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case&, OpenClProcessor& device, std::span<const Operand>) const override {
    device.kernel("faulty.cl", "kernel void twice(global float* x) { x[0] = nothing_of_this_name; }", "twice");
    throw Error("a wrong source was compiled");
  }
};

}  // namespace

void add_faulty_kernels(Catalog& catalog) {
  catalog.operations().add(std::make_unique<FaultyOperation>());
  const std::pair<const char*, Fault> kernels[] = {{"faulty_none", Fault::none},
                                                   {"faulty_none_either", Fault::none},
                                                   {"faulty_segv", Fault::segv},
                                                   {"faulty_segv_later", Fault::segv_later},
                                                   {"faulty_hang", Fault::hang},
                                                   {"faulty_flood", Fault::flood},
                                                   {"faulty_exit", Fault::exit},
                                                   {"faulty_mute", Fault::mute},
                                                   {"faulty_wrong", Fault::wrong},
                                                   {"faulty_throw", Fault::throw_in_prepare},
                                                   {"faulty_throw_later", Fault::throw_later},
                                                   {"faulty_memory", Fault::memory}};
  for (const auto& [name, fault] : kernels) catalog.kernels().add(std::make_unique<FaultyKernel>(name, fault));
  catalog.kernels().add(std::make_unique<FaultyOpenClKernel>());
}

}  // namespace hetscope

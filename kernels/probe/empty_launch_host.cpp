// empty_launch_host: every thread of the pool is called and answers.
//   traffic: none
#include "harness/kernel/host_kernel.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class Runs final : public HostRunnable {
 public:
  using HostRunnable::HostRunnable;
  std::vector<HostTensor> outputs() override { return {}; }

 protected:
  void run_once() override {
    pool().run([](int) {});
  }
  std::vector<std::span<const std::byte>> operands() const override { return {}; }
};

class EmptyLaunchHost final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "empty_launch_host"; }
  std::string_view operation() const noexcept override { return "empty_launch"; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand>) const override {
    return std::make_unique<Runs>(cpu, pool);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(empty_launch_host, EmptyLaunchHost)

}  // namespace hetscope

// empty_launch_opencl: one work-item that does nothing goes through queue, driver and device.
//   traffic: none
#include "harness/kernel/opencl_kernel.hpp"
#include "kernels/opencl_sources.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kSource = "kernels/probe/empty_launch_opencl.cl";

class EmptyLaunchOpenClRuns final : public OpenClRunnable {
 public:
  using OpenClRunnable::OpenClRunnable;
  std::vector<HostTensor> outputs() override { return {}; }
};

class EmptyLaunchOpenCl final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "empty_launch_opencl"; }
  std::string_view operation() const noexcept override { return "empty_launch"; }

 protected:
  Support supports_on(const Case&, const OpenClProcessor&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case&, OpenClProcessor& device, std::span<const Operand>) const override {
    Launch launch;
    launch.kernel = device.kernel(kSource, embedded_text(opencl_source_files(), kSource), "empty_launch");
    launch.global = cl::NDRange(1);
    return std::make_unique<EmptyLaunchOpenClRuns>(device, std::vector<Launch>{launch});
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(empty_launch_opencl, EmptyLaunchOpenCl)

}  // namespace hetscope

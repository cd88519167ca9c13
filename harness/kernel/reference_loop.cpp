// Chains of dependent multiply-adds: no memory, no cache, only the clock of the arithmetic units.
#include "harness/kernel/reference_loop.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "harness/core/embedded_file.hpp"
#include "harness/core/error.hpp"
#include "harness/kernel/opencl_kernel.hpp"
#include "harness/processor/host_cpu.hpp"
#include "harness/processor/opencl_processor.hpp"

namespace hetscope {

std::span<const EmbeddedFile> kernel_source_files();

namespace {

constexpr int kPasses = 3;
// About 20 us on a core of 3 GHz: long against the timer, short against a block.
constexpr int kHostSteps = 16384;
constexpr int kDeviceSteps = 8192;
constexpr const char* kFile = "harness/kernel/reference_loop.cl";

class HostLoop final : public ReferenceLoop {
 public:
  HostLoop(std::string processor, const Clock& clock) : processor_(std::move(processor)), clock_(clock) {}
  const std::string& processor() const noexcept override { return processor_; }
  double run_ns() override {
    std::int64_t least_ns = std::numeric_limits<std::int64_t>::max();
    for (int pass = 0; pass < kPasses; ++pass) {
      const std::int64_t begin_ns = clock_.now_ns();
      std::uint64_t value = value_;
      for (int i = 0; i < kHostSteps; ++i) value = value * 6364136223846793005ULL + 1442695040888963407ULL;
      value_ = value;  // kept, so that it is computed
      least_ns = std::min(least_ns, clock_.now_ns() - begin_ns);
    }
    return static_cast<double>(least_ns);
  }

 private:
  std::string processor_;
  const Clock& clock_;
  volatile std::uint64_t value_ = 1;
};

class OpenClLoop final : public ReferenceLoop {
 public:
  explicit OpenClLoop(OpenClProcessor& device)
      : device_(device),
        kernel_(device.kernel(kFile, embedded_text(kernel_source_files(), kFile), "reference_loop")),
        local_(device.local_size(kernel_, 64)),
        items_(local_ * static_cast<std::size_t>(std::max(1, device.info().compute_units))),
        out_(device.allocate(static_cast<std::int64_t>(items_ * sizeof(float)))) {
    kernel_.setArg(0, out_);
    kernel_.setArg(1, kDeviceSteps);
    kernel_.setArg(2, 0.5F);
  }
  const std::string& processor() const noexcept override { return device_.name(); }
  double run_ns() override {
    double least_ns = std::numeric_limits<double>::infinity();
    for (int pass = 0; pass < kPasses; ++pass) {
      // A pass without a time is no quick one.
      if (const std::optional<double> duration_ns = pass_ns()) least_ns = std::min(least_ns, *duration_ns);
    }
    return least_ns;
  }
  // The device can say how long a pass takes.
  bool has_times() { return pass_ns().value_or(0) > 0; }

 private:
  std::optional<double> pass_ns() {
    try {
      cl::Event event;
      device_.queue().enqueueNDRangeKernel(kernel_, cl::NullRange, cl::NDRange(items_), cl::NDRange(local_), nullptr,
                                           &event);
      event.wait();
      return duration_of(event);
    } catch (const cl::Error& error) {
      throw opencl_error(error, device_.name());
    }
  }

  OpenClProcessor& device_;
  cl::Kernel kernel_;
  std::size_t local_;
  std::size_t items_;
  cl::Buffer out_;
};

}  // namespace

std::unique_ptr<ReferenceLoop> make_reference_loop(Processor& processor, const Clock& clock) {
  if (auto* device = dynamic_cast<OpenClProcessor*>(&processor)) {
    try {
      auto loop = std::make_unique<OpenClLoop>(*device);
      // By the host's clock a launch varies by more than a throttled device.
      if (!loop->has_times()) return nullptr;
      return loop;
    } catch (const cl::Error& error) {
      throw opencl_error(error, device->name());
    }
  }
  if (dynamic_cast<HostCpu*>(&processor) != nullptr) return std::make_unique<HostLoop>(processor.name(), clock);
  return nullptr;
}

}  // namespace hetscope

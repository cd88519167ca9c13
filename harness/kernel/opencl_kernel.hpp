// What kernels written in OpenCL C share: the processor they accept, and a Runnable that enqueues a launch per
// execution on the queue, waits once, and reads the device's own clock from the events.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "harness/kernel/kernel.hpp"
#include "harness/processor/opencl_processor.hpp"

namespace hetscope {

// Items of a work group where a kernel has no better reason: whole warps and wavefronts of every GPU, and few enough
// for any device. local_size() makes it smaller where a kernel's registers demand it.
inline constexpr std::size_t kGroupItems = 64;

class OpenClKernel : public Kernel {
 public:
  ProgramModel program_model() const noexcept final { return ProgramModel::opencl_c; }
  Support supports(const Case& item, Processors processors) const final;
  // Turns every cl::Error into an Error.
  std::unique_ptr<Runnable> prepare(const Case& item, Processors processors,
                                    std::span<const Operand> inputs) const final;

 protected:
  virtual Support supports_on(const Case& item, const OpenClProcessor& device) const = 0;
  virtual std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                               std::span<const Operand> inputs) const = 0;
};

inline constexpr const char* kOpenClEventClock = "opencl_event";
// Nanoseconds from start to end of a command that is done, by the device's clock; nullopt where the driver has no times
// for it, or impossible ones.
std::optional<double> duration_of(const cl::Event& event);
// Throws Error when the launch of `event` failed on the device called `name`. That is no error of clFinish, and would
// pass for a very fast one.
void check_launch(const cl::Event& event, std::string_view name);

struct Launch {
  cl::Kernel kernel;
  cl::NDRange global;
  cl::NDRange local = cl::NullRange;
};

// no(): in y or z the launch has more work-groups than the device takes. A local size that the driver chooses is its
// own affair.
Support fits_work_groups(const Launch& launch, const OpenClLimits& limits);

// An operand that crosses between the host and the device in every run, and which arguments of which launches take it.
struct DeviceOperand {
  enum class Direction { input, output };
  Direction direction = Direction::input;
  std::size_t index = 0;  // among the operation's inputs or outputs
  cl::Buffer buffer;
  std::vector<std::pair<std::size_t, cl_uint>> arguments;  // {launch, argument}
  // Bytes that its address is a multiple of, where kernels read or write vectors that are wider than an element.
  std::size_t alignment = 1;
};

// One execution is all `launches` in order. A derived class downloads the outputs.
class OpenClRunnable : public Runnable {
 public:
  // Throws Declined for a launch that does not fit: fits_work_groups().
  OpenClRunnable(OpenClProcessor& device, std::vector<Launch> launches);
  ~OpenClRunnable() override;
  // Enqueues everything, then waits once. Throws Error when the device refuses.
  void run(std::int64_t iterations) override;
  // kOpenClEventClock: the sum of end - start over all launches of the last run(). Left out for a run of more than 4096
  // launches, whose events are not kept, and where the driver gives no usable times. Throws Error when a launch failed.
  std::map<std::string, double> own_clocks() override;
  // As many launches of an empty kernel over one work item; nullptr when there is no launch.
  Runnable* empty_launch() override;
  Support evict() override { return device_.evict_caches(); }
  std::vector<Placement> placement() const override;
  // nullptr for a kernel that does not say which operands must cross.
  std::unique_ptr<AsynchronousRun> make_asynchronous(const SharedOperands& shared) override;

 protected:
  // The inputs of lifetime per_run and the outputs; none: it cannot be run in two halves.
  virtual std::vector<DeviceOperand> shared_operands() const { return {}; }
  OpenClProcessor& device() noexcept { return device_; }

 private:
  OpenClProcessor& device_;
  std::vector<Launch> launches_;
  std::vector<cl::Event> events_;
  std::unique_ptr<Runnable> empty_;
};

}  // namespace hetscope

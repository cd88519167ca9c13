// Launching, waiting and reading the device's clock, once for all OpenCL kernels.
#include "harness/kernel/opencl_kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "harness/core/divided_up.hpp"
#include "harness/core/error.hpp"
#include "harness/kernel/opencl_asynchronous_run.hpp"

namespace hetscope {
namespace {

// Events of more launches than this cost memory in the driver and time in the loop that is measured.
constexpr std::int64_t kMaxKeptEvents = 4096;
// Commands handed to the device at a time: it starts early, and the driver's queue stays short.
constexpr std::int64_t kLaunchesPerFlush = 256;
constexpr const char* kEmptySource = "__kernel void empty() {}\n";

OpenClProcessor* opencl_device(Processors processors) {
  return processors.size() == 1 ? dynamic_cast<OpenClProcessor*>(processors[0]) : nullptr;
}

class EmptyLaunches final : public OpenClRunnable {
 public:
  using OpenClRunnable::OpenClRunnable;
  Runnable* empty_launch() override { return nullptr; }
  std::vector<HostTensor> outputs() override { return {}; }
};

}  // namespace

std::optional<double> duration_of(const cl::Event& event) {
  cl_ulong start_ns = 0;
  cl_ulong end_ns = 0;
  if (clGetEventProfilingInfo(event(), CL_PROFILING_COMMAND_START, sizeof(start_ns), &start_ns, nullptr) !=
          CL_SUCCESS ||
      clGetEventProfilingInfo(event(), CL_PROFILING_COMMAND_END, sizeof(end_ns), &end_ns, nullptr) != CL_SUCCESS ||
      end_ns < start_ns) {
    return std::nullopt;
  }
  return static_cast<double>(end_ns - start_ns);
}

void check_launch(const cl::Event& event, std::string_view name) {
  cl_int status = CL_COMPLETE;
  clGetEventInfo(event(), CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status, nullptr);
  if (status < 0) throw opencl_error(cl::Error(status, "a launch"), name);
}

Support OpenClKernel::supports(const Case& item, Processors processors) const {
  if (processors.size() != 1) {
    return Support::no(fmt::format("{} runs on one processor, not {}", name(), processors.size()));
  }
  const OpenClProcessor* device = opencl_device(processors);
  if (device == nullptr) {
    return Support::no(fmt::format("{} runs OpenCL C, which {} cannot", name(), processors[0]->name()));
  }
  try {
    return supports_on(item, *device);
  } catch (const cl::Error& error) {
    throw opencl_error(error, device->name());
  }
}

std::unique_ptr<Runnable> OpenClKernel::prepare(const Case& item, Processors processors,
                                                std::span<const Operand> inputs) const {
  OpenClProcessor* device = opencl_device(processors);
  assert(device != nullptr && "supports() is asked before prepare()");
  try {
    return prepare_on(item, *device, inputs);
  } catch (const cl::Error& error) {
    throw opencl_error(error, device->name());
  }
}

Support fits_work_groups(const Launch& launch, const OpenClLimits& limits) {
  const cl::size_type* global = launch.global.get();
  const cl::size_type* local = launch.local.get();
  for (cl::size_type dim = 1; dim < std::min(launch.global.dimensions(), launch.local.dimensions()); ++dim) {
    const cl::size_type groups = divided_up(global[dim], local[dim]);
    if (groups <= limits.work_groups_yz) continue;
    return Support::no(fmt::format("a launch has {} work-groups in {}, and the device takes {}", groups,
                                   dim == 1 ? "y" : "z", limits.work_groups_yz));
  }
  return Support::yes();
}

OpenClRunnable::OpenClRunnable(OpenClProcessor& device, std::vector<Launch> launches)
    : device_(device), launches_(std::move(launches)) {
  for (const Launch& launch : launches_) {
    if (const Support fits = fits_work_groups(launch, device_.limits()); !fits) throw Declined(fits);
  }
}

OpenClRunnable::~OpenClRunnable() = default;

void OpenClRunnable::run(std::int64_t iterations) {
  const auto per_iteration = static_cast<std::int64_t>(launches_.size());
  const bool keep_events = per_iteration > 0 && iterations <= kMaxKeptEvents / per_iteration;
  events_.clear();
  cl::CommandQueue& queue = device_.queue();
  try {
    if (keep_events) events_.resize(static_cast<std::size_t>(iterations * per_iteration));
    std::size_t event = 0;
    std::int64_t since_flush = 0;
    for (std::int64_t i = 0; i < iterations; ++i) {
      for (const Launch& launch : launches_) {
        queue.enqueueNDRangeKernel(launch.kernel, cl::NullRange, launch.global, launch.local, nullptr,
                                   keep_events ? &events_[event++] : nullptr);
        if (++since_flush == kLaunchesPerFlush) {
          queue.flush();
          since_flush = 0;
        }
      }
    }
    queue.finish();
  } catch (const cl::Error& error) {
    events_.clear();
    throw opencl_error(error, device_.name());
  }
}

std::map<std::string, double> OpenClRunnable::own_clocks() {
  double total_ns = 0;
  for (const cl::Event& event : events_) {
    check_launch(event, device_.name());
    const std::optional<double> duration_ns = duration_of(event);
    if (!duration_ns) return {};
    total_ns += *duration_ns;
  }
  // A driver without timestamps answers zero for all of them.
  if (total_ns == 0) return {};
  return {{kOpenClEventClock, total_ns}};
}

Runnable* OpenClRunnable::empty_launch() {
  if (empty_ == nullptr && !launches_.empty()) {
    const cl::Kernel kernel = device_.kernel("the empty kernel", kEmptySource, "empty");
    empty_ = std::make_unique<EmptyLaunches>(
        device_, std::vector<Launch>(launches_.size(), Launch{kernel, cl::NDRange(1), cl::NullRange}));
    empty_->run(1);  // drivers finish compiling at the first launch
  }
  return empty_.get();
}

std::unique_ptr<AsynchronousRun> OpenClRunnable::make_asynchronous(const SharedOperands& shared) {
  std::vector<DeviceOperand> operands = shared_operands();
  if (operands.empty()) return nullptr;
  return std::make_unique<OpenClAsynchronousRun>(device_, launches_, std::move(operands), shared);
}

std::vector<Placement> OpenClRunnable::placement() const {
  try {
    const auto actual = device_.queue().getInfo<CL_QUEUE_DEVICE>();
    const std::string device_name = actual.getInfo<CL_DEVICE_NAME>();
    const bool as_requested = actual() == device_.device()();
    std::string evidence =
        fmt::format("the queue's device is {}, driver {}", device_name, actual.getInfo<CL_DRIVER_VERSION>());
    if (device_.info().runs_on_host_cpu) evidence += ", on the host's CPU";
    if (!device_.limits().profiling) evidence += ", without a clock of its own";
    return {{device_.name(), as_requested ? device_.name() : device_name, evidence}};
  } catch (const cl::Error& error) {
    throw opencl_error(error, device_.name());
  }
}

}  // namespace hetscope

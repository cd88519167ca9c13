// One execution in two halves, start() and finish(), between which the calling thread is free for other work: what a
// split over processors needs of each of them but one. Operands that are new for every run live in the host's memory,
// and bringing them to the processor and the outputs back belongs to the execution.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/tensor/host_tensor.hpp"

namespace hetscope {

// How a processor of another memory gets at the host's.
// copy: written to and read from memory of the device's own.
// use_host_ptr: the device is given the host's memory itself; ownership changes by map and unmap.
// alloc_host_ptr: memory that the driver allocates where both can reach it, mapped and copied to and from.
// svm_coarse: the same with shared virtual memory.
// svm_fine: shared virtual memory that both may use without a map between; copied to and from.
// svm_system: the host's memory itself, at its own address, without a command.
// arm_import, intel_host: memory of the host's that Arm's extension puts into the device's page tables, or that Intel's
// allocates for both (vendor_memory.hpp); like svm_fine without a map between, copied to and from.
enum class Sharing {
  copy,
  use_host_ptr,
  alloc_host_ptr,
  svm_coarse,
  svm_fine,
  svm_system,
  arm_import,
  intel_host,
};
inline constexpr std::string_view kSharingNames[] = {
    "copy", "use_host_ptr", "alloc_host_ptr", "svm_coarse", "svm_fine", "svm_system", "arm_import", "intel_host",
};
// One of kSharingNames.
Sharing sharing_named(std::string_view name);

// How finish() learns that the device is done: it sleeps in the driver, asks over and over, is called back, or watches
// a word of shared virtual memory that the device sets.
enum class Waiting { wait, poll, callback, svm_flag };
inline constexpr std::string_view kWaitingNames[] = {"wait", "poll", "callback", "svm_flag"};
// One of kWaitingNames.
Waiting waiting_named(std::string_view name);

struct SharedOperands {
  Sharing sharing = Sharing::copy;
  Waiting waiting = Waiting::wait;
  std::vector<const HostTensor*> inputs;  // by the operation's order; nullptr: constant, on the device already
  std::vector<HostTensor*> outputs;       // finish() leaves the results there
};

class AsynchronousRun {
 public:
  virtual ~AsynchronousRun() = default;
  // Hands over the inputs, asks for everything and returns without waiting. Throws Error when the device refuses.
  virtual void start() = 0;
  // Waits; the outputs are in the host's memory when it returns. Throws Error when the execution failed. Called once
  // after each start() that did not throw.
  virtual void finish() = 0;
  // After finish() and outside what is timed: throws Error when a step of the last execution failed that finish(),
  // which waits for the last one, need not have seen.
  virtual void check() {}
  // Around a block of samples, like Runnable::enter() and leave().
  virtual void enter() {}
  virtual void leave() {}
  // One execution with a wait after each stage: nanoseconds by the stage's name.
  virtual std::map<std::string, double> run_stages(const Clock&) { return {}; }
};

}  // namespace hetscope

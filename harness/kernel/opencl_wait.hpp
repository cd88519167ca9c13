// How the host learns that a command of a device is done: asleep in the driver, asking over and over, called back, or
// by a flag in shared memory. A measured time depends on it as much as on the work, so it is chosen in the case and
// written once.
#pragma once

#include <memory>

#include "harness/kernel/asynchronous_run.hpp"
#include "harness/processor/opencl_processor.hpp"

namespace hetscope {

class OpenClWait {
 public:
  // Throws Declined when the flag's kernel does not compile for the device, which outlives this; Error.
  OpenClWait(Waiting waiting, OpenClProcessor& device);
  ~OpenClWait();
  // After the command of `event` is enqueued and before the queue is flushed; `event` becomes that of the last command
  // that is waited for. Throws cl::Error.
  void arm(cl::Event& event);
  // Returns when the armed command is done; throws cl::Error when it failed.
  void wait(const cl::Event& event);

 private:
  struct Latch;
  struct Flag;
  Waiting waiting_;
  std::shared_ptr<Latch> latch_;
  std::unique_ptr<Flag> flag_;
};

}  // namespace hetscope

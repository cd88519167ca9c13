// How the host learns that a command of a device is done: asleep in the driver, asking over and over, or called back. A
// measured time depends on it as much as on the work, so it is chosen in the case and written once.
#pragma once

#include <memory>

#include "harness/kernel/asynchronous_run.hpp"
#include "harness/processor/opencl_api.hpp"

namespace hetscope {

class OpenClWait {
 public:
  explicit OpenClWait(Waiting waiting) : waiting_(waiting) {}
  // After the command of `event` is enqueued and before the queue is flushed. Throws cl::Error.
  void arm(cl::Event& event);
  // Returns when the armed command is done; throws cl::Error when it failed.
  void wait(const cl::Event& event);

 private:
  struct Latch;
  Waiting waiting_;
  std::shared_ptr<Latch> latch_;
};

}  // namespace hetscope

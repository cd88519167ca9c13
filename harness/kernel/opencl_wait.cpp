// Only the callback needs to be armed.
#include "harness/kernel/opencl_wait.hpp"

#include <atomic>

namespace hetscope {

// Shared with the driver's thread, which may still be inside its callback when the waiter has gone on.
struct OpenClWait::Latch {
  std::atomic<int> status{CL_QUEUED};  // CL_COMPLETE or an error once it is over

  static void CL_CALLBACK open(cl_event, cl_int status, void* self) {
    const std::unique_ptr<std::shared_ptr<Latch>> latch(static_cast<std::shared_ptr<Latch>*>(self));
    (*latch)->status.store(status, std::memory_order_release);
    (*latch)->status.notify_one();
  }
};

void OpenClWait::arm(cl::Event& event) {
  if (waiting_ != Waiting::callback) return;
  latch_ = std::make_shared<Latch>();
  auto handed = std::make_unique<std::shared_ptr<Latch>>(latch_);
  event.setCallback(CL_COMPLETE, &Latch::open, handed.get());
  static_cast<void>(handed.release());  // the callback's now
}

void OpenClWait::wait(const cl::Event& event) {
  cl_int status = CL_COMPLETE;
  if (waiting_ == Waiting::wait) {
    event.wait();
  } else if (waiting_ == Waiting::poll) {
    while ((status = event.getInfo<CL_EVENT_COMMAND_EXECUTION_STATUS>()) > CL_COMPLETE) {
    }
  } else {
    while ((status = latch_->status.load(std::memory_order_acquire)) > CL_COMPLETE) {
      latch_->status.wait(status, std::memory_order_acquire);
    }
  }
  if (status < 0) throw cl::Error(status, "an execution");
}

}  // namespace hetscope

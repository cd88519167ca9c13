// Only the callback and the flag need to be armed.
#include "harness/kernel/opencl_wait.hpp"

#include <atomic>
#include <new>

#include "harness/core/embedded_file.hpp"
#include "harness/core/error.hpp"
#include "harness/kernel/kernel.hpp"
#include "harness/kernel/opencl_sharing.hpp"

namespace hetscope {

std::span<const EmbeddedFile> kernel_source_files();

namespace {

constexpr const char* kFlagSource = "harness/kernel/svm_flag.cl";
// Looks at the flag between two questions whether the device has failed.
constexpr int kLooks = 1 << 16;

// The flag's kernel needs the atomics of C 11, which came with OpenCL C 2.0.
std::string language_of(const OpenClProcessor& device) {
  return device.limits().version >= 300 ? "-cl-std=CL3.0" : "-cl-std=CL2.0";
}

}  // namespace

// Shared with the driver's thread, which may still be inside its callback when the waiter has gone on.
struct OpenClWait::Latch {
  std::atomic<int> status{CL_QUEUED};  // CL_COMPLETE or an error once it is over

  static void CL_CALLBACK open(cl_event, cl_int status, void* self) {
    const std::unique_ptr<std::shared_ptr<Latch>> latch(static_cast<std::shared_ptr<Latch>*>(self));
    (*latch)->status.store(status, std::memory_order_release);
    (*latch)->status.notify_one();
  }
};

struct OpenClWait::Flag {
  explicit Flag(OpenClProcessor& on)
      : device(on),
        memory(on, sizeof(cl_int), CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS),
        raise(
            on.kernel(kFlagSource, embedded_text(kernel_source_files(), kFlagSource), "raise_flag", language_of(on))) {
    set_svm_argument(raise, 0, memory.data());
  }
  bool is_up(int looks) const {
    for (int i = 0; i < looks; ++i) {
      if (word->load(std::memory_order_acquire) == awaited) return true;
    }
    return false;
  }
  // Until the flag is up or the device has failed; the driver is asked only where the flag stays down.
  cl_int watch(const cl::Event& event) const {
    while (!is_up(kLooks)) {
      const auto status = event.getInfo<CL_EVENT_COMMAND_EXECUTION_STATUS>();
      if (status < 0) return status;
      if (status == CL_COMPLETE && !is_up(1)) {
        throw Error("the device has set a flag that the host does not see", device.name(), "use another sync");
      }
    }
    return CL_COMPLETE;
  }

  OpenClProcessor& device;
  SvmMemory memory;
  // The device's atomic_int has the host's form where an atomic of the host needs no lock.
  static_assert(std::atomic<cl_int>::is_always_lock_free);
  std::atomic<cl_int>* word = new (memory.data()) std::atomic<cl_int>(0);
  cl::Kernel raise;
  cl_int awaited = 0;
};

OpenClWait::OpenClWait(Waiting waiting, OpenClProcessor& device) : waiting_(waiting) {
  if (waiting != Waiting::svm_flag) return;
  try {
    flag_ = std::make_unique<Flag>(device);
  } catch (const cl::Error& error) {
    throw opencl_error(error, device.name());
  } catch (const Error& error) {
    throw Declined(Support::no(std::string("sync=svm_flag: ") + error.what()));
  }
}

OpenClWait::~OpenClWait() = default;

void OpenClWait::arm(cl::Event& event) {
  if (flag_) {
    flag_->raise.setArg(1, ++flag_->awaited);
    flag_->device.queue().enqueueNDRangeKernel(flag_->raise, cl::NullRange, cl::NDRange(1), cl::NDRange(1), nullptr,
                                               &event);
    return;
  }
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
  } else if (flag_) {
    status = flag_->watch(event);
  } else {
    while ((status = latch_->status.load(std::memory_order_acquire)) > CL_COMPLETE) {
      latch_->status.wait(status, std::memory_order_acquire);
    }
  }
  if (status < 0) throw cl::Error(status, "an execution");
}

}  // namespace hetscope

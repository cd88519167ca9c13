// Shared virtual memory of OpenCL, and which ways of sharing and of waiting a device has.
#pragma once

#include <cstddef>

#include "harness/core/support.hpp"
#include "harness/kernel/asynchronous_run.hpp"
#include "harness/processor/opencl_processor.hpp"

namespace hetscope {

// Memory at one address for the host and the device.
class SvmMemory {
 public:
  // `flags` as clSVMAlloc takes them. Throws cl::Error.
  SvmMemory(OpenClProcessor& device, std::size_t bytes, cl_svm_mem_flags flags);
  // Waits until the device is done with it.
  ~SvmMemory();
  SvmMemory(const SvmMemory&) = delete;
  SvmMemory& operator=(const SvmMemory&) = delete;

  std::byte* data() const noexcept { return static_cast<std::byte*>(memory_); }

 private:
  OpenClProcessor& device_;
  void* memory_;
};

// Enqueue that the host may use all of `memory`, and that it no longer does. Throw cl::Error.
void map_svm(OpenClProcessor& device, const SvmMemory& memory, cl_map_flags flags, std::size_t bytes, cl::Event* done);
void unmap_svm(OpenClProcessor& device, const SvmMemory& memory);
// Gives `kernel` memory that it reaches by the host's address. Throws cl::Error.
void set_svm_argument(cl::Kernel& kernel, cl_uint index, const void* memory);

// no(): the device lacks what one of the two needs, or they do not go together.
Support supports_sharing(Sharing sharing, Waiting waiting, const OpenClProcessor& device);

}  // namespace hetscope

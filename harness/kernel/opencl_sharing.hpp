// Memory that the host and an OpenCL device both find at an address, and which ways of sharing and of waiting a device
// has.
#pragma once

#include <cstddef>
#include <memory>

#include "harness/core/support.hpp"
#include "harness/kernel/asynchronous_run.hpp"
#include "harness/processor/opencl_processor.hpp"

namespace hetscope {

// Memory that the host finds at data() and a kernel through its argument.
class CommonMemory {
 public:
  virtual ~CommonMemory() = default;
  virtual std::byte* data() const noexcept = 0;
  // Throws cl::Error.
  virtual void set_argument(cl::Kernel& kernel, cl_uint index) const = 0;
};

// The same by shared virtual memory.
class SvmMemory final : public CommonMemory {
 public:
  // `flags` as clSVMAlloc takes them. Throws cl::Error.
  SvmMemory(OpenClProcessor& device, std::size_t bytes, cl_svm_mem_flags flags);
  // Waits until the device is done with it.
  ~SvmMemory() override;
  SvmMemory(const SvmMemory&) = delete;
  SvmMemory& operator=(const SvmMemory&) = delete;

  std::byte* data() const noexcept override { return static_cast<std::byte*>(memory_); }
  void set_argument(cl::Kernel& kernel, cl_uint index) const override;

 private:
  OpenClProcessor& device_;
  void* memory_;
};

// Whether `sharing` takes such memory.
bool takes_common_memory(Sharing sharing);
// For a sharing that takes it and that the device has: supports_sharing(). Throws cl::Error.
std::unique_ptr<CommonMemory> make_common_memory(OpenClProcessor& device, std::size_t bytes, Sharing sharing);

// Of svm_coarse: enqueue that the host may use all of `memory`, and that it no longer does. Throw cl::Error.
void map_svm(OpenClProcessor& device, const CommonMemory& memory, cl_map_flags flags, std::size_t bytes,
             cl::Event* done);
void unmap_svm(OpenClProcessor& device, const CommonMemory& memory);
// Gives `kernel` memory that it reaches by the host's address. Throws cl::Error.
void set_svm_argument(cl::Kernel& kernel, cl_uint index, const void* memory);

// no(): the device lacks what one of the two needs, or they do not go together.
Support supports_sharing(Sharing sharing, Waiting waiting, const OpenClProcessor& device);

}  // namespace hetscope

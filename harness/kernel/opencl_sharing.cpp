// Calls that the C++ binding wraps for whole containers only.
#include "harness/kernel/opencl_sharing.hpp"

#include "harness/kernel/vendor_memory.hpp"

namespace hetscope {

SvmMemory::SvmMemory(OpenClProcessor& device, std::size_t bytes, cl_svm_mem_flags flags)
    : device_(device), memory_(clSVMAlloc(device.context()(), flags, bytes, 0)) {
  if (memory_ == nullptr) throw cl::Error(CL_MEM_OBJECT_ALLOCATION_FAILURE, "clSVMAlloc");
}

SvmMemory::~SvmMemory() {
  clFinish(device_.queue()());
  clSVMFree(device_.context()(), memory_);
}

void SvmMemory::set_argument(cl::Kernel& kernel, cl_uint index) const { set_svm_argument(kernel, index, memory_); }

bool takes_common_memory(Sharing sharing) {
  return sharing == Sharing::svm_coarse || sharing == Sharing::svm_fine || sharing == Sharing::arm_import ||
         sharing == Sharing::intel_host;
}

std::unique_ptr<CommonMemory> make_common_memory(OpenClProcessor& device, std::size_t bytes, Sharing sharing) {
  if (sharing == Sharing::arm_import) return import_host_memory(device, bytes);
  if (sharing == Sharing::intel_host) return allocate_intel_host_memory(device, bytes);
  const bool is_fine = sharing == Sharing::svm_fine;
  return std::make_unique<SvmMemory>(device, bytes, CL_MEM_READ_WRITE | (is_fine ? CL_MEM_SVM_FINE_GRAIN_BUFFER : 0));
}

void map_svm(OpenClProcessor& device, const CommonMemory& memory, cl_map_flags flags, std::size_t bytes,
             cl::Event* done) {
  cl_event event = nullptr;
  check_call(clEnqueueSVMMap(device.queue()(), CL_FALSE, flags, memory.data(), bytes, 0, nullptr,
                             done == nullptr ? nullptr : &event),
             "clEnqueueSVMMap");
  if (done != nullptr) *done = cl::Event(event);
}

void unmap_svm(OpenClProcessor& device, const CommonMemory& memory) {
  check_call(clEnqueueSVMUnmap(device.queue()(), memory.data(), 0, nullptr, nullptr), "clEnqueueSVMUnmap");
}

void set_svm_argument(cl::Kernel& kernel, cl_uint index, const void* memory) {
  check_call(clSetKernelArgSVMPointer(kernel(), index, memory), "clSetKernelArgSVMPointer");
}

Support supports_sharing(Sharing sharing, Waiting waiting, const OpenClProcessor& device) {
  const OpenClLimits& limits = device.limits();
  if (sharing == Sharing::svm_coarse && !limits.svm_coarse) {
    return Support::no(device.name() + " reports no coarse-grained shared virtual memory");
  }
  if (sharing == Sharing::svm_fine && !limits.svm_fine) {
    return Support::no(device.name() + " reports no fine-grained shared virtual memory");
  }
  if (sharing == Sharing::svm_system && !limits.svm_system) {
    return Support::no(device.name() + " reports no shared virtual memory of the whole system");
  }
  if (sharing == Sharing::arm_import && !limits.arm_import) {
    return Support::no(device.name() + " has no cl_arm_import_memory_host");
  }
  if (sharing == Sharing::intel_host && !limits.intel_host) {
    return Support::no(device.name() + " has no cl_intel_unified_shared_memory that it reaches the host's memory with");
  }
  if (waiting != Waiting::svm_flag) return Support::yes();
  if (!limits.svm_fine || !limits.svm_atomics) {
    return Support::no(device.name() + " reports no fine-grained shared virtual memory with atomics for a flag");
  }
  if (sharing != Sharing::svm_fine && sharing != Sharing::svm_system) {
    return Support::no(
        "sync=svm_flag: the results are the host's with the flag by svm_fine and svm_system only; else a command comes "
        "after them");
  }
  return Support::yes();
}

}  // namespace hetscope

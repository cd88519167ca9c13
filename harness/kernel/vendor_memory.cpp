// Each extension's memory, from its making to its end.
#include "harness/kernel/vendor_memory.hpp"

#include <unistd.h>

#include <cstdlib>
#include <type_traits>

#include "harness/core/divided_up.hpp"

namespace hetscope {
namespace {

// A function of the platform's, declared as `Function` in CL/cl_ext.h.
template <class Function>
Function* extension_function(OpenClProcessor& device, const char* name) {
  const cl_platform_id platform = device.device().getInfo<CL_DEVICE_PLATFORM>();
  auto* function = reinterpret_cast<Function*>(clGetExtensionFunctionAddressForPlatform(platform, name));
  if (function == nullptr) throw cl::Error(CL_INVALID_OPERATION, name);
  return function;
}

std::size_t whole_pages(std::size_t bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return divided_up(bytes, page) * page;
}

struct FreePages {
  void operator()(std::byte* pages) const noexcept { std::free(pages); }
};
using Pages = std::unique_ptr<std::byte, FreePages>;

Pages allocate_pages(std::size_t bytes) {
  void* pages = nullptr;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  if (posix_memalign(&pages, page, whole_pages(bytes)) != 0) throw cl::Error(CL_OUT_OF_HOST_MEMORY, "posix_memalign");
  return Pages(static_cast<std::byte*>(pages));
}

class ImportedMemory final : public CommonMemory {
 public:
  ImportedMemory(OpenClProcessor& device, std::size_t bytes) : device_(device), pages_(allocate_pages(bytes)) {
    const auto import = extension_function<decltype(clImportMemoryARM)>(device, "clImportMemoryARM");
    const cl_import_properties_arm properties[] = {CL_IMPORT_TYPE_ARM, CL_IMPORT_TYPE_HOST_ARM, 0};
    cl_int status = CL_SUCCESS;
    buffer_ = cl::Buffer(
        import(device.context()(), CL_MEM_READ_WRITE, properties, pages_.get(), whole_pages(bytes), &status), false);
    check_call(status, "clImportMemoryARM");
  }
  ~ImportedMemory() override { clFinish(device_.queue()()); }
  std::byte* data() const noexcept override { return pages_.get(); }
  void set_argument(cl::Kernel& kernel, cl_uint index) const override { kernel.setArg(index, buffer_); }

 private:
  OpenClProcessor& device_;
  Pages pages_;  // outlives the buffer
  cl::Buffer buffer_;
};

class IntelHostMemory final : public CommonMemory {
 public:
  IntelHostMemory(OpenClProcessor& device, std::size_t bytes)
      : device_(device),
        set_pointer_(
            extension_function<decltype(clSetKernelArgMemPointerINTEL)>(device, "clSetKernelArgMemPointerINTEL")),
        free_(extension_function<decltype(clMemFreeINTEL)>(device, "clMemFreeINTEL")) {
    const auto allocate = extension_function<decltype(clHostMemAllocINTEL)>(device, "clHostMemAllocINTEL");
    cl_int status = CL_SUCCESS;
    memory_ = allocate(device.context()(), nullptr, bytes, 0, &status);
    check_call(status, "clHostMemAllocINTEL");
  }
  ~IntelHostMemory() override {
    clFinish(device_.queue()());
    free_(device_.context()(), memory_);
  }
  IntelHostMemory(const IntelHostMemory&) = delete;
  IntelHostMemory& operator=(const IntelHostMemory&) = delete;
  std::byte* data() const noexcept override { return static_cast<std::byte*>(memory_); }
  void set_argument(cl::Kernel& kernel, cl_uint index) const override {
    check_call(set_pointer_(kernel(), index, memory_), "clSetKernelArgMemPointerINTEL");
  }

 private:
  OpenClProcessor& device_;
  std::add_pointer_t<decltype(clSetKernelArgMemPointerINTEL)> set_pointer_;
  std::add_pointer_t<decltype(clMemFreeINTEL)> free_;
  void* memory_ = nullptr;
};

}  // namespace

std::unique_ptr<CommonMemory> import_host_memory(OpenClProcessor& device, std::size_t bytes) {
  return std::make_unique<ImportedMemory>(device, bytes);
}

std::unique_ptr<CommonMemory> allocate_intel_host_memory(OpenClProcessor& device, std::size_t bytes) {
  return std::make_unique<IntelHostMemory>(device, bytes);
}

}  // namespace hetscope

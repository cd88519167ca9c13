// A library that is opened as OpenCL is: the installed one, whose devices also have Arm's import of host memory and
// Intel's host allocations. Behind them stand a buffer on the host's memory and fine-grained shared virtual memory,
// which PoCL has; and an imported buffer refuses what Arm's specification says it does. Functions are handed out one by
// one, as on Pixel phones. With $HETSCOPE_FAKE_REFUSALS its devices have no profiling and do not tell their formats of
// images.
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <string>

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {

constexpr std::uintptr_t kLineBytes = 64;
constexpr const char* kMoreExtensions =
    " cl_arm_import_memory cl_arm_import_memory_host cl_intel_unified_shared_memory";

void* installed(const char* name) {
  static void* const kLibrary = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL);
  return kLibrary == nullptr ? nullptr : dlsym(kLibrary, name);
}

template <class Function>
Function* installed_function(const char* name) {
  return reinterpret_cast<Function*>(installed(name));
}

// Buffers by their handles, for as long as the process lives: a handle that is used again may be refused wrongly, so it
// is forgotten when it is made anew.
std::mutex imported_lock;
std::set<cl_mem> imported;

bool is_imported(cl_mem buffer) {
  const std::lock_guard guard(imported_lock);
  return imported.count(buffer) > 0;
}

cl_mem CL_API_CALL create_buffer(cl_context context, cl_mem_flags flags, std::size_t size, void* host, cl_int* status) {
  cl_mem buffer = installed_function<decltype(clCreateBuffer)>("clCreateBuffer")(context, flags, size, host, status);
  const std::lock_guard guard(imported_lock);
  imported.erase(buffer);
  return buffer;
}

cl_mem CL_API_CALL import_memory(cl_context context, cl_mem_flags flags, const cl_import_properties_arm* properties,
                                 void* memory, std::size_t size, cl_int* status) {
  const bool is_host = properties != nullptr && properties[0] == CL_IMPORT_TYPE_ARM &&
                       properties[1] == CL_IMPORT_TYPE_HOST_ARM && properties[2] == 0;
  if (!is_host || memory == nullptr || reinterpret_cast<std::uintptr_t>(memory) % kLineBytes != 0) {
    *status = CL_INVALID_OPERATION;
    return nullptr;
  }
  cl_mem buffer = create_buffer(context, flags | CL_MEM_USE_HOST_PTR, size, memory, status);
  const std::lock_guard guard(imported_lock);
  if (buffer != nullptr) imported.insert(buffer);
  return buffer;
}

void* CL_API_CALL allocate(cl_context context, const cl_mem_properties_intel*, std::size_t size, cl_uint alignment,
                           cl_int* status) {
  void* memory = installed_function<decltype(clSVMAlloc)>("clSVMAlloc")(
      context, CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER, size, alignment);
  *status = memory == nullptr ? CL_OUT_OF_HOST_MEMORY : CL_SUCCESS;
  return memory;
}

cl_int CL_API_CALL free_memory(cl_context context, void* memory) {
  installed_function<decltype(clSVMFree)>("clSVMFree")(context, memory);
  return CL_SUCCESS;
}

void* CL_API_CALL map_buffer(cl_command_queue queue, cl_mem buffer, cl_bool blocks, cl_map_flags flags,
                             std::size_t offset, std::size_t size, cl_uint waits, const cl_event* list, cl_event* event,
                             cl_int* status) {
  if (is_imported(buffer)) {
    if (status != nullptr) *status = CL_INVALID_OPERATION;
    return nullptr;
  }
  return installed_function<decltype(clEnqueueMapBuffer)>("clEnqueueMapBuffer")(queue, buffer, blocks, flags, offset,
                                                                                size, waits, list, event, status);
}

cl_int CL_API_CALL read_buffer(cl_command_queue queue, cl_mem buffer, cl_bool blocks, std::size_t offset,
                               std::size_t size, void* to, cl_uint waits, const cl_event* list, cl_event* event) {
  if (is_imported(buffer)) return CL_INVALID_OPERATION;
  return installed_function<decltype(clEnqueueReadBuffer)>("clEnqueueReadBuffer")(queue, buffer, blocks, offset, size,
                                                                                  to, waits, list, event);
}

cl_int CL_API_CALL write_buffer(cl_command_queue queue, cl_mem buffer, cl_bool blocks, std::size_t offset,
                                std::size_t size, const void* from, cl_uint waits, const cl_event* list,
                                cl_event* event) {
  if (is_imported(buffer)) return CL_INVALID_OPERATION;
  return installed_function<decltype(clEnqueueWriteBuffer)>("clEnqueueWriteBuffer")(queue, buffer, blocks, offset, size,
                                                                                    from, waits, list, event);
}

bool refuses() { return std::getenv("HETSCOPE_FAKE_REFUSALS") != nullptr; }

cl_command_queue CL_API_CALL create_queue(cl_context context, cl_device_id device,
                                          const cl_queue_properties* properties, cl_int* status) {
  for (const cl_queue_properties* at = properties; at != nullptr && *at != 0; at += 2) {
    const bool is_refused = at[0] == CL_QUEUE_PROPERTIES && (at[1] & CL_QUEUE_PROFILING_ENABLE) != 0;
    if (!is_refused || !refuses()) continue;
    if (status != nullptr) *status = CL_INVALID_QUEUE_PROPERTIES;
    return nullptr;
  }
  return installed_function<decltype(clCreateCommandQueueWithProperties)>("clCreateCommandQueueWithProperties")(
      context, device, properties, status);
}

cl_int CL_API_CALL image_formats(cl_context context, cl_mem_flags flags, cl_mem_object_type kind, cl_uint room,
                                 cl_image_format* formats, cl_uint* count) {
  if (refuses()) return CL_OUT_OF_RESOURCES;
  return installed_function<decltype(clGetSupportedImageFormats)>("clGetSupportedImageFormats")(context, flags, kind,
                                                                                                room, formats, count);
}

cl_int CL_API_CALL device_info(cl_device_id device, cl_device_info what, std::size_t room, void* value,
                               std::size_t* size) {
  auto* const ask = installed_function<decltype(clGetDeviceInfo)>("clGetDeviceInfo");
  if (what == CL_DEVICE_HOST_MEM_CAPABILITIES_INTEL) {
    cl_device_svm_capabilities svm = 0;
    ask(device, CL_DEVICE_SVM_CAPABILITIES, sizeof svm, &svm, nullptr);
    const bool is_fine = (svm & CL_DEVICE_SVM_FINE_GRAIN_BUFFER) != 0;
    const cl_device_unified_shared_memory_capabilities_intel access =
        is_fine ? CL_UNIFIED_SHARED_MEMORY_ACCESS_INTEL : 0;
    if (value != nullptr) std::memcpy(value, &access, sizeof access);
    if (size != nullptr) *size = sizeof access;
    return CL_SUCCESS;
  }
  if (what == CL_DEVICE_QUEUE_PROPERTIES && refuses()) {
    const cl_command_queue_properties none = 0;
    if (value != nullptr) std::memcpy(value, &none, sizeof none);
    if (size != nullptr) *size = sizeof none;
    return CL_SUCCESS;
  }
  if (what != CL_DEVICE_EXTENSIONS) return ask(device, what, room, value, size);
  std::size_t own = 0;
  if (const cl_int status = ask(device, what, 0, nullptr, &own); status != CL_SUCCESS) return status;
  std::string text(own, '\0');
  ask(device, what, own, text.data(), nullptr);
  text = text.c_str();
  text += kMoreExtensions;
  if (size != nullptr) *size = text.size() + 1;
  if (value == nullptr) return CL_SUCCESS;
  if (room < text.size() + 1) return CL_INVALID_VALUE;
  std::memcpy(value, text.c_str(), text.size() + 1);
  return CL_SUCCESS;
}

template <class Function>
void* pointer_to(Function* function) {
  return reinterpret_cast<void*>(function);
}

void* CL_API_CALL extension_address(cl_platform_id platform, const char* name) {
  const std::string wanted = name;
  if (wanted == "clImportMemoryARM") return pointer_to(import_memory);
  if (wanted == "clHostMemAllocINTEL") return pointer_to(allocate);
  if (wanted == "clMemFreeINTEL") return pointer_to(free_memory);
  if (wanted == "clSetKernelArgMemPointerINTEL") return installed("clSetKernelArgSVMPointer");
  return installed_function<decltype(clGetExtensionFunctionAddressForPlatform)>(
      "clGetExtensionFunctionAddressForPlatform")(platform, name);
}

}  // namespace

EXPORTED void enableOpenCL();
EXPORTED void* loadOpenCLPointer(const char* name);

void enableOpenCL() {}

void* loadOpenCLPointer(const char* name) {
  const std::string wanted = name;
  if (wanted == "clCreateBuffer") return pointer_to(create_buffer);
  if (wanted == "clEnqueueMapBuffer") return pointer_to(map_buffer);
  if (wanted == "clEnqueueReadBuffer") return pointer_to(read_buffer);
  if (wanted == "clEnqueueWriteBuffer") return pointer_to(write_buffer);
  if (wanted == "clCreateCommandQueueWithProperties") return pointer_to(create_queue);
  if (wanted == "clGetSupportedImageFormats") return pointer_to(image_formats);
  if (wanted == "clGetDeviceInfo") return pointer_to(device_info);
  if (wanted == "clGetExtensionFunctionAddressForPlatform") return pointer_to(extension_address);
  return installed(name);
}

// One OpenCL device or sub-device: context, in-order queue (profiling, where the device can), program cache and the
// limits that kernels must respect. Every OpenCL error leaves as an Error that names the call, the code's name and the
// device.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include "harness/processor/opencl_api.hpp"
#include "harness/processor/processor.hpp"
#include "harness/tensor/dtype.hpp"

namespace hetscope {

struct OpenClLimits {
  int version = 0;  // 120, 200, 300
  bool fp16 = false;
  bool fp64 = false;
  bool images = false;
  std::size_t image2d_width = 0;
  std::size_t image2d_height = 0;
  std::size_t image_buffer_texels = 0;
  bool image_f16 = false;  // CL_RGBA / CL_HALF_FLOAT can be read and written
  bool image_f32 = false;
  bool image_i8 = false;          // CL_RGBA / CL_SIGNED_INT8
  bool image_i32 = false;         // CL_RGBA / CL_SIGNED_INT32
  bool image_buffer_f16 = false;  // the same two types of an image1d_buffer, for reading
  bool image_buffer_f32 = false;
  std::size_t work_group_size = 1;
  std::size_t work_item_sizes[3] = {1, 1, 1};
  std::size_t work_groups_yz = std::numeric_limits<std::size_t>::max();  // of a launch, in y and in z; no query tells
  std::int64_t local_memory_bytes = 0;
  int float_lanes = 1;  // of the device's own vectors of f32; GPUs say 1
  std::int64_t max_allocation_bytes = 0;
  bool host_unified_memory = false;
  bool svm_coarse = false;
  bool svm_fine = false;
  bool svm_system = false;
  bool svm_atomics = false;
  bool arm_import = false;  // cl_arm_import_memory_host
  bool intel_host = false;  // cl_intel_unified_shared_memory, with access to allocations of the host's memory
  bool sub_devices_equally = false;
  bool sub_devices_by_counts = false;
  bool profiling = false;  // the device's own times of its commands
  std::int64_t timer_resolution_ns = 0;
};

// Asks `device` for everything above; `context` holds it. Throws cl::Error when a query that each version has fails.
OpenClLimits read_opencl_limits(const cl::Device& device, const cl::Context& context);
// A context of this one device.
cl::Context make_opencl_context(const cl::Device& device);

// Bytes that are walked before each sample of a cold case: twice the cache that the device tells, and at least 256 MiB
// unless it is the host's CPU; at most the largest allocation, a quarter of the memory and kMaxEvictionBytes. 0: not
// even the cache itself fits into that, or the host's CPU does not tell its size.
std::int64_t opencl_eviction_bytes(const ProcessorInfo& info);

class OpenClProcessor final : public Processor {
 public:
  // Throws Error when the device gives no context or queue. A device without profiling has a plain queue, and only the
  // host's clock.
  OpenClProcessor(ProcessorInfo info, cl::Device device);
  ~OpenClProcessor() override;

  const ProcessorInfo& info() const noexcept override { return info_; }
  const OpenClLimits& limits() const noexcept { return limits_; }
  void finish() override;
  // A kernel reads and writes opencl_eviction_bytes(). no() where that is 0, or the device has no memory left.
  // Throws Error when it no longer works.
  Support evict_caches() override;
  // Has one work-item compute something: after a fault of a kernel's, some drivers (CUDA's) refuse a context
  // everything.
  Support check() override;

  cl::Context& context() noexcept { return context_; }
  cl::CommandQueue& queue() noexcept { return queue_; }
  cl::Device& device() noexcept { return device_; }

  // Builds `source` with `options` (cached by both). `name` is the file it came from; a compile error becomes an Error
  // with the first lines of the build log.
  cl::Program program(std::string_view name, std::string_view source, const std::string& options = "");
  cl::Kernel kernel(std::string_view name, std::string_view source, const char* function,
                    const std::string& options = "");

  // Throws Error above max_allocation_bytes or when the device has no memory left.
  cl::Buffer allocate(std::int64_t bytes, cl_mem_flags flags = CL_MEM_READ_WRITE);
  void upload(const cl::Buffer& target, const void* source, std::int64_t bytes);
  void download(void* target, const cl::Buffer& source, std::int64_t bytes);

  // RGBA image with one texel per four elements. `supports_image` answers before it is asked for.
  Support supports_image(DType dtype, std::size_t width, std::size_t height) const;
  cl::Image2D allocate_image(DType dtype, std::size_t width, std::size_t height);

  // A buffer of `texels` RGBA texels of f32 or f16, one behind the other, that kernels read as an image1d_buffer_t.
  // `buffer` holds them and must live as long.
  Support supports_image_buffer(DType dtype, std::size_t texels) const;
  cl::Image1DBuffer allocate_image_buffer(DType dtype, std::size_t texels, const cl::Buffer& buffer);

  // A local size for `kernel` within the device's limits: the largest power of two up to `wanted` in x (y, z: 1).
  std::size_t local_size(const cl::Kernel& kernel, std::size_t wanted) const;

 private:
  ProcessorInfo info_;
  OpenClLimits limits_;
  cl::Device device_;
  cl::Context context_;
  cl::CommandQueue queue_;
  std::map<std::string, cl::Program> programs_;
  cl::Buffer eviction_buffer_;
  std::size_t eviction_items_ = 0;
  cl::Kernel eviction_kernel_;
};

// Throws the cl::Error of a call that the C++ binding does not wrap, unless it succeeded.
inline void check_call(cl_int status, const char* call) {
  if (status != CL_SUCCESS) throw cl::Error(status, call);
}
// "CL_OUT_OF_RESOURCES" for -5; "unknown OpenCL error" for a code outside the core and the Khronos extensions.
std::string_view opencl_error_name(int code);
// The Error for a failed call on a device: both the caught cl::Error and what to do about the usual codes.
class Error opencl_error(const cl::Error& error, std::string_view device);

// Opens the OpenCL library ($HETSCOPE_OPENCL_LIBRARY, and nothing else when it is set; the ICD loader; the known vendor
// paths), once in a process and never closed. no(): the reasons.
Support open_opencl_library();
// The name or path that loaded; empty when none did.
std::string opencl_library_path();

}  // namespace hetscope

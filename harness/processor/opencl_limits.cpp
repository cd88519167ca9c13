// What one OpenCL device can do. A driver is asked only what its version knows, and an answer that it refuses counts as
// "no": phone drivers of OpenCL 1.2 and 2.0 refuse many.
#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>
#include <vector>

#include "harness/processor/opencl_processor.hpp"

namespace hetscope {
namespace {

constexpr cl_uint kNvidia = 0x10DE;  // as on PCI
constexpr std::size_t kMostCudaGroups = 65535;

template <class T>
T ask_or(const cl::Device& device, cl_device_info what, T refused) {
  T value{};
  return clGetDeviceInfo(device(), what, sizeof(T), &value, nullptr) == CL_SUCCESS ? value : refused;
}

bool has_extension(const std::string& extensions, std::string_view wanted) {
  std::istringstream words(extensions);
  std::string word;
  while (words >> word) {
    if (word == wanted) return true;
  }
  return false;
}

// 120 from "OpenCL 1.2 <anything>"; 100 when it is not written like that.
int parse_version(const std::string& text) {
  int major = 1;
  int minor = 0;
  if (std::sscanf(text.c_str(), "OpenCL %2d.%1d", &major, &minor) != 2) return 100;
  return major * 100 + minor * 10;
}

// The types of RGBA texels that a kind of image can have.
class RgbaFormats {
 public:
  RgbaFormats(const cl::Context& context, cl_mem_flags flags, cl_mem_object_type kind) {
    try {
      context.getSupportedImageFormats(flags, kind, &formats_);
    } catch (const cl::Error&) {
      formats_.clear();  // refused: none, and the device has its buffers still
    }
  }
  bool has(cl_channel_type type) const {
    return std::any_of(formats_.begin(), formats_.end(), [type](const cl::ImageFormat& format) {
      return format.image_channel_order == CL_RGBA && format.image_channel_data_type == type;
    });
  }

 private:
  std::vector<cl::ImageFormat> formats_;
};

void read_images(const cl::Device& device, const cl::Context& context, OpenClLimits& limits) {
  limits.images = ask_or<cl_bool>(device, CL_DEVICE_IMAGE_SUPPORT, CL_FALSE) == CL_TRUE;
  if (!limits.images) return;
  limits.image2d_width = ask_or<std::size_t>(device, CL_DEVICE_IMAGE2D_MAX_WIDTH, 0);
  limits.image2d_height = ask_or<std::size_t>(device, CL_DEVICE_IMAGE2D_MAX_HEIGHT, 0);
  if (limits.version >= 120)
    limits.image_buffer_texels = ask_or<std::size_t>(device, CL_DEVICE_IMAGE_MAX_BUFFER_SIZE, 0);
  const RgbaFormats images(context, CL_MEM_READ_WRITE, CL_MEM_OBJECT_IMAGE2D);
  limits.image_f32 = images.has(CL_FLOAT);
  limits.image_f16 = images.has(CL_HALF_FLOAT);
  limits.image_i8 = images.has(CL_SIGNED_INT8);
  limits.image_i32 = images.has(CL_SIGNED_INT32);
  if (limits.image_buffer_texels == 0) return;
  const RgbaFormats lines(context, CL_MEM_READ_ONLY, CL_MEM_OBJECT_IMAGE1D_BUFFER);
  limits.image_buffer_f32 = lines.has(CL_FLOAT);
  limits.image_buffer_f16 = lines.has(CL_HALF_FLOAT);
}

void read_shared_memory(const cl::Device& device, OpenClLimits& limits) {
  if (limits.version < 200) return;
  const auto svm = ask_or<cl_device_svm_capabilities>(device, CL_DEVICE_SVM_CAPABILITIES, 0);
  limits.svm_coarse = (svm & CL_DEVICE_SVM_COARSE_GRAIN_BUFFER) != 0;
  limits.svm_fine = (svm & CL_DEVICE_SVM_FINE_GRAIN_BUFFER) != 0;
  limits.svm_system = (svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM) != 0;
  limits.svm_atomics = (svm & CL_DEVICE_SVM_ATOMICS) != 0;
}

void read_vendor_memory(const cl::Device& device, const std::string& extensions, OpenClLimits& limits) {
  limits.arm_import = has_extension(extensions, "cl_arm_import_memory_host");
  if (!has_extension(extensions, "cl_intel_unified_shared_memory")) return;
  const auto host =
      ask_or<cl_device_unified_shared_memory_capabilities_intel>(device, CL_DEVICE_HOST_MEM_CAPABILITIES_INTEL, 0);
  limits.intel_host = (host & CL_UNIFIED_SHARED_MEMORY_ACCESS_INTEL) != 0;
}

void read_partitions(const cl::Device& device, OpenClLimits& limits) {
  if (limits.version < 120) return;
  std::size_t bytes = 0;
  if (clGetDeviceInfo(device(), CL_DEVICE_PARTITION_PROPERTIES, 0, nullptr, &bytes) != CL_SUCCESS) return;
  std::vector<cl_device_partition_property> ways(bytes / sizeof(cl_device_partition_property));
  if (ways.empty() ||
      clGetDeviceInfo(device(), CL_DEVICE_PARTITION_PROPERTIES, ways.size() * sizeof(cl_device_partition_property),
                      ways.data(), nullptr) != CL_SUCCESS) {
    return;
  }
  const auto has = [&](cl_device_partition_property way) {
    return std::find(ways.begin(), ways.end(), way) != ways.end();
  };
  limits.sub_devices_equally = has(CL_DEVICE_PARTITION_EQUALLY);
  limits.sub_devices_by_counts = has(CL_DEVICE_PARTITION_BY_COUNTS);
}

void read_work_groups(const cl::Device& device, OpenClLimits& limits) {
  // Drivers that stand on CUDA refuse more in the second and third dimension of a grid.
  if (ask_or<cl_uint>(device, CL_DEVICE_VENDOR_ID, 0) == kNvidia) limits.work_groups_yz = kMostCudaGroups;
  limits.work_group_size = std::max<std::size_t>(1, device.getInfo<CL_DEVICE_MAX_WORK_GROUP_SIZE>());
  const auto sizes = device.getInfo<CL_DEVICE_MAX_WORK_ITEM_SIZES>();
  for (std::size_t i = 0; i < std::size(limits.work_item_sizes) && i < sizes.size(); ++i) {
    limits.work_item_sizes[i] = std::max<std::size_t>(1, sizes[i]);
  }
}

}  // namespace

OpenClLimits read_opencl_limits(const cl::Device& device, const cl::Context& context) {
  OpenClLimits limits;
  limits.version = parse_version(device.getInfo<CL_DEVICE_VERSION>());
  const std::string extensions = device.getInfo<CL_DEVICE_EXTENSIONS>();
  limits.fp16 = has_extension(extensions, "cl_khr_fp16");
  limits.fp64 = has_extension(extensions, "cl_khr_fp64") ||
                (limits.version >= 120 && ask_or<cl_device_fp_config>(device, CL_DEVICE_DOUBLE_FP_CONFIG, 0) != 0);
  read_images(device, context, limits);
  read_work_groups(device, limits);
  limits.local_memory_bytes = static_cast<std::int64_t>(device.getInfo<CL_DEVICE_LOCAL_MEM_SIZE>());
  limits.float_lanes =
      static_cast<int>(std::max<cl_uint>(1, ask_or<cl_uint>(device, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, 1)));
  limits.max_allocation_bytes = static_cast<std::int64_t>(device.getInfo<CL_DEVICE_MAX_MEM_ALLOC_SIZE>());
  limits.host_unified_memory = ask_or<cl_bool>(device, CL_DEVICE_HOST_UNIFIED_MEMORY, CL_FALSE) == CL_TRUE;
  read_shared_memory(device, limits);
  read_vendor_memory(device, extensions, limits);
  read_partitions(device, limits);
  // A driver that refuses the question has it: the specification demands it of every device.
  limits.profiling =
      (ask_or<cl_command_queue_properties>(device, CL_DEVICE_QUEUE_PROPERTIES, CL_QUEUE_PROFILING_ENABLE) &
       CL_QUEUE_PROFILING_ENABLE) != 0;
  limits.timer_resolution_ns =
      static_cast<std::int64_t>(ask_or<std::size_t>(device, CL_DEVICE_PROFILING_TIMER_RESOLUTION, 0));
  return limits;
}

cl::Context make_opencl_context(const cl::Device& device) {
  // Named, because drivers without a loader in front of them refuse to choose a platform.
  const std::array<cl_context_properties, 3> properties = {
      CL_CONTEXT_PLATFORM, reinterpret_cast<cl_context_properties>(device.getInfo<CL_DEVICE_PLATFORM>()), 0};
  return cl::Context(device, properties.data());
}

}  // namespace hetscope

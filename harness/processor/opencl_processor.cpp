// Context, queue, programs and memory of one OpenCL device, within OpenCL 1.1: what later versions add is asked for
// first.
#include "harness/processor/opencl_processor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/units.hpp"

namespace hetscope {
namespace {

constexpr const char* kTouchSource = R"(
__kernel void touch(__global uint4* memory) {
  const size_t i = get_global_id(0);
  memory[i] = memory[i] + (uint4)(1);
}
)";
constexpr std::int64_t kEvictionItemBytes = 16;
constexpr std::int64_t kEvictionGranule = 1024;  // items; every usual work-group size divides it
constexpr std::int64_t kEvictionGranuleBytes = kEvictionGranule * kEvictionItemBytes;
// More than the last cache of most GPUs; few have as much.
constexpr std::int64_t kLeastDeviceEvictionBytes = std::int64_t{256} << 20;

// The first lines of a compiler's messages on one line, short enough for a table's cell.
std::string first_lines(const std::string& log) {
  constexpr int kLines = 6;
  constexpr std::size_t kCharacters = 600;
  std::istringstream lines(log);
  std::string line;
  std::string text;
  for (int n = 0; n < kLines && std::getline(lines, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (!text.empty()) text += " | ";
    text += line;
    ++n;
  }
  if (text.size() > kCharacters) text = text.substr(0, kCharacters) + "...";
  return text.empty() ? "the compiler says nothing" : text;
}

cl_channel_type channel_type(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return CL_FLOAT;
    case DType::f16:
      return CL_HALF_FLOAT;
    case DType::i8:
      return CL_SIGNED_INT8;
    case DType::i32:
      return CL_SIGNED_INT32;
  }
  return CL_FLOAT;
}

bool has_image_format(const OpenClLimits& limits, DType dtype) {
  switch (dtype) {
    case DType::f32:
      return limits.image_f32;
    case DType::f16:
      return limits.image_f16;
    case DType::i8:
      return limits.image_i8;
    case DType::i32:
      return limits.image_i32;
  }
  return false;
}

std::int64_t most_eviction_bytes(const ProcessorInfo& info) {
  return std::min({info.max_allocation_bytes, info.memory_bytes / 4, kMaxEvictionBytes});
}

}  // namespace

std::int64_t opencl_eviction_bytes(const ProcessorInfo& info) {
  const std::int64_t most = most_eviction_bytes(info);
  if (info.cache_bytes > most || (info.runs_on_host_cpu && info.cache_bytes <= 0)) return 0;
  // Devices of their own tell the cache of one compute unit (NVIDIA, AMD), or not the system's behind theirs (phones).
  const std::int64_t least = info.runs_on_host_cpu ? kEvictionGranuleBytes : kLeastDeviceEvictionBytes;
  return std::min(std::max(2 * info.cache_bytes, least), most);
}

OpenClProcessor::OpenClProcessor(ProcessorInfo info, cl::Device device)
    : info_(std::move(info)), device_(std::move(device)) {
  try {
    context_ = make_opencl_context(device_);
    limits_ = read_opencl_limits(device_, context_);
    queue_ = cl::CommandQueue(context_, device_, limits_.profiling ? CL_QUEUE_PROFILING_ENABLE : 0);
  } catch (const cl::Error& error) {
    throw opencl_error(error, info_.name);
  }
}

OpenClProcessor::~OpenClProcessor() {
  // Released while a command runs, some drivers crash. A failure has nowhere to go from here.
  if (queue_() != nullptr) clFinish(queue_());
}

void OpenClProcessor::finish() {
  try {
    queue_.finish();
  } catch (const cl::Error& error) {
    throw opencl_error(error, info_.name);
  }
}

Support OpenClProcessor::evict_caches() {
  try {
    if (eviction_kernel_() == nullptr) {
      const std::int64_t wanted = opencl_eviction_bytes(info_);
      if (wanted == 0 && info_.cache_bytes <= 0) {
        return Support::no(info_.name + " does not tell the size of its cache");
      }
      if (wanted == 0) {
        return Support::no(fmt::format("the cache of {} holds {}, more than the {} that can be used to evict it",
                                       info_.name, format_bytes(static_cast<double>(info_.cache_bytes)),
                                       format_bytes(static_cast<double>(most_eviction_bytes(info_)))));
      }
      const std::int64_t granules = std::max<std::int64_t>(1, wanted / kEvictionGranuleBytes);
      eviction_buffer_ = allocate(granules * kEvictionGranuleBytes);
      eviction_items_ = static_cast<std::size_t>(granules * kEvictionGranule);
      cl::Kernel touch = kernel("cache eviction", kTouchSource, "touch");
      touch.setArg(0, eviction_buffer_);
      eviction_kernel_ = std::move(touch);
    }
    queue_.enqueueNDRangeKernel(eviction_kernel_, cl::NullRange, cl::NDRange(eviction_items_));
    queue_.finish();
    return Support::yes();
  } catch (const cl::Error& error) {
    const Error told = opencl_error(error, info_.name);
    // A device that does nothing any more is no matter of its caches.
    if (!check()) throw told;
    return Support::no(told.what());
  } catch (const Error& error) {
    return Support::no(error.what());
  }
}

Support OpenClProcessor::check() {
  try {
    std::array<cl_uint, 4> words = {};
    const cl::Buffer buffer = allocate(sizeof words);
    upload(buffer, words.data(), sizeof words);
    cl::Kernel touch = kernel("a check", kTouchSource, "touch");
    touch.setArg(0, buffer);
    queue_.enqueueNDRangeKernel(touch, cl::NullRange, cl::NDRange(1));
    download(words.data(), buffer, sizeof words);
    if (words[0] == 1) return Support::yes();
    return Support::no(info_.name + " no longer works: a kernel that is well leaves no result");
  } catch (const cl::Error& error) {
    return Support::no(info_.name + " no longer works: " + opencl_error(error, "").what());
  } catch (const Error& error) {
    return Support::no(info_.name + " no longer works: " + error.problem());
  }
}

cl::Program OpenClProcessor::program(std::string_view name, std::string_view source, const std::string& options) {
  std::string key = options + '\0';
  key += source;
  if (const auto built = programs_.find(key); built != programs_.end()) return built->second;
  try {
    cl::Program program(context_, std::string(source));
    program.build({device_}, options.c_str());
    programs_.emplace(std::move(key), program);
    return program;
  } catch (const cl::BuildError& error) {
    std::string log;
    for (const auto& [device, text] : error.getBuildLog()) log += text;
    throw Error(fmt::format("{} does not compile on {} ({}): {}", name, info_.name, opencl_error_name(error.err()),
                            first_lines(log)),
                "", options.empty() ? "" : "it was built with " + options);
  } catch (const cl::Error& error) {
    throw opencl_error(error, info_.name);
  }
}

cl::Kernel OpenClProcessor::kernel(std::string_view name, std::string_view source, const char* function,
                                   const std::string& options) {
  const cl::Program built = program(name, source, options);
  try {
    return cl::Kernel(built, function);
  } catch (const cl::Error& error) {
    throw Error(fmt::format("function '{}' cannot be taken from {}: {} ({})", function, name,
                            opencl_error_name(error.err()), error.err()),
                info_.name);
  }
}

cl::Buffer OpenClProcessor::allocate(std::int64_t bytes, cl_mem_flags flags) {
  if (bytes <= 0) throw Error(fmt::format("a buffer of {} bytes cannot be allocated", bytes), info_.name);
  if (bytes > limits_.max_allocation_bytes) {
    throw Error(
        fmt::format("a buffer of {} is above this device's limit of {}", format_bytes(static_cast<double>(bytes)),
                    format_bytes(static_cast<double>(limits_.max_allocation_bytes))),
        info_.name, "use a smaller shape");
  }
  try {
    return cl::Buffer(context_, flags, static_cast<std::size_t>(bytes));
  } catch (const cl::Error& error) {
    throw opencl_error(error, info_.name);
  }
}

void OpenClProcessor::upload(const cl::Buffer& target, const void* source, std::int64_t bytes) {
  try {
    queue_.enqueueWriteBuffer(target, CL_TRUE, 0, static_cast<std::size_t>(bytes), source);
  } catch (const cl::Error& error) {
    throw opencl_error(error, info_.name);
  }
}

void OpenClProcessor::download(void* target, const cl::Buffer& source, std::int64_t bytes) {
  try {
    queue_.enqueueReadBuffer(source, CL_TRUE, 0, static_cast<std::size_t>(bytes), target);
  } catch (const cl::Error& error) {
    throw opencl_error(error, info_.name);
  }
}

Support OpenClProcessor::supports_image(DType dtype, std::size_t width, std::size_t height) const {
  if (!limits_.images) return Support::no(info_.name + " has no images");
  if (!has_image_format(limits_, dtype)) {
    return Support::no(fmt::format("{} cannot read and write RGBA images of {}", info_.name, to_string(dtype)));
  }
  if (width < 1 || height < 1 || width > limits_.image2d_width || height > limits_.image2d_height) {
    return Support::no(fmt::format("an image of {}x{} texels is outside the limit of {}, {}x{}", width, height,
                                   info_.name, limits_.image2d_width, limits_.image2d_height));
  }
  return Support::yes();
}

cl::Image2D OpenClProcessor::allocate_image(DType dtype, std::size_t width, std::size_t height) {
  if (const Support support = supports_image(dtype, width, height); !support) {
    throw Error(support.reason(), "", "use storage=buffer");
  }
  try {
    return cl::Image2D(context_, CL_MEM_READ_WRITE, cl::ImageFormat(CL_RGBA, channel_type(dtype)), width, height);
  } catch (const cl::Error& error) {
    throw opencl_error(error, info_.name);
  }
}

Support OpenClProcessor::supports_image_buffer(DType dtype, std::size_t texels) const {
  if (!limits_.images || limits_.image_buffer_texels == 0) return Support::no(info_.name + " has no image buffers");
  const bool has_format =
      (dtype == DType::f32 && limits_.image_buffer_f32) || (dtype == DType::f16 && limits_.image_buffer_f16);
  if (!has_format) {
    return Support::no(fmt::format("{} cannot read image buffers of RGBA {}", info_.name, to_string(dtype)));
  }
  if (texels < 1 || texels > limits_.image_buffer_texels) {
    return Support::no(fmt::format("an image buffer of {} texels is outside the limit of {}, {}", texels, info_.name,
                                   limits_.image_buffer_texels));
  }
  return Support::yes();
}

cl::Image1DBuffer OpenClProcessor::allocate_image_buffer(DType dtype, std::size_t texels, const cl::Buffer& buffer) {
  if (const Support support = supports_image_buffer(dtype, texels); !support) {
    throw Error(support.reason(), "", "use storage=buffer");
  }
  try {
    return cl::Image1DBuffer(context_, CL_MEM_READ_ONLY, cl::ImageFormat(CL_RGBA, channel_type(dtype)), texels, buffer);
  } catch (const cl::Error& error) {
    throw opencl_error(error, info_.name);
  }
}

std::size_t OpenClProcessor::local_size(const cl::Kernel& kernel, std::size_t wanted) const {
  try {
    // What the compiled kernel's registers leave, often less than the device's own limit.
    const std::size_t of_kernel = kernel.getWorkGroupInfo<CL_KERNEL_WORK_GROUP_SIZE>(device_);
    const std::size_t most = std::min({wanted, of_kernel, limits_.work_group_size, limits_.work_item_sizes[0]});
    std::size_t size = 1;
    while (size <= most / 2) size *= 2;
    return size;
  } catch (const cl::Error& error) {
    throw opencl_error(error, info_.name);
  }
}

}  // namespace hetscope

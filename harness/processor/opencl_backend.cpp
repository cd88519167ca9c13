// Finds OpenCL devices, "opencl:0", "opencl:1", ... over all platforms in the loader's order, and opens them or an
// equal part of one: "opencl:0/0of2".
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <utility>

#include "harness/core/declined.hpp"
#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"
#include "harness/core/units.hpp"
#include "harness/processor/opencl_processor.hpp"

namespace hetscope {

std::unique_ptr<Backend> make_opencl_backend();

namespace {

constexpr std::string_view kPrefix = "opencl:";

// "opencl:0" or "opencl:0/0of2".
struct DeviceName {
  std::size_t device = 0;
  std::optional<std::pair<std::size_t, std::size_t>> part;  // which of how many

  std::string whole() const { return fmt::format("{}{}", kPrefix, device); }
  std::string text() const { return part ? fmt::format("{}/{}of{}", whole(), part->first, part->second) : whole(); }
};

bool take(std::string_view& rest, std::string_view word) {
  if (!rest.starts_with(word)) return false;
  rest.remove_prefix(word.size());
  return true;
}

bool take(std::string_view& rest, std::size_t& number) {
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return code == std::errc();
}

std::optional<DeviceName> parse_name(std::string_view text) {
  DeviceName name;
  if (!take(text, kPrefix) || !take(text, name.device)) return std::nullopt;
  if (text.empty()) return name;
  std::size_t which = 0;
  std::size_t count = 0;
  if (!take(text, "/") || !take(text, which) || !take(text, "of") || !take(text, count) || !text.empty()) {
    return std::nullopt;
  }
  if (count < 2 || which >= count) return std::nullopt;
  name.part = {which, count};
  return name;
}

ProcessorKind kind_of(cl_device_type type) {
  if ((type & CL_DEVICE_TYPE_GPU) != 0) return ProcessorKind::gpu;
  if ((type & CL_DEVICE_TYPE_CPU) != 0) return ProcessorKind::cpu;
  return ProcessorKind::accelerator;
}

std::string join_or_none(const std::vector<std::string>& words) {
  return words.empty() ? "none" : fmt::format("{}", fmt::join(words, " "));
}

std::string describe_image_formats(const OpenClLimits& limits) {
  std::vector<std::string> formats;
  if (limits.image_f32) formats.emplace_back("f32");
  if (limits.image_f16) formats.emplace_back("f16");
  if (limits.image_i8) formats.emplace_back("i8");
  if (limits.image_i32) formats.emplace_back("i32");
  return join_or_none(formats);
}

std::string describe_svm(const OpenClLimits& limits) {
  std::vector<std::string> kinds;
  if (limits.svm_coarse) kinds.emplace_back("coarse");
  if (limits.svm_fine) kinds.emplace_back("fine");
  if (limits.svm_system) kinds.emplace_back("system");
  if (limits.svm_atomics) kinds.emplace_back("atomics");
  return join_or_none(kinds);
}

std::string describe_partitions(const OpenClLimits& limits) {
  std::vector<std::string> ways;
  if (limits.sub_devices_equally) ways.emplace_back("equally");
  if (limits.sub_devices_by_counts) ways.emplace_back("by_counts");
  return join_or_none(ways);
}

std::size_t count_words(const std::string& text) {
  std::istringstream words(text);
  std::string word;
  std::size_t count = 0;
  while (words >> word) ++count;
  return count;
}

std::vector<std::pair<std::string, std::string>> details_of(const cl::Device& device, const OpenClLimits& limits,
                                                            std::int64_t cache_bytes) {
  const auto bytes = [](std::int64_t count) { return format_bytes(static_cast<double>(count)); };
  const auto yes_or_no = [](bool value) { return std::string(value ? "yes" : "no"); };
  const cl::Platform platform(device.getInfo<CL_DEVICE_PLATFORM>());
  const std::size_t* items = limits.work_item_sizes;
  return {
      {"platform", platform.getInfo<CL_PLATFORM_NAME>()},
      {"version", device.getInfo<CL_DEVICE_VERSION>()},
      {"library", opencl_library_path()},
      {"image2d", limits.images ? fmt::format("{}x{}", limits.image2d_width, limits.image2d_height) : "none"},
      {"image formats", describe_image_formats(limits)},
      {"image buffer", limits.images ? fmt::format("{} texels", limits.image_buffer_texels) : "none"},
      {"fp16", yes_or_no(limits.fp16)},
      {"fp64", yes_or_no(limits.fp64)},
      {"SVM", describe_svm(limits)},
      {"sub-devices", describe_partitions(limits)},
      {"local memory", bytes(limits.local_memory_bytes)},
      {"work group", fmt::format("{} ({}x{}x{})", limits.work_group_size, items[0], items[1], items[2])},
      {"profiling", yes_or_no(limits.profiling)},
      {"timer resolution", limits.timer_resolution_ns > 0 ? format_ns(static_cast<double>(limits.timer_resolution_ns))
                                                          : std::string("not told")},
      {"global cache", cache_bytes > 0 ? bytes(cache_bytes) : std::string("not told")},
      {"memory shared with the host", yes_or_no(limits.host_unified_memory)},
      {"extensions", std::to_string(count_words(device.getInfo<CL_DEVICE_EXTENSIONS>()))},
  };
}

// Throws cl::Error when the device refuses a query or a context.
ProcessorInfo describe(std::string name, const cl::Device& device) {
  const OpenClLimits limits = read_opencl_limits(device, make_opencl_context(device));
  const cl_device_type type = device.getInfo<CL_DEVICE_TYPE>();
  ProcessorInfo info;
  info.name = std::move(name);
  info.kind = kind_of(type);
  info.program_model = ProgramModel::opencl_c;
  info.model = device.getInfo<CL_DEVICE_NAME>();
  info.driver = device.getInfo<CL_DRIVER_VERSION>();
  info.compute_units = static_cast<int>(device.getInfo<CL_DEVICE_MAX_COMPUTE_UNITS>());
  info.memory_bytes = static_cast<std::int64_t>(device.getInfo<CL_DEVICE_GLOBAL_MEM_SIZE>());
  info.max_allocation_bytes = limits.max_allocation_bytes;
  info.cache_bytes = static_cast<std::int64_t>(device.getInfo<CL_DEVICE_GLOBAL_MEM_CACHE_SIZE>());
  info.runs_on_host_cpu = (type & CL_DEVICE_TYPE_CPU) != 0;
  info.details = details_of(device, limits, info.cache_bytes);
  const std::int64_t evicted_bytes = opencl_eviction_bytes(info);
  info.details.emplace_back("walked before a cold sample",
                            evicted_bytes > 0 ? format_bytes(static_cast<double>(evicted_bytes)) : "cannot be done");
  return info;
}

// Every device of every platform, in order; what is not there becomes a line of `missing`.
std::vector<cl::Device> all_devices(std::vector<std::string>& missing) {
  std::vector<cl::Device> devices;
  if (const Support library = open_opencl_library(); !library) {
    missing.push_back("opencl: " + library.reason());
    return devices;
  }
  std::vector<cl::Platform> platforms;
  try {
    cl::Platform::get(&platforms);
  } catch (const cl::Error& error) {
    missing.push_back(fmt::format("opencl: {} finds no platform ({}); no driver is installed for it",
                                  opencl_library_path(), opencl_error_name(error.err())));
    return devices;
  }
  if (platforms.empty()) missing.push_back("opencl: " + opencl_library_path() + " has no platform");
  for (std::size_t i = 0; i < platforms.size(); ++i) {
    try {
      std::vector<cl::Device> of_platform;
      platforms[i].getDevices(CL_DEVICE_TYPE_ALL, &of_platform);
      devices.insert(devices.end(), of_platform.begin(), of_platform.end());
    } catch (const cl::Error& error) {
      missing.push_back(fmt::format("opencl: platform {} gives no device ({})", i, opencl_error_name(error.err())));
    }
  }
  return devices;
}

// Part `which` of `count` equal parts. Throws Declined when the device cannot be divided so, Error when the driver
// fails at it.
cl::Device open_part(const cl::Device& device, const OpenClLimits& limits, const DeviceName& name) {
  const auto [which, count] = *name.part;
  const auto units = static_cast<std::size_t>(device.getInfo<CL_DEVICE_MAX_COMPUTE_UNITS>());
  if (!limits.sub_devices_equally && !limits.sub_devices_by_counts) {
    throw Declined(Support::no(name.whole() + " cannot be divided into sub-devices; use " + name.whole()));
  }
  if (count > units || units % count != 0) {
    throw Declined(Support::no(
        fmt::format("{} compute units of {} do not divide into {} equal parts", units, name.whole(), count)));
  }
  const auto units_each = static_cast<cl_device_partition_property>(units / count);
  std::vector<cl_device_partition_property> properties;
  if (limits.sub_devices_equally) {
    properties = {CL_DEVICE_PARTITION_EQUALLY, units_each, 0};
  } else {
    properties.push_back(CL_DEVICE_PARTITION_BY_COUNTS);
    properties.insert(properties.end(), count, units_each);
    properties.push_back(CL_DEVICE_PARTITION_BY_COUNTS_LIST_END);
    properties.push_back(0);
  }
  std::vector<cl::Device> parts;
  // The bindings' method takes the properties without saying that it only reads them.
  cl::Device whole = device;
  whole.createSubDevices(properties.data(), &parts);
  if (parts.size() != count) {
    throw Error(fmt::format("the driver made {} parts of {} instead of {}", parts.size(), name.whole(), count),
                name.text());
  }
  return parts[which];
}

class OpenClBackend final : public Backend {
 public:
  std::string_view name() const noexcept override { return "opencl"; }

  Discovery discover() override {
    Discovery discovery;
    const std::vector<cl::Device> devices = all_devices(discovery.missing);
    for (std::size_t i = 0; i < devices.size(); ++i) {
      // A device that fails keeps its number, so that the others keep their names.
      const std::string of_device = DeviceName{i, std::nullopt}.text();
      try {
        discovery.found.push_back(describe(of_device, devices[i]));
      } catch (const cl::Error& error) {
        discovery.missing.emplace_back(opencl_error(error, of_device).what());
      }
    }
    return discovery;
  }

  std::unique_ptr<Processor> open(std::string_view text) override {
    const std::optional<DeviceName> name = parse_name(text);
    if (!name) {
      throw Error("'" + std::string(text) + "' is not the name of an OpenCL device", "",
                  "write it like opencl:0, or opencl:0/0of2 for the first half of its compute units");
    }
    std::vector<std::string> missing;
    const std::vector<cl::Device> devices = all_devices(missing);
    if (devices.empty() && !missing.empty()) throw Error(missing.front(), std::string(text));
    if (name->device >= devices.size()) {
      std::vector<std::string> names;
      for (std::size_t i = 0; i < devices.size(); ++i) names.push_back(DeviceName{i, std::nullopt}.text());
      throw unknown_name("processor", text, names);
    }
    try {
      cl::Device device = devices[name->device];
      if (name->part) device = open_part(device, read_opencl_limits(device, make_opencl_context(device)), *name);
      return std::make_unique<OpenClProcessor>(describe(name->text(), device), device);
    } catch (const cl::Error& error) {
      throw opencl_error(error, name->text());
    }
  }
};

}  // namespace

std::unique_ptr<Backend> make_opencl_backend() { return std::make_unique<OpenClBackend>(); }

}  // namespace hetscope

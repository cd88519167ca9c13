// Finds the execution providers of ONNX Runtime: "npu:onnxruntime/OpenVINO.npu" is the provider OpenVINO on an NPU,
// "npu:onnxruntime/CPU" the one that every build has: a stand-in where there is no NPU, and never evidence about one.
#include <algorithm>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"
#include "harness/core/sysfs.hpp"
#include "harness/processor/onnxruntime_processor.hpp"

namespace hetscope {

std::unique_ptr<Backend> make_npu_backend();

namespace {

constexpr const char* kProviderPrefix = "npu:onnxruntime/";
// Sends the work to a service elsewhere.
constexpr const char* kRemoteProvider = "AzureExecutionProvider";

enum class HardwareType { cpu, gpu, npu };

struct Found {
  ProcessorInfo info;
  std::string provider;
  const OrtEpDevice* device = nullptr;
};

std::string text_or(const char* text, const char* otherwise) {
  return text == nullptr || *text == '\0' ? otherwise : one_line(text);
}

// As a case line can hold it: "OpenVINOExecutionProvider.AUTO" becomes "OpenVINO.AUTO".
std::string name_of(std::string provider) {
  const std::string word = "ExecutionProvider";
  if (const std::size_t at = provider.find(word); at != std::string::npos && at > 0) provider.erase(at, word.size());
  for (char& c : provider) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.';
    if (!is_plain) c = '_';
  }
  return kProviderPrefix + provider;
}

ProcessorInfo describe(const OnnxRuntimeLibrary& library, const std::string& provider, HardwareType type) {
  ProcessorInfo info;
  info.name = name_of(provider);
  info.kind = type == HardwareType::gpu ? ProcessorKind::gpu : ProcessorKind::npu;
  info.program_model = ProgramModel::submodel;
  info.driver = "ONNX Runtime " + library.version();
  // Operands stay in the host's memory; what a device has of its own is not told.
  info.memory_bytes = read_meminfo_bytes("/proc/meminfo", "MemTotal").value_or(1);
  info.max_allocation_bytes = info.memory_bytes;
  info.runs_on_host_cpu = type == HardwareType::cpu;
  info.details.emplace_back("library", library.path());
  info.details.emplace_back("provider", provider);
  info.details.emplace_back("NPU", type == HardwareType::npu ? "yes" : "no");
  return info;
}

ProcessorInfo describe(const OnnxRuntimeLibrary& library, const OrtEpDevice* device) {
  static constexpr const char* kTypes[] = {"cpu", "gpu", "npu"};
  const OnnxRuntimeFunctions& call = library.call();
  const OrtHardwareDevice* hardware = call.EpDevice_Device(device);
  const int type = std::clamp(call.HardwareDevice_Type(hardware), 0, 2);
  const std::string provider = text_or(call.EpDevice_EpName(device), "unnamed");
  ProcessorInfo info = describe(library, provider, static_cast<HardwareType>(type));
  info.name += std::string(".") + kTypes[type];
  const OrtKeyValuePairs* metadata = call.EpDevice_EpMetadata(device);
  const std::string maker = text_or(call.HardwareDevice_Vendor(hardware), "unnamed");
  info.model = text_or(call.GetKeyValue(metadata, "FULL_DEVICE_NAME"), (maker + " " + kTypes[type]).c_str());
  info.details.emplace_back("provider's version", text_or(call.GetKeyValue(metadata, "version"), "not told"));
  info.details.emplace_back("provider's vendor", text_or(call.EpDevice_EpVendor(device), "not told"));
  return info;
}

class NpuBackend final : public Backend {
 public:
  explicit NpuBackend(const OnnxRuntimeLibrary& (*library)()) : library_(library) {}

  std::string_view name() const noexcept override { return "npu"; }

  Discovery discover() override {
    Discovery discovery;
    for (Found& found : look(discovery.missing)) discovery.found.push_back(std::move(found.info));
    return discovery;
  }

  std::unique_ptr<Processor> open(std::string_view name) override {
    std::vector<std::string> missing;
    std::vector<std::string> names;
    for (Found& found : look(missing)) {
      if (found.info.name == name) {
        return std::make_unique<OnnxRuntimeProcessor>(std::move(found.info), library_(), found.provider, found.device);
      }
      names.push_back(found.info.name);
    }
    if (names.empty()) throw Error("there is no NPU: " + missing.front(), std::string(name));
    throw unknown_name("processor", name, names);
  }

 private:
  // What is there; for what is not, or cannot be used, a line each.
  std::vector<Found> look(std::vector<std::string>& missing) const {
    std::vector<Found> all;
    const OnnxRuntimeLibrary& library = library_();
    if (!library.why_not().empty()) {
      missing.push_back("npu: no ONNX Runtime: " + library.why_not());
      return all;
    }
    for (const std::string& complaint : library.complaints()) missing.push_back("npu: " + complaint);
    const OnnxRuntimeFunctions& call = library.call();
    char** names = nullptr;
    int count = 0;
    library.check(call.GetAvailableProviders(&names, &count), "listing providers");
    std::vector<std::string> built_in(names, names + count);
    library.check(call.ReleaseAvailableProviders(names, count), "listing providers");
    for (const std::string& provider : built_in) {
      if (provider == kRemoteProvider) {
        missing.push_back("npu: " + provider + " sends work to a service elsewhere: no processor of this device");
        continue;
      }
      const bool is_cpu = provider == kCpuProvider;
      Found found{describe(library, provider, is_cpu ? HardwareType::cpu : HardwareType::npu), provider, nullptr};
      found.info.model = is_cpu ? "the host's CPU, no NPU" : provider;
      all.push_back(std::move(found));
    }
    add_devices(library, built_in, all);
    return all;
  }

  // Providers of libraries of their own say on which devices they run.
  static void add_devices(const OnnxRuntimeLibrary& library, const std::vector<std::string>& built_in,
                          std::vector<Found>& all) {
    const OnnxRuntimeFunctions& call = library.call();
    const OrtEpDevice* const* devices = nullptr;
    std::size_t count = 0;
    library.check(call.GetEpDevices(library.environment(), &devices, &count), "listing devices");
    for (std::size_t i = 0; i < count; ++i) {
      const std::string provider = text_or(call.EpDevice_EpName(devices[i]), "unnamed");
      if (std::find(built_in.begin(), built_in.end(), provider) != built_in.end()) continue;
      Found found{describe(library, devices[i]), provider, devices[i]};
      // The first of several equal devices: a name stands for one.
      const auto is_same = [&](const Found& other) { return other.info.name == found.info.name; };
      if (std::none_of(all.begin(), all.end(), is_same)) all.push_back(std::move(found));
    }
  }

  const OnnxRuntimeLibrary& (*library_)();
};

}  // namespace

std::unique_ptr<Backend> make_onnxruntime_backend(const OnnxRuntimeLibrary& (*library)()) {
  return std::make_unique<NpuBackend>(library);
}

std::unique_ptr<Backend> make_npu_backend() { return make_onnxruntime_backend(onnxruntime_library); }

}  // namespace hetscope

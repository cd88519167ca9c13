// Opens the library, asks it for its function table, makes the environment that all sessions share.
#include "harness/processor/onnxruntime_library.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "harness/core/cache_directory.hpp"
#include "harness/core/error.hpp"

namespace hetscope {
namespace {

// The first that registers provider libraries, and the one that tells the assignment of nodes.
constexpr int kLeastApi = 22;
constexpr int kAssignmentApi = 24;
constexpr std::size_t kLongestMessage = 600;

// What OrtGetApiBase() hands out.
struct OrtApiBase {
  const void* const* (*table)(std::uint32_t version);
  const char* (*version)();
};

// 31 of "1.31.1", which is the newest API version that this release has; 0 for what is no version.
int api_of(const std::string& version) {
  int major = 0;
  int minor = 0;
  const char* const end = version.data() + version.size();
  const auto [dot, code] = std::from_chars(version.data(), end, major);
  if (code != std::errc() || major != 1 || dot == end || *dot != '.') return 0;
  return std::from_chars(dot + 1, end, minor).ec == std::errc() ? minor : 0;
}

std::string shortened(std::string text) {
  text = one_line(std::move(text));
  if (text.size() > kLongestMessage) text = text.substr(0, kLongestMessage) + "...";
  return text;
}

// In the virtual environment of the baseline: site-packages/onnxruntime/capi/libonnxruntime.so.1.31.1.
std::vector<std::string> in_baseline_environment() {
  namespace fs = std::filesystem;
  constexpr const char* kVariable = "HETSCOPE_BASELINE_ENVIRONMENTS";
  std::vector<std::string> found;
  if (!has_own_cache_directory(kVariable)) return found;
  // Incremented by hand, because a loop's ++ throws.
  std::error_code error;
  const fs::path lib = fs::path(cache_directory(kVariable, "baselines")) / "onnxruntime/lib";
  for (fs::directory_iterator python(lib, error), end; !error && python != end; python.increment(error)) {
    std::error_code none;
    const fs::path capi = python->path() / "site-packages/onnxruntime/capi";
    for (fs::directory_iterator file(capi, none); !none && file != end; file.increment(none)) {
      if (file->path().filename().string().starts_with("libonnxruntime.so")) found.push_back(file->path().string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

OnnxRuntimeLibrary::OnnxRuntimeLibrary(std::span<const std::string> candidates,
                                       std::span<const ProviderLibrary> providers) {
  const auto begin = std::chrono::steady_clock::now();
  library_ = DynamicLibrary::open_first(candidates, &why_not_);
  if (!library_) return;
  library_.leak();
  why_not_ = take_functions();
  if (!why_not_.empty()) {
    why_not_ = library_.path() + " " + why_not_;
    return;
  }
  const std::string failure =
      message_of(functions_.CreateEnvWithCustomLogger(note_error, this, kErrorSeverity, "hetscope", &environment_));
  if (!failure.empty()) {
    why_not_ = library_.path() + " makes no environment: " + failure;
    return;
  }
  register_providers(providers);
  load_s_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// "" or what the library lacks.
std::string OnnxRuntimeLibrary::take_functions() {
  auto* base_of = library_.function<const OrtApiBase*()>("OrtGetApiBase");
  if (base_of == nullptr) return "has no function OrtGetApiBase: it is not ONNX Runtime";
  const OrtApiBase* base = base_of();
  if (base == nullptr || base->table == nullptr || base->version == nullptr) return "gives no function table";
  const char* version = base->version();
  version_ = one_line(version == nullptr ? "" : version);
  const int api = std::min(api_of(version_), kAssignmentApi);
  if (api < kLeastApi) {
    return "is release '" + version_ + "' of ONNX Runtime, and 1." + std::to_string(kLeastApi) +
           " or a later 1.x is needed";
  }
  const void* const* table = base->table(static_cast<std::uint32_t>(api));
  if (table == nullptr) return "(release " + version_ + ") refuses API version " + std::to_string(api);
  constexpr int kFirstOfAssignment = 407;
#define HETSCOPE_ONNXRUNTIME_FUNCTION(index, Result, Name, parameters) \
  if (index < kFirstOfAssignment || api >= kAssignmentApi)             \
    functions_.Name = reinterpret_cast<Result(*) parameters>(const_cast<void*>(table[index]));
#include "harness/processor/onnxruntime_functions.inc"
#undef HETSCOPE_ONNXRUNTIME_FUNCTION
  return "";
}

void OnnxRuntimeLibrary::register_providers(std::span<const ProviderLibrary> providers) {
  for (const ProviderLibrary& provider : providers) {
    const std::string failure = message_of(
        functions_.RegisterExecutionProviderLibrary(environment_, provider.name.c_str(), provider.path.c_str()));
    if (!failure.empty()) complaints_.push_back("provider library " + provider.path + ": " + failure);
  }
}

std::string OnnxRuntimeLibrary::message_of(OrtStatus* status) const {
  if (status == nullptr) return "";
  const char* message = functions_.GetErrorMessage(status);
  std::string text = shortened(message == nullptr || *message == '\0' ? "it failed without a message" : message);
  functions_.ReleaseStatus(status);
  return text;
}

void OnnxRuntimeLibrary::check(OrtStatus* status, const std::string& doing) const {
  if (const std::string message = message_of(status); !message.empty()) {
    throw Error(doing + ": " + message, "ONNX Runtime " + version_);
  }
}

std::string OnnxRuntimeLibrary::take_logged_error() const {
  const std::lock_guard lock(mutex_);
  return std::exchange(logged_error_, {});
}

void OnnxRuntimeLibrary::note_error(void* logger, int severity, const char*, const char*, const char*,
                                    const char* message) {
  const auto* self = static_cast<const OnnxRuntimeLibrary*>(logger);
  if (severity < kErrorSeverity || message == nullptr) return;
  const std::lock_guard lock(self->mutex_);
  if (self->logged_error_.empty()) self->logged_error_ = shortened(message);
}

std::vector<std::string> onnxruntime_candidates() {
  if (const char* chosen = std::getenv("HETSCOPE_ONNXRUNTIME"); chosen != nullptr && *chosen != '\0') return {chosen};
  std::vector<std::string> candidates = {"libonnxruntime.so.1", "libonnxruntime.so"};
  for (std::string& path : in_baseline_environment()) candidates.push_back(std::move(path));
  return candidates;
}

std::vector<ProviderLibrary> parse_provider_libraries(const std::string& list) {
  std::vector<ProviderLibrary> libraries;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(':', begin), list.size());
    const std::string entry = list.substr(begin, end - begin);
    begin = end + 1;
    if (entry.empty()) continue;
    if (const std::size_t equals = entry.find('='); equals != std::string::npos) {
      libraries.push_back({entry.substr(0, equals), entry.substr(equals + 1)});
      continue;
    }
    std::string name = std::filesystem::path(entry).filename().string();
    name = name.substr(0, name.find(".so"));
    for (const char* prefix : {"lib", "onnxruntime_", "providers_"}) {
      if (name.starts_with(prefix)) name.erase(0, std::string(prefix).size());
    }
    if (name.ends_with("_plugin")) name.resize(name.size() - std::string("_plugin").size());
    libraries.push_back({name, entry});
  }
  return libraries;
}

std::vector<ProviderLibrary> onnxruntime_provider_libraries() {
  const char* list = std::getenv("HETSCOPE_ONNXRUNTIME_PROVIDERS");
  return parse_provider_libraries(list == nullptr ? "" : list);
}

const OnnxRuntimeLibrary& onnxruntime_library() {
  // Not destroyed: a thread of a provider may still log when the process ends.
  static const OnnxRuntimeLibrary* const library =
      new OnnxRuntimeLibrary(onnxruntime_candidates(), onnxruntime_provider_libraries());
  return *library;
}

}  // namespace hetscope

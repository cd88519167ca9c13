// ONNX Runtime, opened at run time: the way to NPUs, each behind an execution provider. Nothing of it is needed to
// build; the functions are taken from the table that the library hands out, by their place in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "harness/core/dynamic_library.hpp"

namespace hetscope {

// ORT_LOGGING_LEVEL_ERROR of onnxruntime_c_api.h: what is milder is not noted.
inline constexpr int kErrorSeverity = 3;

struct OrtEnv;
struct OrtStatus;
struct OrtSession;
struct OrtSessionOptions;
struct OrtRunOptions;
struct OrtValue;
struct OrtMemoryInfo;
struct OrtKeyValuePairs;
struct OrtEpDevice;
struct OrtHardwareDevice;
struct OrtEpAssignedSubgraph;
struct OrtEpAssignedNode;
using OrtLoggingFunction = void(void* logger, int severity, const char* category, const char* id, const char* place,
                                const char* message);

struct OnnxRuntimeFunctions {
#define HETSCOPE_ONNXRUNTIME_FUNCTION(index, Result, Name, parameters) Result(*Name) parameters = nullptr;
#include "harness/processor/onnxruntime_functions.inc"
#undef HETSCOPE_ONNXRUNTIME_FUNCTION
};

// A library with execution providers of its own, registered by its path under a name.
struct ProviderLibrary {
  std::string name;
  std::string path;
};

class OnnxRuntimeLibrary {
 public:
  // Opens the first of `candidates` that loads, and registers `providers`. What fails is told by why_not() or
  // complaints(); nothing is thrown.
  OnnxRuntimeLibrary(std::span<const std::string> candidates, std::span<const ProviderLibrary> providers);
  OnnxRuntimeLibrary(const OnnxRuntimeLibrary&) = delete;
  OnnxRuntimeLibrary& operator=(const OnnxRuntimeLibrary&) = delete;

  // Empty when it can be used.
  const std::string& why_not() const noexcept { return why_not_; }
  // One line for each provider library that could not be registered.
  const std::vector<std::string>& complaints() const noexcept { return complaints_; }
  const std::string& path() const noexcept { return library_.path(); }
  const std::string& version() const noexcept { return version_; }
  // Whether it tells which provider took which node (from release 1.24 on).
  bool tells_assignment() const noexcept { return functions_.Session_GetEpGraphAssignmentInfo != nullptr; }
  const OnnxRuntimeFunctions& call() const noexcept { return functions_; }
  OrtEnv* environment() const noexcept { return environment_; }
  // Seconds from opening the file to the last provider registered; 0 when it was not opened.
  double load_s() const noexcept { return load_s_; }

  // "" for success; else the status's message, on one line. Releases the status.
  std::string message_of(OrtStatus* status) const;
  // Throws Error ("DOING: message") unless `status` is a success.
  void check(OrtStatus* status, const std::string& doing) const;
  // The first line of severity error that it has logged since this was last asked; "" when there is none.
  std::string take_logged_error() const;

 private:
  std::string take_functions();
  void register_providers(std::span<const ProviderLibrary> providers);
  static OrtLoggingFunction note_error;

  DynamicLibrary library_;
  OnnxRuntimeFunctions functions_;
  OrtEnv* environment_ = nullptr;
  std::string version_;
  std::string why_not_;
  std::vector<std::string> complaints_;
  double load_s_ = 0;
  mutable std::mutex mutex_;  // providers log from threads of their own
  mutable std::string logged_error_;
};

// Where it is looked for: $HETSCOPE_ONNXRUNTIME and nothing else when that is set; else the loader's own paths and the
// environment of the baseline.
std::vector<std::string> onnxruntime_candidates();
// $HETSCOPE_ONNXRUNTIME_PROVIDERS: paths separated by ':', each "PATH" or "NAME=PATH". Without a name it is the file's,
// less what such names begin and end with: "qnn" of "libonnxruntime_providers_qnn.so".
std::vector<ProviderLibrary> onnxruntime_provider_libraries();
std::vector<ProviderLibrary> parse_provider_libraries(const std::string& list);

// The one of this process, opened when it is first asked for and never closed: its threads and its providers' outlive
// every user.
const OnnxRuntimeLibrary& onnxruntime_library();

}  // namespace hetscope

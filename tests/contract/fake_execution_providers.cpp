// A library that says it is ONNX Runtime, with three providers beside the CPU's: Whole takes a model as one piece,
// Partial leaves its last node to the CPU, Nothing all of it. It computes nothing. Functions that no test of fallback
// needs are null.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/processor/onnxruntime_library.hpp"

namespace hetscope {

struct OrtStatus {
  std::string message;
};
struct OrtEnv {
  OrtLoggingFunction* log = nullptr;
  void* logger = nullptr;
};
struct OrtMemoryInfo {};
struct OrtValue {};
struct OrtSessionOptions {
  std::string provider;
  bool refuses_fallback = false;
};
struct OrtEpAssignedNode {
  const char* type;
};
struct OrtEpAssignedSubgraph {
  const char* provider;
  std::vector<const OrtEpAssignedNode*> nodes;
};
struct OrtSession {
  std::vector<OrtEpAssignedSubgraph> pieces;
  std::vector<const OrtEpAssignedSubgraph*> told;
};

namespace {

constexpr const char* kLastProvider = "CPUExecutionProvider";
constexpr std::array<const char*, 4> kProviders = {"WholeExecutionProvider", "PartialExecutionProvider",
                                                   "NothingExecutionProvider", kLastProvider};
constexpr OrtEpAssignedNode kProduct{"MatMul"};
constexpr OrtEpAssignedNode kRounding{"QuantizeLinear"};
constexpr std::size_t kTableEntries = 413;  // up to EpAssignedNode_GetOperatorType

std::vector<OrtEpAssignedSubgraph> pieces_for(std::string_view provider) {
  if (provider == "Whole") return {{kProviders[0], {&kProduct, &kRounding}}};
  if (provider == "Partial") return {{kProviders[1], {&kProduct}}, {kLastProvider, {&kRounding}}};
  return {{kLastProvider, {&kProduct}}, {kLastProvider, {&kRounding}}};
}

OrtStatus* create_session(const OrtEnv* environment, const void*, std::size_t, const OrtSessionOptions* options,
                          OrtSession** session) {
  auto made = std::make_unique<OrtSession>();
  made->pieces = pieces_for(options->provider);
  for (const OrtEpAssignedSubgraph& piece : made->pieces) {
    made->told.push_back(&piece);
    if (!options->refuses_fallback || piece.provider != std::string_view(kLastProvider)) continue;
    environment->log(environment->logger, kErrorSeverity, "", "", "", "the provider has no QuantizeLinear");
    return new OrtStatus{"nodes are left to the CPU, and fallback is disabled"};
  }
  *session = made.release();
  return nullptr;
}

void set_sessions(OnnxRuntimeFunctions& functions) {
  functions.CreateSessionOptions = [](OrtSessionOptions** options) -> OrtStatus* {
    *options = new OrtSessionOptions;
    return nullptr;
  };
  functions.ReleaseSessionOptions = [](OrtSessionOptions* options) { delete options; };
  functions.SetSessionLogSeverityLevel = [](OrtSessionOptions*, int) -> OrtStatus* { return nullptr; };
  functions.SetIntraOpNumThreads = [](OrtSessionOptions*, int) -> OrtStatus* { return nullptr; };
  functions.SetInterOpNumThreads = [](OrtSessionOptions*, int) -> OrtStatus* { return nullptr; };
  functions.AddSessionConfigEntry = [](OrtSessionOptions* options, const char* key, const char* value) -> OrtStatus* {
    if (std::string_view(key) == "session.disable_cpu_ep_fallback") options->refuses_fallback = *value == '1';
    return nullptr;
  };
  functions.SessionOptionsAppendExecutionProvider = [](OrtSessionOptions* options, const char* provider,
                                                       const char* const*, const char* const*,
                                                       std::size_t) -> OrtStatus* {
    options->provider = provider;
    return nullptr;
  };
  functions.CreateSessionFromArray = create_session;
  functions.ReleaseSession = [](OrtSession* session) { delete session; };
  functions.Run = [](OrtSession*, const OrtRunOptions*, const char* const*, const OrtValue* const*, std::size_t,
                     const char* const*, std::size_t, OrtValue**) -> OrtStatus* { return nullptr; };
}

void set_values(OnnxRuntimeFunctions& functions) {
  functions.CreateCpuMemoryInfo = [](int, int, OrtMemoryInfo** memory) -> OrtStatus* {
    *memory = new OrtMemoryInfo;
    return nullptr;
  };
  functions.ReleaseMemoryInfo = [](OrtMemoryInfo* memory) { delete memory; };
  functions.CreateTensorWithDataAsOrtValue = [](const OrtMemoryInfo*, void*, std::size_t, const std::int64_t*,
                                                std::size_t, int, OrtValue** value) -> OrtStatus* {
    *value = new OrtValue;
    return nullptr;
  };
  functions.ReleaseValue = [](OrtValue* value) { delete value; };
}

void set_assignments(OnnxRuntimeFunctions& functions) {
  functions.Session_GetEpGraphAssignmentInfo =
      [](const OrtSession* session, const OrtEpAssignedSubgraph* const** pieces, std::size_t* count) -> OrtStatus* {
    *pieces = session->told.data();
    *count = session->told.size();
    return nullptr;
  };
  functions.EpAssignedSubgraph_GetEpName = [](const OrtEpAssignedSubgraph* piece, const char** name) -> OrtStatus* {
    *name = piece->provider;
    return nullptr;
  };
  functions.EpAssignedSubgraph_GetNodes = [](const OrtEpAssignedSubgraph* piece, const OrtEpAssignedNode* const** nodes,
                                             std::size_t* count) -> OrtStatus* {
    *nodes = piece->nodes.data();
    *count = piece->nodes.size();
    return nullptr;
  };
  functions.EpAssignedNode_GetOperatorType = [](const OrtEpAssignedNode* node, const char** type) -> OrtStatus* {
    *type = node->type;
    return nullptr;
  };
}

OnnxRuntimeFunctions make_functions() {
  OnnxRuntimeFunctions functions;
  functions.GetErrorMessage = [](const OrtStatus* status) { return status->message.c_str(); };
  functions.ReleaseStatus = [](OrtStatus* status) { delete status; };
  functions.CreateEnvWithCustomLogger = [](OrtLoggingFunction* log, void* logger, int, const char*,
                                           OrtEnv** environment) -> OrtStatus* {
    static OrtEnv the_environment;
    the_environment = {log, logger};
    *environment = &the_environment;
    return nullptr;
  };
  functions.GetAvailableProviders = [](char*** names, int* count) -> OrtStatus* {
    static std::array<char*, kProviders.size()> told;
    // The C API hands out text that may be written, and nobody writes it.
    for (std::size_t i = 0; i < told.size(); ++i) told[i] = const_cast<char*>(kProviders[i]);
    *names = told.data();
    *count = static_cast<int>(told.size());
    return nullptr;
  };
  functions.ReleaseAvailableProviders = [](char**, int) -> OrtStatus* { return nullptr; };
  functions.GetEpDevices = [](const OrtEnv*, const OrtEpDevice* const**, std::size_t* count) -> OrtStatus* {
    *count = 0;
    return nullptr;
  };
  set_sessions(functions);
  set_values(functions);
  set_assignments(functions);
  return functions;
}

const void* const* table(std::uint32_t) {
  static const std::array<const void*, kTableEntries> kTable = [] {
    const OnnxRuntimeFunctions functions = make_functions();
    std::array<const void*, kTableEntries> entries{};
#define HETSCOPE_ONNXRUNTIME_FUNCTION(index, Result, Name, parameters) \
  entries.at(index) = reinterpret_cast<const void*>(functions.Name);
#include "harness/processor/onnxruntime_functions.inc"
#undef HETSCOPE_ONNXRUNTIME_FUNCTION
    return entries;
  }();
  return kTable.data();
}

const char* version() { return HETSCOPE_FAKE_RELEASE; }

struct Base {
  const void* const* (*table)(std::uint32_t);
  const char* (*version)();
};

}  // namespace
}  // namespace hetscope

extern "C" __attribute__((visibility("default"))) const hetscope::Base* OrtGetApiBase();
extern "C" const hetscope::Base* OrtGetApiBase() {
  static const hetscope::Base kBase = {hetscope::table, hetscope::version};
  return &kBase;
}

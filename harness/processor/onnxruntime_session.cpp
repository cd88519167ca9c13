// Sessions: from a model's bytes to runs on bound operands.
#include <algorithm>

#include "harness/core/error.hpp"
#include "harness/processor/onnx_model.hpp"
#include "harness/processor/onnxruntime_processor.hpp"

namespace hetscope {
namespace {

// OrtArenaAllocator and OrtMemTypeDefault: ordinary memory of the host.
constexpr int kArenaAllocator = 1;
constexpr int kDefaultMemory = 0;

// Released on every way out of a constructor.
struct Settings {
  explicit Settings(const OnnxRuntimeLibrary& of) : library(of) {
    library.check(library.call().CreateSessionOptions(&options), "making session options");
  }
  ~Settings() { library.call().ReleaseSessionOptions(options); }
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;

  void entry(const char* key, const char* value) const {
    library.check(library.call().AddSessionConfigEntry(options, key, value), std::string("setting ") + key);
  }

  const OnnxRuntimeLibrary& library;
  OrtSessionOptions* options = nullptr;
};

// "QNN" of "QNNExecutionProvider", which is how a provider inside the library is asked for.
std::string short_provider(std::string provider) {
  const std::string ending = "ExecutionProvider";
  if (provider.ends_with(ending)) provider.resize(provider.size() - ending.size());
  return provider;
}

}  // namespace

OnnxRuntimeSession::OnnxRuntimeSession(const OnnxRuntimeProcessor& processor, const std::string& model,
                                       const OnnxRuntimeSessionOptions& options)
    : library_(processor.library()) {
  const OnnxRuntimeFunctions& call = library_.call();
  const Settings settings(library_);
  library_.check(call.SetSessionLogSeverityLevel(settings.options, kErrorSeverity), "setting the log's level");
  library_.check(call.SetIntraOpNumThreads(settings.options, options.threads), "setting threads");
  library_.check(call.SetInterOpNumThreads(settings.options, 1), "setting threads");
  // A thread that looks for work in between would disturb whatever is measured next.
  settings.entry("session.intra_op.allow_spinning", "0");
  // With the CPU as the provider that was asked for there is nothing to fall back to.
  if (!options.may_fall_back && !processor.is_cpu_provider()) settings.entry("session.disable_cpu_ep_fallback", "1");
  if (library_.tells_assignment()) settings.entry("session.record_ep_graph_assignment_info", "1");
  (void)library_.take_logged_error();
  append_provider(processor, settings.options, options);
  const std::string failure = library_.message_of(
      call.CreateSessionFromArray(library_.environment(), model.data(), model.size(), settings.options, &session_));
  if (!failure.empty()) throw Error(explained(failure), processor.name());
  try {
    if (library_.tells_assignment()) read_assignments();
    library_.check(call.CreateCpuMemoryInfo(kArenaAllocator, kDefaultMemory, &memory_), "describing memory");
  } catch (...) {
    call.ReleaseSession(session_);
    throw;
  }
}

OnnxRuntimeSession::~OnnxRuntimeSession() {
  const OnnxRuntimeFunctions& call = library_.call();
  for (const Bindings* bindings : {&inputs_, &outputs_}) {
    for (OrtValue* value : bindings->values) call.ReleaseValue(value);
  }
  call.ReleaseMemoryInfo(memory_);
  call.ReleaseSession(session_);
}

std::string OnnxRuntimeSession::explained(const std::string& message) const {
  const std::string logged = library_.take_logged_error();
  return logged.empty() || logged == message ? message : message + "; before that it logged: " + logged;
}

void OnnxRuntimeSession::append_provider(const OnnxRuntimeProcessor& processor, OrtSessionOptions* settings,
                                         const OnnxRuntimeSessionOptions& options) const {
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : options.provider) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  const OnnxRuntimeFunctions& call = library_.call();
  OrtStatus* status = nullptr;
  if (const OrtEpDevice* device = processor.device(); device != nullptr) {
    status = call.SessionOptionsAppendExecutionProvider_V2(settings, library_.environment(), &device, 1, keys.data(),
                                                           values.data(), keys.size());
  } else if (!processor.is_cpu_provider()) {
    status = call.SessionOptionsAppendExecutionProvider(settings, short_provider(processor.provider()).c_str(),
                                                        keys.data(), values.data(), keys.size());
  } else if (!keys.empty()) {
    throw Error(std::string(kCpuProvider) + " has no options", processor.name());
  }
  if (const std::string failure = library_.message_of(status); !failure.empty()) {
    throw Error(explained(failure), processor.name());
  }
}

void OnnxRuntimeSession::read_assignments() {
  const OnnxRuntimeFunctions& call = library_.call();
  const OrtEpAssignedSubgraph* const* pieces = nullptr;
  std::size_t count = 0;
  library_.check(call.Session_GetEpGraphAssignmentInfo(session_, &pieces, &count), "asking who took which node");
  for (std::size_t i = 0; i < count; ++i) {
    NodeAssignment& assignment = assignments_.emplace_back();
    const char* name = nullptr;
    library_.check(call.EpAssignedSubgraph_GetEpName(pieces[i], &name), "asking for a provider's name");
    assignment.provider = name;
    const OrtEpAssignedNode* const* nodes = nullptr;
    std::size_t node_count = 0;
    library_.check(call.EpAssignedSubgraph_GetNodes(pieces[i], &nodes, &node_count), "asking for nodes");
    for (std::size_t n = 0; n < node_count; ++n) {
      const char* type = nullptr;
      library_.check(call.EpAssignedNode_GetOperatorType(nodes[n], &type), "asking for an operator");
      assignment.operators.emplace_back(type);
    }
  }
}

void OnnxRuntimeSession::bind(Bindings& bindings, const std::string& name, std::byte* bytes, const TensorView& view) {
  const std::vector<std::int64_t> shape = onnx_dims(view);
  const std::size_t size = static_cast<std::size_t>(view.shape().element_count()) * size_of(view.dtype());
  OrtValue* value = nullptr;
  library_.check(library_.call().CreateTensorWithDataAsOrtValue(memory_, bytes, size, shape.data(), shape.size(),
                                                                onnx_element_type(view.dtype()), &value),
                 "binding " + name);
  const auto found = std::find(bindings.names.begin(), bindings.names.end(), name);
  if (found != bindings.names.end()) {
    OrtValue*& bound = bindings.values[static_cast<std::size_t>(found - bindings.names.begin())];
    library_.call().ReleaseValue(bound);
    bound = value;
    return;
  }
  bindings.names.push_back(name);
  bindings.values.push_back(value);
  bindings.pointers.clear();
  for (const std::string& bound : bindings.names) bindings.pointers.push_back(bound.c_str());
}

void OnnxRuntimeSession::bind_input(const std::string& name, const HostTensor& tensor) {
  // The library's functions take what they only read without saying so.
  bind(inputs_, name, const_cast<std::byte*>(tensor.data()), tensor.view());
}

void OnnxRuntimeSession::bind_output(const std::string& name, HostTensor& tensor) {
  bind(outputs_, name, tensor.data(), tensor.view());
}

void OnnxRuntimeSession::run() {
  OrtStatus* status =
      library_.call().Run(session_, nullptr, inputs_.pointers.data(), inputs_.values.data(), inputs_.values.size(),
                          outputs_.pointers.data(), outputs_.values.size(), outputs_.values.data());
  if (status != nullptr) throw Error(explained(library_.message_of(status)), "ONNX Runtime " + library_.version());
}

}  // namespace hetscope

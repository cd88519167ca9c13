// One execution provider of ONNX Runtime on one device: a processor that takes whole operations as models. And a
// session: one such model, compiled by the provider, bound to operands in the host's memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/processor/onnxruntime_library.hpp"
#include "harness/processor/processor.hpp"
#include "harness/tensor/host_tensor.hpp"

namespace hetscope {

// The provider that is part of every build and takes what no other one wants.
inline constexpr const char* kCpuProvider = "CPUExecutionProvider";

class OnnxRuntimeProcessor final : public Processor {
 public:
  // `device` is null for a provider that is built into the library and is asked for by its name. `library` outlives it.
  OnnxRuntimeProcessor(ProcessorInfo info, const OnnxRuntimeLibrary& library, std::string provider,
                       const OrtEpDevice* device)
      : info_(std::move(info)), library_(library), provider_(std::move(provider)), device_(device) {}

  const ProcessorInfo& info() const noexcept override { return info_; }
  // Runs return when they are done.
  void finish() override {}
  Support evict_caches() override {
    return Support::no("what an execution provider keeps in caches cannot be evicted from outside");
  }

  const OnnxRuntimeLibrary& library() const noexcept { return library_; }
  const std::string& provider() const noexcept { return provider_; }
  const OrtEpDevice* device() const noexcept { return device_; }
  bool is_cpu_provider() const noexcept { return provider_ == kCpuProvider; }

 private:
  ProcessorInfo info_;
  const OnnxRuntimeLibrary& library_;
  std::string provider_;
  const OrtEpDevice* device_;
};

struct OnnxRuntimeSessionOptions {
  int threads = 1;             // of the runtime's own pool; providers have theirs
  bool may_fall_back = false;  // nodes that the provider does not take run on the CPU; else there is no session
  std::vector<std::pair<std::string, std::string>> provider;  // in the provider's own words
};

// Which provider took which nodes, as ONNX Runtime tells after it has made a session.
struct NodeAssignment {
  std::string provider;
  std::vector<std::string> operators;  // of one piece that it compiles as a whole, or of one node
};

class OnnxRuntimeSession {
 public:
  // Throws Error when there is no session: the provider refuses the model, an option or the fallback; with what it
  // logged.
  OnnxRuntimeSession(const OnnxRuntimeProcessor& processor, const std::string& model,
                     const OnnxRuntimeSessionOptions& options);
  ~OnnxRuntimeSession();
  OnnxRuntimeSession(const OnnxRuntimeSession&) = delete;
  OnnxRuntimeSession& operator=(const OnnxRuntimeSession&) = delete;

  // The tensors are read and written in place by every run and outlive it. Binding a name again replaces its tensor.
  void bind_input(const std::string& name, const HostTensor& tensor);
  void bind_output(const std::string& name, HostTensor& tensor);
  // One execution. Throws Error when it fails.
  void run();

  // Empty when the library does not tell it.
  const std::vector<NodeAssignment>& assignments() const noexcept { return assignments_; }

 private:
  struct Bindings {
    std::vector<std::string> names;
    std::vector<OrtValue*> values;
    std::vector<const char*> pointers;
  };
  void bind(Bindings& bindings, const std::string& name, std::byte* bytes, const TensorView& view);
  void append_provider(const OnnxRuntimeProcessor& processor, OrtSessionOptions* settings,
                       const OnnxRuntimeSessionOptions& options) const;
  void read_assignments();
  std::string explained(const std::string& message) const;

  const OnnxRuntimeLibrary& library_;
  OrtMemoryInfo* memory_ = nullptr;
  OrtSession* session_ = nullptr;
  Bindings inputs_;
  Bindings outputs_;
  std::vector<NodeAssignment> assignments_;
};

// Finds and opens "npu:onnxruntime/..." of `library`, which is asked for when somebody looks.
std::unique_ptr<Backend> make_onnxruntime_backend(const OnnxRuntimeLibrary& (*library)());

}  // namespace hetscope

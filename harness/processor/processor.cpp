// Names of kinds and models, the list of back ends, and the set of opened processors.
#include "harness/processor/processor.hpp"

#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"

namespace hetscope {

#define HETSCOPE_BACKEND(name) std::unique_ptr<Backend> make_##name##_backend();
#include "harness/processor/backends.inc"
#undef HETSCOPE_BACKEND

std::string_view to_string(ProcessorKind kind) {
  switch (kind) {
    case ProcessorKind::cpu:
      return "cpu";
    case ProcessorKind::gpu:
      return "gpu";
    case ProcessorKind::npu:
      return "npu";
    case ProcessorKind::accelerator:
      return "accelerator";
  }
  return "unknown";
}

std::string_view to_string(ProgramModel model) {
  switch (model) {
    case ProgramModel::host_function:
      return "host_function";
    case ProgramModel::opencl_c:
      return "opencl_c";
    case ProgramModel::submodel:
      return "submodel";
    case ProgramModel::parts:
      return "parts";
  }
  return "unknown";
}

std::vector<std::unique_ptr<Backend>> make_backends() {
  std::vector<std::unique_ptr<Backend>> backends;
#define HETSCOPE_BACKEND(name) backends.push_back(make_##name##_backend());
#include "harness/processor/backends.inc"
#undef HETSCOPE_BACKEND
  return backends;
}

ProcessorSet::ProcessorSet() : ProcessorSet(make_backends()) {}

ProcessorSet::ProcessorSet(std::vector<std::unique_ptr<Backend>> backends) : backends_(std::move(backends)) {}

ProcessorSet::~ProcessorSet() = default;

Discovery ProcessorSet::discover() {
  Discovery all;
  for (const auto& backend : backends_) {
    Discovery one = backend->discover();
    for (ProcessorInfo& info : one.found) all.found.push_back(std::move(info));
    for (std::string& reason : one.missing) all.missing.push_back(std::move(reason));
  }
  return all;
}

Processor& ProcessorSet::at(std::string_view name) {
  for (const auto& processor : opened_) {
    if (processor->name() == name) return *processor;
  }
  const std::string_view owner = name.substr(0, name.find_first_of(".:@"));
  for (const auto& backend : backends_) {
    if (backend->name() != owner) continue;
    std::unique_ptr<Processor> processor = backend->open(name);
    // An explicit CPU set has several spellings ("cpu@0,1", "cpu@0-1") that name one processor.
    for (const auto& earlier : opened_) {
      if (earlier->name() == processor->name()) return *earlier;
    }
    opened_.push_back(std::move(processor));
    return *opened_.back();
  }
  std::vector<std::string> names;
  const Discovery known = discover();
  for (const ProcessorInfo& info : known.found) names.push_back(info.name);
  throw unknown_name("processor", name, names);
}

Support ProcessorSet::check() {
  for (const auto& processor : opened_) {
    if (const Support working = processor->check(); !working) return working;
  }
  return Support::yes();
}

std::vector<std::string> names_of(std::span<const ProcessorInfo> processors) {
  std::vector<std::string> names;
  for (const ProcessorInfo& processor : processors) names.push_back(processor.name);
  return names;
}

}  // namespace hetscope

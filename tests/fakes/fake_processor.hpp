// A processor and a back end without hardware: they are what a test says and count what is asked of them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/processor/processor.hpp"

namespace hetscope {

class FakeProcessor final : public Processor {
 public:
  explicit FakeProcessor(ProcessorInfo info, Support evict = Support::yes())
      : info_(std::move(info)), evict_(std::move(evict)) {}
  explicit FakeProcessor(std::string name, ProcessorKind kind = ProcessorKind::cpu,
                         ProgramModel model = ProgramModel::host_function)
      : FakeProcessor(described(std::move(name), kind, model)) {}

  const ProcessorInfo& info() const noexcept override { return info_; }
  void finish() override { ++finished; }
  Support evict_caches() override {
    ++evictions;
    return evict_;
  }

  int finished = 0;
  int evictions = 0;

  static ProcessorInfo described(std::string name, ProcessorKind kind, ProgramModel model) {
    ProcessorInfo info;
    info.name = std::move(name);
    info.kind = kind;
    info.program_model = model;
    info.model = "a fake";
    info.compute_units = 4;
    info.memory_bytes = std::int64_t{1} << 30;
    info.max_allocation_bytes = std::int64_t{1} << 28;
    info.cache_bytes = std::int64_t{1} << 20;
    return info;
  }

 private:
  ProcessorInfo info_;
  Support evict_;
};

// Finds the processors called `names`; opens these and those of `unlisted`.
class FakeBackend final : public Backend {
 public:
  FakeBackend(std::string name, std::vector<std::string> names, std::vector<std::string> missing = {})
      : name_(std::move(name)), names_(std::move(names)), missing_(std::move(missing)) {}

  std::string_view name() const noexcept override { return name_; }
  Discovery discover() override {
    Discovery discovery;
    for (const std::string& name : names_) discovery.found.push_back(FakeProcessor(name).info());
    discovery.missing = missing_;
    return discovery;
  }
  std::unique_ptr<Processor> open(std::string_view name) override {
    ++opened;
    for (const std::vector<std::string>* known : {&names_, &unlisted}) {
      for (const std::string& one : *known) {
        if (one == name) return std::make_unique<FakeProcessor>(one);
      }
    }
    throw Error("no fake is called '" + std::string(name) + "'");
  }

  std::vector<std::string> unlisted;
  int opened = 0;

 private:
  std::string name_;
  std::vector<std::string> names_;
  std::vector<std::string> missing_;
};

}  // namespace hetscope

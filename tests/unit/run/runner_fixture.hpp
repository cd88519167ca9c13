// A runner over made-up kernels and clocks, on one processor that is one.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/run/runner.hpp"
#include "tests/fakes/fake_kernel.hpp"
#include "tests/fakes/fake_meter.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {

// "fake:made-up" says that it is one.
class OneProcessor final : public Processor {
 public:
  explicit OneProcessor(std::string name) {
    info_.name = std::move(name);
    info_.is_fake = info_.name == "fake:made-up";
  }
  const ProcessorInfo& info() const noexcept override { return info_; }
  void finish() override {}
  Support evict_caches() override { return Support::yes(); }
  Support check() override { return is_lost ? Support::no("fake no longer works") : Support::yes(); }

  bool is_lost = false;

 private:
  ProcessorInfo info_;
};

class OneBackend final : public Backend {
 public:
  std::string_view name() const noexcept override { return "fake"; }
  Discovery discover() override { return {{OneProcessor("fake").info()}, {}}; }
  std::unique_ptr<Processor> open(std::string_view name) override {
    return std::make_unique<OneProcessor>(std::string(name));
  }
};

class RunnerTest : public testing::Test {
 protected:
  RunnerTest() {
    catalog_.operations().add(std::make_unique<FakeOperation>());
    std::vector<std::unique_ptr<Backend>> backends;
    backends.push_back(std::make_unique<OneBackend>());
    processors_ = std::make_unique<ProcessorSet>(std::move(backends));
  }

  void add(std::string name, FakeScript script) {
    catalog_.kernels().add(std::make_unique<FakeKernel>(std::move(name), clock_, std::move(script)));
  }

  PlannedGroup group(const std::vector<std::string>& kernels, const std::string& more = "") {
    PlannedGroup result;
    result.key = "fake_double shape=[16]";
    result.scenario = "test";
    result.budget_s = 1;
    for (const std::string& kernel : kernels) {
      const Case item = Case::parse("fake_double kernel=" + kernel + " processor=fake shape=[16]" + more);
      result.cases.push_back({catalog_.complete(item).line()});
    }
    return result;
  }

  std::vector<Record> run(const PlannedGroup& planned, std::vector<std::unique_ptr<EnergyMeter>> meters = {}) {
    Runner runner(catalog_, *processors_, std::move(meters), {"fake: no meter is wanted"},
                  {"run", "session", "boot", "model", "unit"}, clock_, procfs_.path());
    runner.use_models(std::move(models_));
    return runner.run(planned, [this](std::size_t member) { progress_.push_back(member); });
  }

  FakeClock clock_;
  std::vector<std::unique_ptr<EnergyModel>> models_;
  TemporaryDirectory procfs_;  // empty: what this machine does meanwhile is no part of the tests
  Catalog catalog_;
  std::unique_ptr<ProcessorSet> processors_;
  std::vector<std::size_t> progress_;
};

inline FakeScript taking(std::int64_t duration_ns) {
  FakeScript script;
  script.duration_ns = [duration_ns](std::int64_t) { return duration_ns; };
  return script;
}

}  // namespace hetscope

// An accelerator without hardware, for tests of everything around one: which operations and types it takes, how long an
// execution lasts, what others slow it down by, and how it fails are what a test says. It computes right answers on the
// host and waits until its time has passed. Every row that it takes part in is `mistrusted`.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/kernel/kernel.hpp"
#include "harness/processor/processor.hpp"
#include "harness/tensor/dtype.hpp"

namespace hetscope {

struct FakeAcceleratorModel {
  std::string name = "fake:npu";
  std::vector<std::string> operations = {"matmul"};  // that it takes; others are unsupported
  std::vector<DType> dtypes = {DType::f32};
  double alpha_ns = 0;  // an execution lasts alpha + beta * flops, at least
  double beta_ns = 0;
  std::map<std::string, double> slowdown;  // times this while the accelerator of that name works when it begins
  std::int64_t fails_at = -1;              // the execution that throws, from 0; none below 0
  bool rounds_to_f16 = false;              // computes less precisely than it says
  bool falls_back = false;                 // says that the CPU did the work, which makes its times doubtful
};

// The names of the accelerators that work at the moment.
class FakeTraffic {
 public:
  void begin(const std::string& name);
  void end(const std::string& name);
  bool is_busy(const std::string& name) const;

 private:
  mutable std::mutex mutex_;
  std::multiset<std::string> busy_;
};

class FakeAccelerator final : public Processor {
 public:
  FakeAccelerator(FakeAcceleratorModel model, FakeTraffic& traffic);
  const ProcessorInfo& info() const noexcept override { return info_; }
  void finish() override {}
  Support evict_caches() override { return Support::no("a fake has no caches"); }

  const FakeAcceleratorModel& model() const noexcept { return model_; }
  FakeTraffic& traffic() noexcept { return traffic_; }

 private:
  FakeAcceleratorModel model_;
  FakeTraffic& traffic_;
  ProcessorInfo info_;
};

// Finds an accelerator for each model; their names begin with "fake:".
class FakeAcceleratorBackend final : public Backend {
 public:
  explicit FakeAcceleratorBackend(std::vector<FakeAcceleratorModel> models) : models_(std::move(models)) {}
  std::string_view name() const noexcept override { return "fake"; }
  Discovery discover() override;
  std::unique_ptr<Processor> open(std::string_view name) override;

 private:
  std::vector<FakeAcceleratorModel> models_;
  FakeTraffic traffic_;
};

// matmul_fake: the product on such an accelerator. `clock` outlives it.
std::unique_ptr<Kernel> make_fake_matmul(const Clock& clock);

// fake:npu, and one with each fault: fake:half rounds to f16, fake:broken fails in its third execution, fake:fallback
// falls back, fake:narrow takes f16 only.
std::vector<FakeAcceleratorModel> fake_accelerators();

}  // namespace hetscope

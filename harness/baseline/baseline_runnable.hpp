// A model run by a baseline, as a Runnable: requests go to the foreign process, whose own clock is reported beside
// ours; while others are measured the process is stopped.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/baseline/baseline_list.hpp"
#include "harness/baseline/model_list.hpp"
#include "harness/baseline/work_directory.hpp"
#include "harness/kernel/operation.hpp"
#include "harness/kernel/runnable.hpp"
#include "harness/processor/thread_pool.hpp"
#include "harness/run/baseline_process.hpp"

namespace hetscope {

struct BaselineSettings {
  std::string model_path;
  std::string model_sha256;
  std::string precision = "f32";
  int threads = 1;
  std::vector<int> cpus;  // it may use these; empty: all
};

class BaselineRunnable final : public Runnable {
 public:
  // Starts the program and loads the model; `inputs` are written to files for it. `pin`, when given, is entered with
  // each block, so that the reference loops beside it run on its core. Throws Declined when the framework cannot run
  // this model or a conversion is missing, Error when it fails.
  BaselineRunnable(const Baseline& baseline, const Model& model, const BaselineSettings& settings,
                   std::span<const Operand> inputs, ThreadPool* pin);
  ~BaselineRunnable() override;

  void enter() override;
  void leave() override;
  void run(std::int64_t iterations) override;
  std::map<std::string, double> own_clocks() override;
  Runnable* empty_launch() override { return &empty_; }
  std::vector<HostTensor> outputs() override;
  std::vector<Placement> placement() const override { return report_.placement; }
  Metrics metrics() override;
  std::map<std::string, std::string> notes() override;
  std::int64_t least_sample_ns() const override;

 private:
  // The way there and back without an inference on it.
  class EmptyRequest final : public Runnable {
   public:
    explicit EmptyRequest(BaselineRunnable& owner) : owner_(owner) {}
    void run(std::int64_t) override { owner_.request(0); }
    std::vector<HostTensor> outputs() override { return {}; }

   private:
    BaselineRunnable& owner_;
  };

  std::vector<std::int64_t> request(std::int64_t iterations);
  void load(const BaselineSettings& settings, std::span<const Operand> inputs);
  void ask_for_report();
  HostTensor read_output(const BaselineTensor& tensor, const ModelTensor& expected) const;

  const Baseline& baseline_;
  const Model& model_;
  ThreadPool* pin_;
  WorkDirectory work_;
  std::unique_ptr<BaselineProcess> process_;
  EmptyRequest empty_{*this};
  BaselineAnswer ready_, report_;
  std::string model_sha256_;
  std::int64_t own_ns_ = 0;  // of the last run
  bool is_entered_ = false;
};

}  // namespace hetscope

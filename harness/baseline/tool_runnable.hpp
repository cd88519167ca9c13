// A model run by a framework's own benchmark program, as a Runnable: each execution is a launch of the program, whose
// time of one inference is what its output says. The launch itself, longer than that, is told apart from it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/baseline/baseline_list.hpp"
#include "harness/baseline/model_list.hpp"
#include "harness/baseline/tool_reader.hpp"
#include "harness/baseline/work_directory.hpp"
#include "harness/kernel/runnable.hpp"
#include "harness/processor/thread_pool.hpp"

namespace hetscope {

struct ToolSettings {
  std::string model_path;    // what the tool reads: the model's own file or the user's conversion of it
  std::string model_sha256;  // of that file; "": it is a directory
  ToolWords model_words;     // that the list's entry has for this model
  std::string precision = "f32";
  int threads = 1;
  std::vector<int> cpus;  // it may use these; empty: all
};

class ToolRunnable final : public Runnable {
 public:
  // Finds the program's file, without starting it. Throws Declined when it is not there, Error when it is another than
  // the list says. `pin` is entered with each block, so that the reference loops beside it run on its core.
  ToolRunnable(const Baseline& baseline, const Model& model, const ToolReader& reader, const ToolSettings& settings,
               ThreadPool* pin);

  void enter() override;
  void leave() override;
  // Each iteration is a launch, which gives one value: the mean over its inferences or, where the tool prints none,
  // their median. Throws Error when it fails, hangs, prints no time or one that cannot be.
  void run(std::int64_t iterations) override;
  std::map<std::string, double> own_clocks() override { return {{kFrameworkClock, own_ns_}}; }
  std::string_view principal_clock() const override { return kFrameworkClock; }
  std::vector<HostTensor> outputs() override { return {}; }
  std::vector<Placement> placement() const override;
  std::string doubt() const override { return doubt_; }
  Metrics metrics() override;
  std::map<std::string, std::string> notes() override;

 private:
  double launch_ns();
  // Why what the tool says of itself is not what was asked; "" when it is.
  std::string doubt_of(const Record& launch) const;

  const Baseline& baseline_;
  const Model& model_;
  const ToolReader& reader_;
  ToolSettings settings_;
  ThreadPool* pin_;
  WorkDirectory work_;
  ToolFile file_;
  std::vector<std::string> words_;
  ChildSurroundings surroundings_;
  double own_ns_ = 0;  // of the last run
  std::string doubt_;  // the first one
  Record last_;        // of the last launch
  std::vector<double> walls_s_, cold_starts_s_;
};

}  // namespace hetscope

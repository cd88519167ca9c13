// A Runnable that occupies its thread, on a thread of its own: a second set of CPU cores in a split.
#pragma once

#include <memory>

#include "harness/kernel/asynchronous_run.hpp"
#include "harness/kernel/runnable.hpp"

namespace hetscope {

class ThreadedRun final : public AsynchronousRun {
 public:
  // `runnable` outlives it.
  explicit ThreadedRun(Runnable& runnable);
  ~ThreadedRun() override;

  void start() override;
  void finish() override;
  // The thread enters and leaves the Runnable; in between it spins briefly for work before it sleeps.
  void enter() override;
  void leave() override;
  std::map<std::string, double> run_stages(const Clock& clock) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hetscope

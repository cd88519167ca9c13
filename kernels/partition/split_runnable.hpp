// One execution of an operation by several processors at once: parts that can be started go first, the calling thread
// computes its own, then everybody is waited for and the results are merged.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/kernel/asynchronous_run.hpp"
#include "harness/kernel/operation.hpp"
#include "harness/kernel/region.hpp"
#include "harness/kernel/runnable.hpp"

namespace hetscope {

// One processor's part. The members stand in the order in which they depend on each other.
struct SplitPart {
  std::string processor;
  PartialProblem problem;
  std::vector<Operand> inputs;       // slices of the whole's, in its memory where they are contiguous there
  std::vector<std::size_t> gathers;  // inputs that are copied together in every run
  std::vector<HostTensor> outputs;   // in the merged ones where they are contiguous there
  bool merges = false;               // they are not, or are added: a step of its own
  std::unique_ptr<Runnable> runnable;
  std::unique_ptr<AsynchronousRun> asynchronous;  // nullptr: the calling thread runs it
};

// What the pass by stages reads: the time, and the CPU time of the calling thread. Both outlive what holds them.
struct StageClocks {
  const Clock& time;
  const Clock& cpu;
};
// This machine's.
StageClocks stage_clocks();

class SplitRunnable final : public Runnable {
 public:
  // At most one part runs on the calling thread. `whole` are the whole's inputs; they outlive this. The parts' outputs
  // lie in `merged`.
  SplitRunnable(std::span<const Operand> whole, std::vector<HostTensor> merged, std::vector<SplitPart> parts,
                double share_of_first, const StageClocks& clocks);

  void enter() override;
  void leave() override;
  // Throws Error with the name of the processor that failed; the others are waited for.
  void run(std::int64_t iterations) override;
  // One execution as it is timed (transform, start, compute.PROCESSOR on the calling thread, wait, merge), and after it
  // each other part alone with a wait after each of its stages (alone.PROCESSOR.STAGE).
  std::map<std::string, double> run_stages() override;
  // None; asks each other part whether all of its last execution was well, and throws Error as run() does.
  std::map<std::string, double> own_clocks() override;
  Support evict() override;
  std::vector<HostTensor> outputs() override;
  std::int64_t prepared_bytes() const override;
  std::vector<Placement> placement() const override;
  std::string doubt() const override;
  // share_of_first: of the indices, after alignment. repeated_input_bytes: of operands that are new for every run, what
  // more than one part reads (halos, or all of it), counted once for each part but one. waiting_cpu_share: of the time
  // that the pass by stages waited for the other parts, how much the calling thread computed: 1, it spins; near 0, it
  // sleeps. Only where waiting takes long enough to tell.
  Metrics metrics() override;

 private:
  void transform();
  void start();
  void compute();
  void finish();
  void merge();
  // Waits for the parts that were started, whatever they say; for the way out of a failure.
  void drain() noexcept;

  std::span<const Operand> whole_;
  std::vector<HostTensor> merged_;
  std::vector<SplitPart> parts_;
  double share_of_first_;
  StageClocks clocks_;
  bool is_whole_ = true;        // what is merged is a result; not so after a pass by stages
  std::int64_t waited_ns_ = 0;  // in passes by stages, and the calling thread's CPU time in them
  std::int64_t waited_cpu_ns_ = 0;
  std::size_t started_ = 0;   // parts up to this one have been started
  std::size_t finished_ = 0;  // and up to this one been waited for
};

}  // namespace hetscope

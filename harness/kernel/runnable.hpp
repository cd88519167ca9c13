// The one thing that is measured. A kernel, a split over processors, a planned graph and a foreign framework all become
// a Runnable; Session times it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/support.hpp"
#include "harness/kernel/asynchronous_run.hpp"
#include "harness/kernel/work.hpp"
#include "harness/tensor/host_tensor.hpp"

namespace hetscope {

// Where a case was asked to run and where it ran, with the evidence for it.
struct Placement {
  std::string requested;
  std::string actual;
  std::string evidence;
};

class Runnable {
 public:
  virtual ~Runnable() = default;

  // Called outside the clock around each block of samples: pin threads, wake and park pools, resume and stop processes.
  virtual void enter() {}
  virtual void leave() {}

  // `iterations` complete executions; everything is done when it returns. Repeating it gives the same outputs.
  // Session takes the host time around this call.
  virtual void run(std::int64_t iterations) = 0;

  // Called outside the clock after each run(): the total nanoseconds of that run on the Runnable's own clocks
  // ("opencl_event", "framework_call"), by name. A clock that could not be read this time is left out.
  virtual std::map<std::string, double> own_clocks() { return {}; }
  // One of own_clocks() where run() holds more than the executions, such as the start of a program: it judges and
  // stands for the time, and what the host's clock says around run() is no latency and is not kept. "": the host's.
  virtual std::string_view principal_clock() const { return {}; }

  // Nanoseconds by stage ("map", "compute.cpu", "wait") for one execution, instrumented and therefore slower; a pass of
  // its own, never mixed with the samples. Called a few times; each call names the same stages.
  virtual std::map<std::string, double> run_stages() { return {}; }

  // An empty run through the same launch path, whose time Session subtracts for the clock "host_minus_empty_launch".
  virtual Runnable* empty_launch() { return nullptr; }

  // Called outside the clock before each sample of a cold case: operands leave the caches. no(): it cannot here.
  virtual Support evict() { return Support::no("this kernel cannot evict its operands from the caches"); }

  // The outputs of the last run, in the host's memory, one per expectation of the operation's reference.
  virtual std::vector<HostTensor> outputs() = 0;

  // Makes run() leave its outputs in `targets`, which have the outputs' views and outlive it, instead of memory of its
  // own. false: it cannot, and outputs() is the way.
  virtual bool write_outputs_to(std::span<HostTensor>) { return false; }
  // The same execution in two halves, so that others can work in between; nullptr: it occupies the calling thread. This
  // Runnable outlives it, and run() is not called any more.
  virtual std::unique_ptr<AsynchronousRun> make_asynchronous(const SharedOperands&) { return nullptr; }

  // Bytes that prepare() made besides the operands (packed weights); for the record.
  virtual std::int64_t prepared_bytes() const { return 0; }
  virtual std::vector<Placement> placement() const { return {}; }
  // Why its times, although right, are no evidence about the processors of the case: parts of the work ran elsewhere.
  // "": they are. Asked after it was measured; anything else makes the row `mistrusted`.
  virtual std::string doubt() const { return ""; }
  // Results besides the times, known after a run.
  virtual Metrics metrics() { return {}; }
  // What else a reader must know, in words by name: versions, hashes, what its own clock encloses.
  virtual std::map<std::string, std::string> notes() { return {}; }

  // Nanoseconds that a sample must take at least, where the way to it and back costs so much that shorter ones would
  // measure the way.
  virtual std::int64_t least_sample_ns() const { return 0; }
};

}  // namespace hetscope

// A small fixed amount of arithmetic on a processor, whose time says how fast that processor is just now. Run before
// and after each block of samples, it shows throttling and neighbours without looking at the samples themselves.
#pragma once

#include <memory>
#include <string>

#include "harness/core/clock.hpp"
#include "harness/processor/processor.hpp"

namespace hetscope {

class ReferenceLoop {
 public:
  virtual ~ReferenceLoop() = default;
  virtual const std::string& processor() const noexcept = 0;
  // Nanoseconds of one pass, the least of a few, because an interruption is no throttling. On a CPU it runs on the
  // calling thread, so on the core that the Runnable inside its block has pinned that thread to.
  virtual double run_ns() = 0;
};

// nullptr for a processor that neither runs host functions nor OpenCL C, and for an OpenCL device without times of its
// own. Throws Error when the device refuses. `clock` and `processor` outlive it.
std::unique_ptr<ReferenceLoop> make_reference_loop(Processor& processor, const Clock& clock);

}  // namespace hetscope

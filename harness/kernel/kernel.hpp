// How an operation is computed on one kind of processor, and how much work that way really does.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "harness/core/case.hpp"
#include "harness/core/declined.hpp"
#include "harness/core/support.hpp"
#include "harness/kernel/axis.hpp"
#include "harness/kernel/operation.hpp"
#include "harness/kernel/runnable.hpp"
#include "harness/processor/processor.hpp"

namespace hetscope {

// In the order of the case's `processor` list.
using Processors = std::span<Processor* const>;

class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual std::string_view name() const noexcept = 0;
  virtual std::string_view operation() const noexcept = 0;
  virtual ProgramModel program_model() const noexcept = 0;
  // Axes that only this kernel understands, besides the operation's and the common ones (threads, for host kernels).
  virtual std::span<const AxisSpec> axes() const { return {}; }

  // Whether this case can run on these processors; asked before prepare().
  virtual Support supports(const Case& item, Processors processors) const = 0;
  // Allocates, uploads, packs constants and compiles; its time and bytes are recorded, never part of a latency. The
  // inputs outlive the Runnable. Throws Error when the device refuses, Declined when it turns out that it cannot be.
  virtual std::unique_ptr<Runnable> prepare(const Case& item, Processors processors,
                                            std::span<const Operand> inputs) const = 0;
  // Bytes and operations this kernel really moves and does; the roofs judge these.
  virtual Work executed_work(const Case& item, const Operation& operation) const { return operation.useful_work(item); }
  // Whether it goes through textures, which have caches of their own: copies, which are probed from buffer to buffer,
  // are a measure of its bandwidth then, and do not bound it.
  virtual bool uses_textures() const { return false; }
  // Why nobody sees what it computes, such as a foreign program that prints times only: nothing is verified then, no
  // reference is asked for, and its rows say so. "": its outputs are verified.
  virtual std::string_view unverifiable() const { return {}; }
  // For a split: where its parts meet, as regions of the first output. The error there and elsewhere become metrics.
  virtual std::vector<Region> seams(const Case&) const { return {}; }
  // For an approximate method: the inputs whose exact product it computes. Verification uses them in place of the true
  // ones, and the error against the true ones becomes a metric.
  virtual std::optional<std::vector<Operand>> approximated_inputs(const Case&, std::span<const Operand>) const {
    return std::nullopt;
  }
};

}  // namespace hetscope

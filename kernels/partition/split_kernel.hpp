// A kernel that divides an operation among two or three processors, each of which computes its part with a kernel of
// its own. It serves every operation that says how it splits; the operation's folder knows nothing of it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/kernel/kernel.hpp"
#include "kernels/partition/split_runnable.hpp"

namespace hetscope {

class SplitKernel final : public Kernel {
 public:
  // `kernels` are those that may compute a part, all of `operation`. What `clocks` refer to outlives it.
  SplitKernel(std::string name, std::unique_ptr<Operation> operation, std::vector<std::unique_ptr<Kernel>> kernels,
              const StageClocks& clocks);

  std::string_view name() const noexcept override { return name_; }
  std::string_view operation() const noexcept override { return operation_->name(); }
  ProgramModel program_model() const noexcept override { return ProgramModel::parts; }
  std::span<const AxisSpec> axes() const override { return axes_; }

  // Two or three different processors, as many names in `parts`, and each kernel supports its part. An empty part needs
  // nobody's support.
  Support supports(const Case& item, Processors processors) const override;
  // Throws Declined when a part on another processor than the host cannot be started without waiting for it.
  std::unique_ptr<Runnable> prepare(const Case& item, Processors processors,
                                    std::span<const Operand> inputs) const override;
  // The sum of the parts': an operand that each of them reads counts as often.
  Work executed_work(const Case& item, const Operation& operation) const override;
  // Each part's in its place of the whole's: an operand that kernels approximate is one that is divided.
  std::optional<std::vector<Operand>> approximated_inputs(const Case& item,
                                                          std::span<const Operand> inputs) const override;
  // Of the first output: the slices on both sides of each cut. None when parts are added, where every element is one.
  std::vector<Region> seams(const Case& item) const override;

 private:
  // What one processor has to do; the range may be empty.
  struct Share {
    const Kernel* kernel = nullptr;
    std::string processor;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    PartialProblem problem;  // its case complete, kernel and processor included; without meaning for an empty range
  };

  const Kernel* find_kernel(std::string_view name) const;
  // no(): why the case's own words (parts, ratios, processors) make no split.
  Support check_words(const Case& item, std::span<const std::string> processors) const;
  std::vector<Share> shares_of(const Case& item) const;
  Case case_of(const Case& part, const Case& whole, const Kernel& kernel, const std::string& processor) const;

  std::string name_;
  std::unique_ptr<Operation> operation_;
  std::vector<std::unique_ptr<Kernel>> kernels_;
  StageClocks clocks_;
  std::vector<AxisSpec> axes_;
};

}  // namespace hetscope

// What kernels that hand a whole operation to an NPU as a model share: the processor they accept, the provider's
// options, whether it may fall back, and a Runnable of one session whose operands stay in the host's memory.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "harness/kernel/kernel.hpp"
#include "harness/processor/onnx_model.hpp"
#include "harness/processor/onnxruntime_processor.hpp"

namespace hetscope {

// An operation as a model. Constant operands are part of it.
struct Submodel {
  OnnxModel model;
  std::vector<std::pair<std::string, std::size_t>> inputs;  // its name, and the operand that it is
  std::vector<std::pair<std::string, TensorView>> outputs;  // in the order of the operation's outputs
};

class SubmodelKernel : public Kernel {
 public:
  ProgramModel program_model() const noexcept final { return ProgramModel::submodel; }
  // threads: of the runtime's own pool. provider_options: "key=value,key=value". fallback: refused, or allowed, which
  // makes the row `mistrusted` once a node has run elsewhere.
  std::span<const AxisSpec> axes() const override;
  Support supports(const Case& item, Processors processors) const final;
  // Throws Declined when the provider takes no such model, with its own words.
  std::unique_ptr<Runnable> prepare(const Case& item, Processors processors,
                                    std::span<const Operand> inputs) const final;

 protected:
  virtual Support supports_case(const Case& item) const = 0;
  virtual Submodel submodel(const Case& item, std::span<const Operand> inputs) const = 0;
};

// The model on `processor`; `inputs` outlive it. Throws Declined when the provider takes no such model.
std::unique_ptr<Runnable> make_submodel_runnable(const OnnxRuntimeProcessor& processor, Submodel submodel,
                                                 std::span<const Operand> inputs,
                                                 const OnnxRuntimeSessionOptions& options);

// "key=value,key=value" as pairs; nullopt when it is anything else, or names a file or folder: a scenario must not
// choose what is loaded or written.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_provider_options(const std::string& text);

}  // namespace hetscope

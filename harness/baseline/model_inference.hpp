// The operation that baselines compute: one inference of a whole model, batch and shapes as the model has them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/baseline/baseline_list.hpp"
#include "harness/baseline/model_list.hpp"
#include "harness/baseline/tool_reader.hpp"
#include "harness/kernel/catalog.hpp"

namespace hetscope {

inline constexpr const char* kModelInference = "model_inference";

// Lists and models are shared by the operation and its kernels.
struct BaselineWorld {
  BaselineList list;
  std::vector<Model> models;
  std::shared_ptr<const ToolReader> reader = nullptr;  // of what native tools print
};

// Right is what the reference baseline computes in f32 on one thread, within a share of each output's largest
// magnitude that depends on the precision. The inputs depend on the model alone: every precision gets the same.
class ModelInference final : public Operation {
 public:
  explicit ModelInference(std::shared_ptr<const BaselineWorld> world);
  std::string_view name() const noexcept override { return kModelInference; }
  std::span<const AxisSpec> axes() const override { return axes_; }
  void validate(const Case& item) const override;
  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override;
  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override;
  Tolerance tolerance(const Case& item) const override;
  Work useful_work(const Case& item) const override;

 private:
  std::vector<Expectation> run_reference(const Model& model, std::span<const Operand> inputs) const;

  std::shared_ptr<const BaselineWorld> world_;
  std::vector<AxisSpec> axes_;
  // Why the reference of a model cannot be had: asked by each member of a group, found out once.
  mutable std::map<std::string, std::string> faults_;
};

// The file of `model` and its hash. Throws Declined when it is not there, Error when it is another than its
// description says.
struct ModelFile {
  std::string path;
  std::string sha256;
};
ModelFile model_file(const Model& model);

// Adds the operation and one kernel for each baseline of the list. Throws Error for a tool whose importer `reader` does
// not know.
void add_baselines(Catalog& catalog, std::shared_ptr<const ToolReader> reader);
void add_baselines(Catalog& catalog, BaselineList list, std::vector<Model> models,
                   std::shared_ptr<const ToolReader> reader = nullptr);

}  // namespace hetscope

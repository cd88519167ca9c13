// A baseline as a kernel of model_inference: what it can be asked, on which CPUs, with how many threads.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/baseline/baseline_runnable.hpp"
#include "harness/baseline/model_inference.hpp"
#include "harness/kernel/host_kernel.hpp"

namespace hetscope {
namespace {

class BaselineKernel final : public HostKernel {
 public:
  BaselineKernel(std::shared_ptr<const BaselineWorld> world, std::size_t number)
      : world_(std::move(world)), baseline_(world_->list.baselines[number]) {}

  std::string_view name() const noexcept override { return baseline_.name; }
  std::string_view operation() const noexcept override { return kModelInference; }
  // Nobody outside knows what it really does: fast transforms multiply less, padding more.
  Work executed_work(const Case&, const Operation&) const override { return {}; }

 protected:
  Support supports_case(const Case& item) const override {
    const std::string& precision = item.text("precision");
    if (std::find(baseline_.precisions.begin(), baseline_.precisions.end(), precision) == baseline_.precisions.end()) {
      return Support::no(fmt::format("{} is run in {} here, not in {}", baseline_.title,
                                     fmt::join(baseline_.precisions, ", "), precision));
    }
    return is_installed(baseline_);
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    const Model& model = find_model(world_->models, item.text("model"));
    const ModelFile file = model_file(model);
    const BaselineSettings settings{file.path, file.sha256, item.text("precision"), pool.size(), pool.cpus()};
    return std::make_unique<BaselineRunnable>(baseline_, model, settings, inputs, &cpu.pool(1));
  }

 private:
  std::shared_ptr<const BaselineWorld> world_;
  const Baseline& baseline_;
};

}  // namespace

void add_baselines(Catalog& catalog, BaselineList list, std::vector<Model> models) {
  auto world = std::make_shared<BaselineWorld>(BaselineWorld{std::move(list), std::move(models)});
  catalog.operations().add(std::make_unique<ModelInference>(world));
  for (std::size_t i = 0; i < world->list.baselines.size(); ++i) {
    catalog.kernels().add(std::make_unique<BaselineKernel>(world, i));
  }
}

void add_baselines(Catalog& catalog) { add_baselines(catalog, load_baselines(), load_models()); }

}  // namespace hetscope

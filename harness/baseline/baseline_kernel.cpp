// A baseline as a kernel of model_inference: what it can be asked, on which CPUs, with how many threads. One for those
// that speak the protocol, one for native tools.
#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/baseline/baseline_runnable.hpp"
#include "harness/baseline/model_inference.hpp"
#include "harness/baseline/tool_runnable.hpp"
#include "harness/kernel/host_kernel.hpp"
#include "harness/record/fingerprint.hpp"

namespace hetscope {
namespace {

Support supports_precision(const Baseline& baseline, const Case& item) {
  const std::string& precision = item.text("precision");
  const std::vector<std::string>& known = baseline.precisions;
  if (std::find(known.begin(), known.end(), precision) != known.end()) return Support::yes();
  return Support::no(fmt::format("{} is run in {} here, not in {}", baseline.title, fmt::join(known, ", "), precision));
}

// One of the list's baselines, however it is run.
class ListedKernel : public HostKernel {
 public:
  ListedKernel(std::shared_ptr<const BaselineWorld> world, std::size_t number)
      : world_(std::move(world)), baseline_(world_->list.baselines[number]) {}

  std::string_view name() const noexcept override { return baseline_.name; }
  std::string_view operation() const noexcept override { return kModelInference; }
  // Nobody outside knows what it really does: fast transforms multiply less, padding more.
  Work executed_work(const Case&, const Operation&) const override { return {}; }

 protected:
  const BaselineWorld& world() const noexcept { return *world_; }
  const Baseline& baseline() const noexcept { return baseline_; }

 private:
  std::shared_ptr<const BaselineWorld> world_;
  const Baseline& baseline_;
};

class BaselineKernel final : public ListedKernel {
 public:
  using ListedKernel::ListedKernel;

 protected:
  Support supports_case(const Case& item) const override {
    if (const Support precision = supports_precision(baseline(), item); !precision) return precision;
    return is_installed(baseline());
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    const Model& model = find_model(world().models, item.text("model"));
    const ModelFile file = model_file(model);
    const BaselineSettings settings{file.path, file.sha256, item.text("precision"), pool.size(), pool.cpus()};
    return std::make_unique<BaselineRunnable>(baseline(), model, settings, inputs, &cpu.pool(1));
  }
};

class ToolKernel final : public ListedKernel {
 public:
  using ListedKernel::ListedKernel;

  std::string_view unverifiable() const override {
    return "a tool's own program makes up its inputs and prints times only";
  }

 protected:
  Support supports_case(const Case& item) const override {
    if (const Support precision = supports_precision(baseline(), item); !precision) return precision;
    if (item.has(kLoadAxis)) return Support::no("a load beside a tool would run while the tool starts");
    const std::string& model = item.text("model");
    const auto& files = baseline().tool->models;
    if (!files.empty() && !files.contains(model)) {
      return Support::absent(baseline().title + ": its entry names no file for " + model + "; add it to 'models'");
    }
    return is_installed(baseline());
  }

  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand>) const override {
    const Model& model = find_model(world().models, item.text("model"));
    const auto words = baseline().tool->models.find(model.name);
    const ToolWords own = words == baseline().tool->models.end() ? ToolWords() : words->second;
    const ModelFile file = own.empty() ? model_file(model) : converted_file(own.at("model"));
    // The tool works in a directory of its own.
    const ToolSettings settings{std::filesystem::absolute(file.path).string(),
                                file.sha256,
                                own,
                                item.text("precision"),
                                pool.size(),
                                pool.cpus()};
    return std::make_unique<ToolRunnable>(baseline(), model, *world().reader, settings, &cpu.pool(1));
  }

 private:
  // A directory has no hash.
  ModelFile converted_file(const std::string& path) const {
    std::error_code error;  // what cannot be looked at is not there
    if (std::filesystem::is_directory(path, error)) return {path, ""};
    if (std::filesystem::is_regular_file(path, error)) return {path, sha256_of_file(path)};
    throw Declined(Support::absent(baseline().title + ": there is no " + path));
  }
};

}  // namespace

void add_baselines(Catalog& catalog, BaselineList list, std::vector<Model> models,
                   std::shared_ptr<const ToolReader> reader) {
  auto world = std::make_shared<BaselineWorld>(BaselineWorld{std::move(list), std::move(models), std::move(reader)});
  catalog.operations().add(std::make_unique<ModelInference>(world));
  for (std::size_t i = 0; i < world->list.baselines.size(); ++i) {
    const Baseline& baseline = world->list.baselines[i];
    if (!baseline.tool) {
      catalog.kernels().add(std::make_unique<BaselineKernel>(world, i));
      continue;
    }
    if (world->reader == nullptr) throw Error(baseline.title + " is a tool, and nothing here reads what tools print");
    world->reader->check(baseline.tool->importer);
    catalog.kernels().add(std::make_unique<ToolKernel>(world, i));
  }
}

void add_baselines(Catalog& catalog, std::shared_ptr<const ToolReader> reader) {
  add_baselines(catalog, load_baselines(), load_models(), std::move(reader));
}

}  // namespace hetscope

// Inputs from a seed, the reference from a run of the reference baseline.
#include "harness/baseline/model_inference.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "harness/baseline/baseline_runnable.hpp"
#include "harness/core/random.hpp"
#include "harness/record/fingerprint.hpp"

namespace hetscope {
namespace {

// Shares of an output's largest magnitude. f32: what reordered sums and fast transforms of a deep network cost; f16:
// its 11 bits through some tens of layers; i8: scales per tensor.
constexpr double kShareF32 = 1e-3;
constexpr double kShareF16 = 3e-2;
constexpr double kShareI8 = 0.3;

void fill(HostTensor& tensor, const ModelFill& how, Random& random) {
  for (std::int64_t i = 0; i < tensor.shape().element_count(); ++i) {
    double value = how.low;
    if (how.kind == ModelFill::Kind::uniform) value = how.low + (how.high - how.low) * random.uniform();
    if (how.kind == ModelFill::Kind::integers && how.high > how.low) {
      value += static_cast<double>(random.below(static_cast<std::uint64_t>(how.high - how.low)));
    }
    tensor.set(i, value);
  }
}

// Fails for an output that could not tell right from wrong.
Expectation expectation_of(const HostTensor& output, const std::string& name) {
  Expectation expectation;
  double largest = 0;
  for (std::int64_t i = 0; i < output.shape().element_count(); ++i) {
    const double value = output.get(i);
    if (!std::isfinite(value)) throw Error("the reference's output '" + name + "' is not finite");
    largest = std::max(largest, std::fabs(value));
    expectation.values.push_back(value);
  }
  if (largest == 0) throw Error("the reference's output '" + name + "' is zero everywhere, which verifies nothing");
  expectation.magnitudes.assign(expectation.values.size(), largest);
  return expectation;
}

}  // namespace

ModelFile model_file(const Model& model) {
  const std::string path = model_directory() + "/" + model.file;
  if (!std::filesystem::is_regular_file(path)) {
    throw Declined(Support::absent("the model is not here: run scripts/models/get.sh " + model.name));
  }
  // Hashing a large file takes a second; it is asked for by every member of a group.
  static std::map<std::pair<std::string, std::filesystem::file_time_type>, std::string> known;
  std::string& hash = known[{path, std::filesystem::last_write_time(path)}];
  if (hash.empty()) hash = sha256_of_file(path);
  if (!model.sha256.empty() && hash != model.sha256) {
    throw Error("the model's file is another than its description says (SHA-256 " + hash.substr(0, 12) + "..., not " +
                    model.sha256.substr(0, 12) + "...)",
                path, "run scripts/models/get.sh " + model.name);
  }
  return {path, hash};
}

ModelInference::ModelInference(std::shared_ptr<const BaselineWorld> world) : world_(std::move(world)) {
  axes_.push_back({"model", AxisType::text, "name of a model, as hetscope models prints it", std::nullopt, {}});
  axes_.push_back({"precision",
                   AxisType::text,
                   "arithmetic that the framework is asked for",
                   AxisValue(std::string("f32")),
                   {"f32", "f16", "i8"}});
}

void ModelInference::validate(const Case& item) const { find_model(world_->models, item.text("model")); }

std::vector<Operand> ModelInference::inputs(const Case& item, std::uint64_t) const {
  const Model& model = find_model(world_->models, item.text("model"));
  Random random(seed_from("model_inference " + model.name));
  std::vector<Operand> result;
  for (const ModelTensor& input : model.inputs) {
    const Shape shape(input.shape);
    HostTensor tensor(parse_dtype(host_dtype(input.dtype)), shape, Layout::row_major(shape.rank()));
    fill(tensor, input.fill, random);
    result.push_back({input.name, Lifetime::per_run, std::move(tensor)});
  }
  return result;
}

std::vector<Expectation> ModelInference::reference(const Case& item, std::span<const Operand> inputs) const {
  const Model& model = find_model(world_->models, item.text("model"));
  if (const auto fault = faults_.find(model.name); fault != faults_.end()) throw Error(fault->second);
  try {
    return run_reference(model, inputs);
  } catch (const Declined&) {
    throw;
  } catch (const Error& error) {
    throw Error(faults_[model.name] = std::string("no reference: ") + error.what());
  }
}

std::vector<Expectation> ModelInference::run_reference(const Model& model, std::span<const Operand> inputs) const {
  const auto& baselines = world_->list.baselines;
  const auto found = std::find_if(baselines.begin(), baselines.end(),
                                  [&](const Baseline& baseline) { return baseline.name == world_->list.reference; });
  if (const Support installed = is_installed(*found); !installed) {
    throw Declined(Support::absent("nothing to verify with: " + installed.reason()));
  }
  const ModelFile file = model_file(model);
  BaselineRunnable runnable(*found, model, {file.path, file.sha256, "f32", 1, {}}, inputs, nullptr);
  runnable.enter();
  runnable.run(1);
  std::vector<Expectation> result;
  const std::vector<HostTensor> outputs = runnable.outputs();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    result.push_back(expectation_of(outputs[i], model.outputs[i].name));
  }
  return result;
}

Tolerance ModelInference::tolerance(const Case& item) const {
  const std::string& precision = item.text("precision");
  return {1e-7, precision == "f32" ? kShareF32 : precision == "f16" ? kShareF16 : kShareI8};
}

Work ModelInference::useful_work(const Case& item) const {
  const Model& model = find_model(world_->models, item.text("model"));
  std::int64_t elements = model.parameters;
  for (const auto* tensors : {&model.inputs, &model.outputs}) {
    for (const ModelTensor& tensor : *tensors) elements += Shape(tensor.shape).element_count();
  }
  return {4 * elements, 2 * model.macs};
}

}  // namespace hetscope

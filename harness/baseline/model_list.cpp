// Strict reading of model descriptions.
#include "harness/baseline/model_list.hpp"

#include <algorithm>
#include <filesystem>

#include "harness/core/cache_directory.hpp"
#include "harness/core/registry.hpp"
#include "harness/record/json.hpp"
#include "harness/record/json_node.hpp"
#include "harness/run/scenario_texts.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kModelSchema = "hetscope/model/1";
constexpr std::string_view kEmbedded = "scenarios/models/networks/";
constexpr double kMostAmount = 1e15;

std::int64_t amount(const JsonNode& node, const char* key) {
  return static_cast<std::int64_t>(node.at(key).number(0, kMostAmount));
}

ModelFill read_fill(const JsonNode& node) {
  node.check_keys({"uniform", "integers", "constant"});
  if (node.members().size() != 1) throw node.error("a fill is one of uniform, integers, constant");
  const auto [kind, value] = node.members().front();
  if (kind == "constant") {
    const double constant = value.number(-1e9, 1e9);
    return {ModelFill::Kind::constant, constant, constant};
  }
  const std::vector<JsonNode> ends = value.items();
  if (ends.size() != 2) throw value.error("a range has two ends", "write [low, high]");
  ModelFill fill{kind == "uniform" ? ModelFill::Kind::uniform : ModelFill::Kind::integers, ends[0].number(-1e9, 1e9),
                 ends[1].number(-1e9, 1e9)};
  if (fill.low > fill.high) throw value.error("the range ends before it begins");
  return fill;
}

std::vector<ModelTensor> read_tensors(const JsonNode& node, bool are_inputs) {
  std::vector<ModelTensor> tensors;
  for (const JsonNode& item : node.items()) {
    item.check_keys(are_inputs ? std::vector<std::string>{"name", "dtype", "shape", "fill"}
                               : std::vector<std::string>{"name", "dtype", "shape"});
    ModelTensor tensor;
    tensor.name = item.at("name").text();
    tensor.dtype = item.at("dtype").text();
    const std::vector<std::string> dtypes{"f32", "f16", "i32", "i64", "bool"};
    if (std::find(dtypes.begin(), dtypes.end(), tensor.dtype) == dtypes.end()) {
      throw unknown_name("dtype", tensor.dtype, dtypes, item.at("dtype").where());
    }
    // A scalar has no dimension, and a list of a scenario's file is never empty.
    if (const auto shape = item.find("shape")) tensor.shape = shape->shape();
    if (const auto fill = item.find("fill")) tensor.fill = read_fill(*fill);
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

}  // namespace

std::string host_dtype(const std::string& model_dtype) {
  return model_dtype == "f32" || model_dtype == "f16" ? "f32" : "i32";
}

std::string model_directory() { return cache_directory("HETSCOPE_MODELS", "models"); }

Model parse_model(const std::string& text, const std::string& path) {
  const auto document = parse_ordered_json(text, path);
  const JsonNode root(*document, path);
  root.check_keys({"schema", "name", "title", "origin", "file", "sha256", "bytes", "source", "licence", "opset",
                   "inputs", "outputs", "macs", "parameters", "operators", "layout_operators", "note", "published"});
  if (root.at("schema").text() != kModelSchema) {
    throw root.at("schema").error("this is no description of a model",
                                  "this reads '" + std::string(kModelSchema) + "'");
  }
  Model model;
  model.name = root.at("name").text();
  if (const auto title = root.find("title")) model.title = title->text();
  model.origin = root.at("origin").text();
  if (model.origin != "trained" && model.origin != "architecture") {
    throw unknown_name("origin", model.origin, std::vector<std::string>{"trained", "architecture"},
                       root.at("origin").where());
  }
  model.file = root.at("file").text();
  if (model.file.find('/') != std::string::npos) {
    throw root.at("file").error("a model's file lies in the directory of models itself", "give a name without '/'");
  }
  if (const auto hash = root.find("sha256")) model.sha256 = hash->text();
  model.source = root.at("source").text();
  model.licence = root.at("licence").text();
  model.inputs = read_tensors(root.at("inputs"), true);
  model.outputs = read_tensors(root.at("outputs"), false);
  for (const auto& [key, value] : {std::pair{"macs", &model.macs}, std::pair{"parameters", &model.parameters},
                                   std::pair{"operators", &model.operators}, std::pair{"bytes", &model.bytes},
                                   std::pair{"layout_operators", &model.layout_operators}}) {
    if (root.find(key)) *value = amount(root, key);
  }
  return model;
}

std::vector<Model> load_models() {
  std::vector<Model> models;
  const auto add = [&](Model model, const std::string& path) {
    const auto same = [&](const Model& other) { return other.name == model.name; };
    if (std::any_of(models.begin(), models.end(), same)) {
      throw Error("the model '" + model.name + "' is described twice", path, "give one of them another name");
    }
    models.push_back(std::move(model));
  };
  for (const EmbeddedFile& file : scenario_files()) {
    const std::string path(file.path);
    if (path.starts_with(kEmbedded)) add(parse_model(std::string(file.text), path), path);
  }
  std::vector<std::string> own;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(model_directory(), ignored)) {
    if (entry.path().extension() == ".json") own.push_back(entry.path().string());
  }
  std::sort(own.begin(), own.end());
  for (const std::string& path : own) add(parse_model(read_text_file(path), path), path);
  return models;
}

const Model& find_model(const std::vector<Model>& models, const std::string& name) {
  const auto found = std::find_if(models.begin(), models.end(), [&](const Model& model) { return model.name == name; });
  if (found != models.end()) return *found;
  std::vector<std::string> names;
  for (const Model& model : models) names.push_back(model.name);
  throw unknown_name("model", name, names);
}

}  // namespace hetscope

// The models that baselines run: where each comes from, its tensors, its size, and the hash of the file that everyone
// must be given. Descriptions are data (scenarios/models/networks/NAME.json); the files themselves are fetched or made
// by scripts/models and lie in a directory of their own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/case.hpp"

namespace hetscope {

// How an input is filled from a seed. Integers are drawn from [low, high], reals uniformly from [low, high).
struct ModelFill {
  enum class Kind { uniform, integers, constant };
  Kind kind = Kind::uniform;
  double low = -1;  // of a constant: its value
  double high = 1;
};

struct ModelTensor {
  std::string name;
  std::string dtype;  // in the model: "f32", "f16", "i32", "i64", "bool"
  Dims shape;
  ModelFill fill;  // of an input
};

struct Model {
  std::string name;
  std::string title;
  std::string origin;  // "trained": the file that a package ships; "architecture": weights from a seed
  std::string file;    // below model_directory()
  std::string sha256;  // of the file; "" : not fixed yet, whatever lies there counts
  std::string source;
  std::string licence;
  std::vector<ModelTensor> inputs;
  std::vector<ModelTensor> outputs;
  std::int64_t macs = 0;
  std::int64_t parameters = 0;
  std::int64_t operators = 0;
  std::int64_t layout_operators = 0;  // transpose, reshape, slice, ...: what moves or renames elements only
  std::int64_t bytes = 0;
};

// Element type of the tensor as hetscope holds and verifies it: "f32" or "i32".
std::string host_dtype(const std::string& model_dtype);

// $HETSCOPE_MODELS, or hetscope/models in the user's cache directory.
std::string model_directory();

// The descriptions that are part of the program and, after them, every *.json of model_directory(). Throws Error for
// one that is broken and for two of one name.
std::vector<Model> load_models();
Model parse_model(const std::string& text, const std::string& path);

// Throws Error with the nearest names when there is none.
const Model& find_model(const std::vector<Model>& models, const std::string& name);

}  // namespace hetscope

// The models of JSON files: joules by operation and byte, and by CPU time.
#include "harness/measure/energy_model.hpp"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "harness/core/embedded_file.hpp"
#include "harness/core/error.hpp"
#include "harness/core/sha256.hpp"
#include "harness/measure/power_profile.hpp"

namespace hetscope {

std::span<const EmbeddedFile> energy_model_files();

namespace {

using nlohmann::json;

constexpr double kPicojoule = 1e-12;
constexpr std::string_view kSchema = "hetscope/energy-model/1";

// A number that an energy, a power or a share can be.
double amount(const json& object, const char* name) {
  const double value = object.at(name).get<double>();
  if (!std::isfinite(value) || value < 0 || value > 1e9) throw Error(std::string("'") + name + "' is no amount");
  return value;
}

class OperationsModel final : public EnergyModel {
 public:
  explicit OperationsModel(const json& document) : pj_per_byte_(amount(document, "pj_per_byte")) {
    for (const auto& [dtype, value] : document.at("pj_per_operation").items()) {
      pj_per_operation_[dtype] = amount(document.at("pj_per_operation"), dtype.c_str());
    }
  }
  std::string scope() const override { return "operations and memory"; }
  std::optional<double> energy_j(const ModelInputs& inputs, std::string& why) const override {
    const auto found = pj_per_operation_.find(inputs.dtype);
    if (found == pj_per_operation_.end() && inputs.executed.flops > 0) {
      why = "it has no figure for " + (inputs.dtype.empty() ? "this type" : inputs.dtype);
      return std::nullopt;
    }
    const double operations_pj =
        inputs.executed.flops > 0 ? found->second * static_cast<double>(inputs.executed.flops) : 0;
    return kPicojoule * (operations_pj + pj_per_byte_ * static_cast<double>(inputs.executed.bytes));
  }

 private:
  std::map<std::string, double> pj_per_operation_;
  double pj_per_byte_;
};

class CpuTimeModel final : public EnergyModel {
 public:
  explicit CpuTimeModel(const json& document) {
    const double share = amount(document, "share_of_tdp");
    for (const json& cpu : document.at("cpus")) {
      const double threads = amount(cpu, "threads");
      if (threads < 1) throw Error("'threads' is below 1");
      watts_.emplace_back(cpu.at("model").get<std::string>(), share * amount(cpu, "tdp_w") / threads);
    }
  }
  std::string scope() const override { return "cpu"; }
  std::optional<double> energy_j(const ModelInputs& inputs, std::string& why) const override {
    if (!inputs.on_cpu) {
      why = "it knows CPU time only";
      return std::nullopt;
    }
    for (const auto& [pattern, power_w] : watts_) {
      const bool fits = pattern.ends_with('*')
                            ? inputs.cpu_model.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1))
                            : inputs.cpu_model == pattern;
      if (fits) return power_w * inputs.cpu_s;
    }
    why = "it has no entry for '" + inputs.cpu_model + "'";
    return std::nullopt;
  }

 private:
  std::vector<std::pair<std::string, double>> watts_;  // model pattern, watts of one busy hardware thread
};

std::unique_ptr<EnergyModel> model_of(const json& document) {
  if (document.at("schema").get<std::string>() != kSchema) throw Error("its schema is not " + std::string(kSchema));
  const std::string method = document.at("method").get<std::string>();
  if (method == "operations") return std::make_unique<OperationsModel>(document);
  if (method == "cpu_time") return std::make_unique<CpuTimeModel>(document);
  throw Error("unknown method '" + method + "'", "", "known are operations and cpu_time");
}

std::string required_text(const json& document, const char* name) {
  std::string text = document.at(name).get<std::string>();
  if (text.empty()) throw Error(std::string("'") + name + "' is empty");
  return text;
}

std::string read_file(const std::string& path) {
  constexpr std::size_t kMostBytes = 1 << 20;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.empty()) throw Error("the energy model cannot be read or is empty", path, "check $HETSCOPE_ENERGY_MODEL");
  return text;
}

}  // namespace

std::unique_ptr<EnergyModel> parse_energy_model(std::string_view text, const std::string& where) {
  std::unique_ptr<EnergyModel> model;
  if (text.substr(0, text.find_first_not_of(" \t\r\n") + 1).ends_with('<')) {
    model = std::make_unique<PowerProfileModel>(text, where);
    model->name_ = "android_power_profile";
    model->version_ = "1";
    model->source_ = where.substr(where.rfind('/') + 1) + ", currents declared by the phone's maker, at 3.85 V";
  } else {
    try {
      const json document = json::parse(text);
      model = model_of(document);
      model->name_ = required_text(document, "name");
      model->version_ = required_text(document, "version");
      model->source_ = required_text(document, "source");
    } catch (const json::exception& error) {
      throw Error(std::string("no energy model: ") + error.what(), where, "see scenarios/models/energy");
    } catch (const Error& error) {
      throw Error("no energy model: " + error.problem(), where, error.remedy());
    }
  }
  Sha256 hash;
  hash.update(text);
  model->sha256_ = hash.finish_hex();
  return model;
}

std::vector<std::unique_ptr<EnergyModel>> load_energy_models() {
  std::vector<std::unique_ptr<EnergyModel>> models;
  const char* given = std::getenv("HETSCOPE_ENERGY_MODEL");
  if (given == nullptr || *given == '\0') {
    for (const EmbeddedFile& file : energy_model_files()) {
      models.push_back(parse_energy_model(file.text, std::string(file.path)));
    }
    return models;
  }
  std::string_view rest = given;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const std::string path(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    if (!path.empty()) models.push_back(parse_energy_model(read_file(path), path));
  }
  return models;
}

}  // namespace hetscope

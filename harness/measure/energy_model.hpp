// A declared model of energy, for devices without a meter: a file that says its name, version and source, and what it
// computes joules from. Its values are `modelled`, carry the model's name, and are never mixed with measured ones.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/kernel/work.hpp"

namespace hetscope {

// What is known of one run.
struct ModelInputs {
  double time_s = 0;
  double cpu_s = 0;  // CPU time of the process, all threads
  bool on_cpu = true;
  Work executed;
  std::string dtype;
  std::string cpu_model;
  std::vector<int> cpus;                         // that the threads run on
  std::map<std::string, std::int64_t> freq_khz;  // "cpu0"
};

class EnergyModel {
 public:
  virtual ~EnergyModel() = default;
  const std::string& name() const noexcept { return name_; }
  const std::string& version() const noexcept { return version_; }
  const std::string& source() const noexcept { return source_; }
  const std::string& sha256() const noexcept { return sha256_; }  // of the file's text
  // "operations_45nm/1"
  std::string label() const { return name_ + "/" + version_; }
  // What part of the device its joules are of.
  virtual std::string scope() const = 0;
  // Joules of one run; none, with `why`, when it says nothing about such a run.
  virtual std::optional<double> energy_j(const ModelInputs& inputs, std::string& why) const = 0;

 protected:
  friend std::unique_ptr<EnergyModel> parse_energy_model(std::string_view text, const std::string& where);
  std::string name_;
  std::string version_;
  std::string source_;
  std::string sha256_;
};

// A JSON file of the schema hetscope/energy-model/1 (scenarios/models/energy), or Android's power_profile.xml. Throws
// Error when it is neither, or when a number in it is none that energy can have.
std::unique_ptr<EnergyModel> parse_energy_model(std::string_view text, const std::string& where);

// The files of $HETSCOPE_ENERGY_MODEL (separated by colons) when it is set, else those that are part of this program.
std::vector<std::unique_ptr<EnergyModel>> load_energy_models();

}  // namespace hetscope

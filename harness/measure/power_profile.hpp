// Android's power_profile.xml: the milliamperes that a phone's maker declares for each CPU cluster and frequency
// (source.android.com/docs/core/power/values).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/measure/energy_model.hpp"

namespace hetscope {

// Items (one value) and arrays by name; names that are no numbers are left out. Throws Error when it is no such file.
std::map<std::string, std::vector<double>> parse_power_profile(std::string_view text, const std::string& where);

// mA at a nominal 3.85 V: for each CPU in use the power of a core at its frequency times its share of the CPU time, and
// for as long as the run takes the clusters in use and what an active CPU needs beside them.
class PowerProfileModel final : public EnergyModel {
 public:
  PowerProfileModel(std::string_view text, const std::string& where);
  std::string scope() const override { return "cpu"; }
  std::optional<double> energy_j(const ModelInputs& inputs, std::string& why) const override;

 private:
  // Current of one core of `cluster` at `khz`, the declared frequency next above it.
  double core_ma(std::size_t cluster, std::int64_t khz) const;
  const std::vector<double>& list(const std::string& name) const;

  std::map<std::string, std::vector<double>> values_;
};

}  // namespace hetscope

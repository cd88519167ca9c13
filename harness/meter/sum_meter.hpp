// Several meters of disjoint parts as one: the packages of a server with more than one socket.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/meter/energy_meter.hpp"

namespace hetscope {

// `parts` are of one kind and none is part of another; at least one. The sum's time is that of its last part's reading.
class SumMeter final : public EnergyMeter {
 public:
  SumMeter(std::string name, std::string scope, std::vector<std::unique_ptr<EnergyMeter>> parts);
  const MeterInfo& info() const noexcept override { return info_; }
  EnergyReading read() override;

 private:
  MeterInfo info_;
  std::vector<std::unique_ptr<EnergyMeter>> parts_;
};

}  // namespace hetscope

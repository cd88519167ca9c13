// What declared models say about a case that no meter could measure.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "harness/kernel/kernel.hpp"
#include "harness/measure/conditions.hpp"
#include "harness/measure/energy_model.hpp"
#include "harness/record/record.hpp"

namespace hetscope {

// Appends an entry for each model to `record`, whose latency is known: a value of kind `modelled`, or none with the
// model's reason. The first value forms the energy-delay product. Runs `runnable` for its CPU time.
void add_modelled_energies(std::span<const std::unique_ptr<EnergyModel>> models, Processors processors,
                           Runnable& runnable, const ConditionsReader& conditions, Record& record);

}  // namespace hetscope

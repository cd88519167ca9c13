// Gathers what models ask for: CPU time by the process's own CPU clock, the CPUs in use and their frequencies.
#include "harness/run/modelled_energy.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "harness/core/cpu_clock.hpp"
#include "harness/measure/batch.hpp"
#include "harness/processor/host_cpu.hpp"
#include "harness/record/fingerprint.hpp"

namespace hetscope {
namespace {

constexpr double kLeastRunNs = 50e6;

double cpu_s_per_run(Runnable& runnable, double latency_ns) {
  const auto runs = static_cast<std::int64_t>(std::ceil(kLeastRunNs / std::max(latency_ns, 1.0)));
  const EnteredRunnable entered(runnable);
  const CpuClock clock(CpuClock::Of::process);
  const std::int64_t begin_ns = clock.now_ns();
  runnable.run(runs);
  return static_cast<double>(clock.now_ns() - begin_ns) * 1e-9 / static_cast<double>(runs);
}

ModelInputs inputs_of(Processors processors, Runnable& runnable, const ConditionsReader& conditions,
                      const Record& record) {
  ModelInputs inputs;
  const double latency_ns = record.latency()->median_ns;
  inputs.time_s = latency_ns * 1e-9;
  inputs.cpu_s = cpu_s_per_run(runnable, latency_ns);
  inputs.executed = {record.executed_bytes, record.executed_flops};
  inputs.dtype = record.item.text_or("dtype", "");
  inputs.cpu_model = read_host_info().cpu_model;
  inputs.freq_khz = conditions.read_moving().freq_khz;
  for (Processor* processor : processors) {
    const ProcessorInfo& info = processor->info();
    inputs.on_cpu = inputs.on_cpu && (info.kind == ProcessorKind::cpu || info.runs_on_host_cpu);
    auto* cpu = dynamic_cast<HostCpu*>(processor);
    if (cpu == nullptr) continue;
    const AxisValue* axis = record.item.find("threads");
    const std::int64_t* threads = axis != nullptr ? std::get_if<std::int64_t>(axis) : nullptr;
    const std::vector<int>& used = cpu->pool(threads != nullptr ? static_cast<int>(*threads) : 1).cpus();
    inputs.cpus.insert(inputs.cpus.end(), used.begin(), used.end());
  }
  return inputs;
}

}  // namespace

void add_modelled_energies(std::span<const std::unique_ptr<EnergyModel>> models, Processors processors,
                           Runnable& runnable, const ConditionsReader& conditions, Record& record) {
  if (models.empty()) return;
  const ModelInputs inputs = inputs_of(processors, runnable, conditions, record);
  for (const auto& model : models) {
    EnergyRecord energy;
    energy.meter = model->label();
    energy.scope = model->scope();
    energy.model = EnergyModelRecord{model->name(), model->version(), model->source(), model->sha256()};
    std::string why;
    energy.value_j = model->energy_j(inputs, why);
    if (energy.value_j) {
      energy.kind = "modelled";
      if (!record.edp) record.edp = EdpRecord{*energy.value_j * inputs.time_s, energy.kind};
    } else {
      energy.reason = "the model " + model->label() + " says nothing: " + why;
    }
    record.energies.push_back(std::move(energy));
  }
}

}  // namespace hetscope

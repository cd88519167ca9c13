// From a group of cases to their records: support, inputs, prepare, verify, measure, energy. It runs in the worker
// process and is the one place that catches what a case throws.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/kernel/catalog.hpp"
#include "harness/measure/energy_model.hpp"
#include "harness/meter/energy_meter.hpp"
#include "harness/processor/processor.hpp"
#include "harness/record/record.hpp"
#include "harness/run/scenario.hpp"

namespace hetscope {

struct RunIdentity {
  std::string run_uuid;
  std::string session;
  std::string boot;
  std::string device_model;
  std::string device_unit;
};

// The operation's own axes alone, as a line: cases with equal keys solve the same problem, from inputs whose seed is
// seed_from() of it, today and when they are run again.
std::string problem_key(const Case& item, const Operation& operation);

// Which member of the group is being worked on; written to shared memory by the worker.
using Progress = std::function<void(std::size_t member)>;

class Runner {
 public:
  Runner(const Catalog& catalog, ProcessorSet& processors, std::vector<std::unique_ptr<EnergyMeter>> meters,
         std::vector<std::string> missing_meters, RunIdentity identity, const Clock& clock,
         std::string procfs_root = "/proc");
  ~Runner();

  // For cases that carry energy, where there is no meter. Without a call there is no modelled value.
  void use_models(std::vector<std::unique_ptr<EnergyModel>> models);

  // Seconds that this process needed until it could be asked for a group; recorded where a driver or a runtime had to
  // be opened for the case.
  void set_process_start(double seconds);

  // One record per case, in the order of the group. Throws Error where a case's failure leaves a processor that no
  // longer works: the case that progress named last is to blame, and the others need another process.
  std::vector<Record> run(const PlannedGroup& group, const Progress& progress = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hetscope

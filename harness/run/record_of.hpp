// From the harness's results to the parts of a record.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/kernel/verify.hpp"
#include "harness/measure/conditions.hpp"
#include "harness/measure/session.hpp"
#include "harness/record/record.hpp"
#include "harness/run/runner.hpp"

namespace hetscope {

VerifyRecord record_of(const Verification& verification);
// Metrics of a result that is verified within a tolerance, also of a wrong one, which they may explain.
void add_numerics(Record& record, const std::vector<HostTensor>& outputs, const std::vector<Expectation>& expectations);
EnergyRecord record_of(const EnergyMeasurement& energy);
// The entry of a case without a value, which always says why.
EnergyRecord no_energy(std::string reason);
// Energy times the latency of the latency pass, with the interval of the energy pass; none when the passes disagree.
std::optional<EdpRecord> edp_of(const EnergyMeasurement& energy, double latency_ns);
ConditionsRecord record_of(const ConditionsLog& log);
BlockSpeedRecord record_of_speed(const Measurement& measurement);

// A row with its identity and without a measurement; what nobody measured is NaN.
Record unmeasured_record(const RunIdentity& identity, const PlannedGroup& group, const Case& item, Status status,
                         std::string reason);

// Fills latencies, stages, clock and status: `ok`, `unstable` below 5 samples, below an effective size of
// kMinEffectiveSize or where the time's interval includes zero, or `unsupported` when the member could not be measured
// as asked (its caches cannot be evicted).
void add_measurement(Record& record, const Measurement& measurement, const MeasureOptions& options);

}  // namespace hetscope

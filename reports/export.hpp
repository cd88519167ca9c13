// Runs for other programs: the JSON of Google Benchmark, and one JSON document with everything. The CSV is the report's
// (report.hpp). Like the reports these are pure: records in, text out.
#pragma once

#include <string>

#include "reports/report.hpp"

namespace hetscope {

// What Google Benchmark's JsonReporter writes, for compare.py and the dashboards that read it. A benchmark is a case
// (other clocks than the principal one have their name behind it); a repetition is a round of the measurement, or a
// sample where there was one round only; a clock that has a round below zero (a difference of times) has none.
// Aggregates are the record's own mean and median and carry its metrics and energies. Rows without a trusted time are
// no benchmarks: context.hetscope_without_time names each with its reason. cpu_time is 0 where no CPU time is known,
// because the format has no way to say nothing.
std::string google_benchmark_json(const ReportInput& input);

// {"schema": "hetscope/export/1", "runs": [{"run": run.json, "records": [...], "faults": [...]}]}
std::string json_export(const ReportInput& input);

}  // namespace hetscope

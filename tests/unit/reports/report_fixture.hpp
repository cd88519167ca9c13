// Records and runs made in code, for the tests of the reports.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/core/random.hpp"
#include "harness/record/journal.hpp"
#include "reports/markdown.hpp"
#include "reports/report.hpp"

namespace hetscope {

// A latency of `rounds` rounds of `per_round` samples around `level_ns`, with a drift that all members of a group
// share.
inline LatencyRecord make_latency(double level_ns, std::uint64_t seed, int rounds = 12, int per_round = 5) {
  Random random(seed);
  LatencyRecord latency;
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < per_round; ++i) {
      const double drift = 1 + 0.3 * round / rounds;
      latency.totals_ns.push_back(10 * level_ns * drift * (1 + 0.004 * (random.uniform() - 0.5)));
      latency.iterations.push_back(10);
      latency.rounds.push_back(round);
      latency.order.push_back(0);
    }
  }
  latency.n = static_cast<std::int64_t>(latency.totals_ns.size());
  latency.median_ns = level_ns;
  latency.mean_ns = level_ns;
  latency.p05_ns = level_ns * 0.98;
  latency.p95_ns = level_ns * 1.03;
  latency.ci95_low_ns = level_ns * 0.995;
  latency.ci95_high_ns = level_ns * 1.005;
  latency.converged = true;
  latency.steady = true;
  latency.stop_rule = "median-ci/1";
  return latency;
}

// An ok row of operation `transpose`.
inline Record make_record(const std::string& kernel, double level_ns, const std::string& processor = "cpu") {
  Record record;
  record.run_uuid = "11111111-2222-4333-8444-555555555555";
  record.session = "session-1";
  record.boot = "boot-1";
  record.device_model = "Board X";
  record.device_unit = "0123456789abcdef";
  record.item = Case("transpose", kernel, {processor});
  record.item.set("shape", Dims{1, 64, 56, 56});
  record.item.set("dtype", std::string("f32"));
  record.scenario = "layouts";
  record.status = Status::ok;
  record.clock = "host_monotonic";
  record.latencies["host_monotonic"] = make_latency(level_ns, seed_from(kernel));
  record.verify = VerifyRecord{0, 0, 0, 0, 200704};
  record.useful_bytes = 1605632;
  record.executed_bytes = 1605632;
  record.conditions.launch = "shell";
  record.conditions.governor = "performance";
  record.conditions.affinity = {0, 1};
  record.conditions.freq_khz = {{"cpu0", 2400000}};
  record.conditions.temp_c = {{"soc", 41.5}};
  record.conditions.load = 0.02;
  return record;
}

// A division of group "g" between cpu@0, which takes `ratio` of it, and opencl:0.
inline Record make_division(double ratio, double level_ns) {
  Record record = make_record("divided", level_ns);
  record.item.set_processors({"cpu@0", "opencl:0"});
  record.item.set("ratio", ratio);
  record.group = "g";
  return record;
}

// Stages of a division at 0.7 that takes 25 us; `wait_ns`: until the device's part ends.
inline std::map<std::string, double> stages_of_division(double wait_ns) {
  return {{"transform", 100},
          {"start", 400},
          {"compute.cpu@0", 22500},
          {"wait", wait_ns},
          {"merge", 300},
          {"alone.opencl:0.pre_sync", 600},
          {"alone.opencl:0.compute", 19000},
          {"alone.opencl:0.post_sync", 900}};
}

inline Record make_problem(Status status, const std::string& kernel, const std::string& reason) {
  Record record = make_record(kernel, 1000);
  record.status = status;
  record.reason = reason;
  record.clock.clear();
  record.latencies.clear();
  record.verify.reset();
  return record;
}

// A baseline and a candidate of one group, `ratio` apart.
inline std::vector<Record> make_pair_of(double ratio) {
  Record baseline = make_record("naive", 40000);
  Record candidate = make_record("tiled", 40000 * ratio);
  baseline.group = candidate.group = "transpose shape=1x64x56x56 dtype=f32";
  candidate.baseline_case = baseline.item.line();
  return {baseline, candidate};
}

inline std::string run_json_text() {
  return R"({"schema":"hetscope/run/1","run_uuid":"11111111-2222-4333-8444-555555555555","session":"session-1",
    "started_at":"2026-01-02T03:04:05Z",
    "scenarios":[{"name":"layouts","title":"Layout transforms","question":"Which layout transforms can be removed?",
                  "path":"scenarios/it's here.json","sha256":"00ff"}],
    "host":{"device_model":"Board X","cpu_model":"Eight cores","memory_bytes":8589934592,"caches":["L1d 48 KiB","L2 2 MiB"]},
    "build":{"version":"0.1.0","git_commit":"abc","git_dirty":false},
    "processors":[{"name":"cpu","kind":"cpu","model":"Eight cores","runs_on_host_cpu":true,"details":{}},
                  {"name":"opencl:0","kind":"cpu","model":"Portable CL","runs_on_host_cpu":true,"details":{"image2d":"16384x16384"}},
                  {"name":"opencl:1","kind":"gpu","model":"Real GPU","runs_on_host_cpu":false,"details":{}}],
    "missing":["nvml: no library"],
    "argv":["hetscope","run","scenarios/it's here.json","--out","results"]})";
}

inline LoadedRun make_run(std::vector<Record> records) { return {"results", run_json_text(), std::move(records), {}}; }

inline ReportInput make_input(std::vector<Record> records) { return {{make_run(std::move(records))}}; }

// The report on all these rows as Markdown.
inline std::string report_of(const std::vector<std::vector<Record>>& ways) {
  std::vector<Record> all;
  for (const auto& records : ways) all.insert(all.end(), records.begin(), records.end());
  return markdown_report(make_input(std::move(all)));
}

// `text` from `part` to the end of the line; empty where it has none.
inline std::string line_with(const std::string& text, const std::string& part) {
  const std::size_t at = text.find(part);
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

}  // namespace hetscope

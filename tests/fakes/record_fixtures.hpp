// Made-up but plausible records, one of every status. No device ever measured these numbers: they are fixtures for
// tests and for tests/golden/record-1.jsonl, and are named so in every field that has room for it.
#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/random.hpp"
#include "harness/record/record.hpp"

namespace hetscope::fixtures {

inline Record base_record(const std::string& line, Status status, std::string reason) {
  Record record;
  record.run_uuid = "00000000-0000-4000-8000-00000000f1c7";
  record.session = "fixture-session-1";
  record.boot = "00000000-0000-4000-8000-00000000b007";
  record.device_model = "fixture board";
  record.device_unit = "f1c7f1c7f1c7f1c7";
  record.item = Case::parse(line);
  record.group = record.item.key_without({"kernel", "processor"});
  record.scenario = "fixture";
  record.status = status;
  record.reason = std::move(reason);
  record.energies = {EnergyRecord{}};
  record.energies[0].reason = "no meter: /sys/class/powercap is not there";
  record.useful_bytes = 1605632;
  record.executed_bytes = 1605632;
  record.conditions.launch = "shell";
  record.conditions.affinity = {1};
  record.conditions.load = 0.03;
  return record;
}

// `samples` samples in rounds of ten around `centre_ns` per iteration.
inline LatencyRecord latency_around(double centre_ns, int samples, std::uint64_t seed) {
  Random random(seed);
  LatencyRecord latency;
  latency.median_ns = centre_ns;
  latency.p05_ns = centre_ns * 0.99;
  latency.p95_ns = centre_ns * 1.0225;
  latency.mean_ns = centre_ns * 1.0015;
  latency.ci95_low_ns = centre_ns * 0.997;
  latency.ci95_high_ns = centre_ns * 1.003;
  latency.n = samples;
  latency.converged = true;
  latency.steady = true;
  latency.stop_rule = "median-ci/1";
  for (int i = 0; i < samples; ++i) {
    latency.rounds.push_back(i / 10);
    latency.order.push_back((i / 10) % 2);
    latency.iterations.push_back(5);
    // Integers, because a fused multiply-add would round differently from processor to processor.
    const auto total =
        static_cast<std::int64_t>(5 * centre_ns) * static_cast<std::int64_t>(990 + random.below(30)) / 1000;
    latency.totals_ns.push_back(static_cast<double>(total));
  }
  return latency;
}

inline Record ok_record() {
  Record record = base_record(
      "layout_transform kernel=nchw_to_nhwc_tiled processor=cpu dtype=f32 shape=1x64x56x56 threads=1 cache=hot "
      "scale=1.0 "
      "exact=true note=\"fixture, \\\"quoted\\\"\"",
      Status::ok, "");
  record.baseline_case =
      "layout_transform kernel=nchw_to_nhwc_plain processor=cpu dtype=f32 shape=1x64x56x56 threads=1 cache=hot";
  record.verify = VerifyRecord{0, 0, 0, 0, 200704};
  record.clock = "host_monotonic";
  record.latencies["host_monotonic"] = latency_around(41140, 64, 1);
  record.prepare_ns = 15300.5;
  record.prepare_bytes = 4096;
  record.metrics["bandwidth"] = {39.028, "GB/s", ""};
  record.metrics["of_roof"] = {0.91, "1", "copy_bandwidth@cpu"};
  record.placement = {{"cpu", "cpu", "pinned to cpu1"}};
  record.conditions.freq_khz = {{"cpu1", 2400000}};
  record.conditions.temp_c = {{"x86_pkg_temp", 51.5}};
  record.conditions.governor = "performance";
  return record;
}

inline Record ok_record_with_energy() {
  Record record = base_record(
      "matmul kernel=fixture_tiled processor=opencl:0,cpu dtype=f16 shape=512x512x512 ratio=0.75", Status::ok, "");
  record.verify = VerifyRecord{3.1e-4, 0.21, 1e-5, 2e-3, 262144};
  record.clock = "host_monotonic";
  record.latencies["host_monotonic"] = latency_around(812345.25, 30, 2);
  record.latencies["opencl_event"] = latency_around(640100, 30, 2);
  record.latencies["opencl_event"].totals_ns[7] = std::numeric_limits<double>::quiet_NaN();
  record.stages_ns = {{"compute.cpu", 601200.5}, {"compute.opencl:0", 590010}, {"wait", 11190.5}};
  EnergyRecord counted;
  counted.value_j = 0.0113;
  counted.dynamic_j = 0.0078;
  counted.kind = "measured_counter";
  counted.meter = "rapl:package-0";
  counted.scope = "package";
  counted.window_s = 1.25;
  counted.runs = 1538;
  counted.idle_w = 4.3;
  EnergyRecord modelled;
  modelled.value_j = 0.0121;
  modelled.kind = "modelled";
  modelled.meter = "fixture-model/1";
  modelled.scope = "board";
  record.energies = {counted, modelled};
  record.edp = EdpRecord{0.0113 * 812345.25e-9, "measured_counter"};
  record.useful_bytes = 1572864;
  record.useful_flops = 268435456;
  record.executed_bytes = 1572864;
  record.executed_flops = 268435456;
  record.metrics["split_gain"] = {1.18, "1", ""};
  record.placement = {{"opencl:0", "opencl:0", "fixture device"}, {"cpu", "cpu", "4 threads"}};
  return record;
}

inline Record unstable_record() {
  Record record = base_record("copy kernel=copy_stream processor=cpu dtype=f32 shape=4194304", Status::unstable,
                              "30 samples are worth 4 independent ones");
  record.verify = VerifyRecord{0, 0, 0, 0, 4194304};
  record.clock = "host_monotonic";
  record.latencies["host_monotonic"] = latency_around(1900000, 30, 3);
  record.latencies["host_monotonic"].converged = false;
  record.latencies["host_monotonic"].steady = false;
  return record;
}

inline Record mistrusted_record() {
  Record record = base_record("copy kernel=copy_stream processor=cpu dtype=f32 shape=1024", Status::mistrusted,
                              "1.31 of copy_bandwidth@cpu");
  record.verify = VerifyRecord{0, 0, 0, 0, 1024};
  record.clock = "host_monotonic";
  record.latencies["host_monotonic"] = latency_around(21.375, 30, 4);
  record.metrics["of_roof"] = {1.31, "1", "copy_bandwidth@cpu"};
  return record;
}

inline Record mismatch_record() {
  Record record = base_record("spmm kernel=fixture_csr processor=cpu dtype=f32 shape=64x64 density=0.1",
                              Status::mismatch, "output 0 at 3,17: 0.25 instead of 0.5");
  record.verify = VerifyRecord{0.25, std::numeric_limits<double>::infinity(), 1e-6, 1e-5, 4096};
  return record;
}

inline Record unsupported_record() {
  return base_record("matmul kernel=fixture_texture processor=cpu dtype=f16 shape=64x64x64", Status::unsupported,
                     "needs images, and cpu has none");
}

inline Record skipped_record() {
  return base_record("matmul kernel=fixture_tiled processor=cpu dtype=i8 shape=4096x4096x4096", Status::skipped,
                     "the run's budget of 60 s is spent");
}

inline Record failed_record() {
  Record record = base_record("matmul kernel=fixture_crashing processor=opencl:0 dtype=f32 shape=[] bias=[64]",
                              Status::failed, "the worker died of signal 11 (SIGSEGV)");
  record.energies.clear();
  record.conditions = {};
  return record;
}

// One of every status, in the order of the enumerators, ok twice.
inline std::vector<Record> every_status() {
  return {ok_record(),       ok_record_with_energy(), unsupported_record(), skipped_record(),
          mismatch_record(), unstable_record(),       mistrusted_record(),  failed_record()};
}

}  // namespace hetscope::fixtures

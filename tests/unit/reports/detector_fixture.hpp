// What a detector finds in rows made in code, and rows beside loads.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "reports/detectors/detectors.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {

// Of the detector's entry called `name` ("D1", "D2 share").
inline Finding finding_of(const std::string& name, std::vector<Record> records) {
  const ReportInput input = make_input(std::move(records));
  const Summary summary = summarise(input);
  for (Finding& finding : detect(summary)) {
    if (finding.detector->name() == name) return finding;
  }
  throw std::logic_error("no detector " + name);
}

// `operation` on cpu@0 of 64 MB beside `load` on opencl:0, which is the host's CPU; intervals of 0.01 to either side.
inline Record contended(const std::string& operation, const std::string& load, double retained, double load_retained) {
  Record record = make_record("simd", 1e6, "cpu@0");
  record.item = Case(operation, "simd", {"cpu@0"});
  record.item.set("bytes", std::int64_t{64'000'000});
  record.item.set("load", load + " kernel=buffer processor=opencl:0 bytes=64000000");
  record.useful_bytes = record.executed_bytes = 64'000'000;
  for (const auto& [name, value] : {std::pair{"retained", retained}, std::pair{"load_retained", load_retained},
                                    std::pair{"concurrency_efficiency", retained + load_retained}}) {
    record.metrics[name] = {value, "1", ""};
    record.metrics[std::string(name) + "_low"] = {value - 0.01, "1", ""};
    record.metrics[std::string(name) + "_high"] = {value + 0.01, "1", ""};
  }
  return record;
}

// The same, of streams: what both move together.
inline Record contended(const std::string& operation, const std::string& load, double retained, double load_retained,
                        double gb_together) {
  Record record = contended(operation, load, retained, load_retained);
  record.metrics["bandwidth_together"] = {gb_together, "GB/s", ""};
  return record;
}

inline std::vector<Record> beside_a_stream(double retained, double load_retained) {
  return {contended("stream_read", "stream_write", retained, load_retained)};
}

// 20 GB/s.
inline Record best_copy() {
  Record record = make_record("stream", 3'200'000);
  record.item = Case("copy_bandwidth", "stream", {"cpu"});
  record.item.set("bytes", std::int64_t{64'000'000});
  record.useful_bytes = record.executed_bytes = 64'000'000;
  return record;
}

// Two streams that move `gb_per_s` together, where the machine's best copy moves 20 GB/s.
inline std::vector<Record> streaming_together(double gb_per_s) {
  return {best_copy(), contended("stream_read", "stream_write", 0.9, 0.9, gb_per_s)};
}

}  // namespace hetscope

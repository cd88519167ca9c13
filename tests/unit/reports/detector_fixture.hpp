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

// stream_read on cpu@0 of 64 MB beside `load` on opencl:0, which is the host's CPU; intervals of 0.01 to either side.
inline Record make_loaded(const std::string& load, double retained, double load_retained) {
  Record record = make_record("simd", 1e6, "cpu@0");
  record.item = Case("stream_read", "simd", {"cpu@0"});
  record.item.set("bytes", std::int64_t{64'000'000});
  record.item.set("load", load + " kernel=buffer processor=opencl:0");
  record.useful_bytes = record.executed_bytes = 64'000'000;
  for (const auto& [name, value] : {std::pair{"retained", retained}, std::pair{"load_retained", load_retained},
                                    std::pair{"concurrency_efficiency", retained + load_retained}}) {
    record.metrics[name] = {value, "1", ""};
    record.metrics[std::string(name) + "_low"] = {value - 0.01, "1", ""};
    record.metrics[std::string(name) + "_high"] = {value + 0.01, "1", ""};
  }
  return record;
}

inline std::vector<Record> beside_a_stream(double retained, double load_retained) {
  return {make_loaded("stream_write", retained, load_retained)};
}

// Two streams that move `gb_per_s` together, where the machine's best copy moves 20 GB/s.
inline std::vector<Record> streaming_together(double gb_per_s) {
  Record copy = make_record("stream", 3'200'000);
  copy.item = Case("copy_bandwidth", "stream", {"cpu"});
  copy.useful_bytes = copy.executed_bytes = 64'000'000;
  std::vector<Record> records = {std::move(copy), make_loaded("stream_write", 0.9, 0.9)};
  records[1].metrics["bandwidth_together"] = {gb_per_s, "GB/s", ""};
  return records;
}

}  // namespace hetscope

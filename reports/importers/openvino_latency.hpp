// OpenVINO's benchmark_app, a C++ and a Python program, has one percentile of the user's choice, an average, a minimum
// and a maximum. Its printed output, JSON and CSV call the percentile by different names; what it becomes is here.
#pragma once

#include <cstdint>

#include "harness/record/record.hpp"
#include "reports/importers/log_text.hpp"

namespace hetscope {

struct OpenvinoLatency {
  Decimal at_percentile;
  std::int64_t percentile = 0;  // 50 is the median; 0 when the file does not say which it is
  Decimal mean;
  Decimal min;
  Decimal max;
};

// "24.66" us as ms, digit for digit; ms stay as they are.
Decimal openvino_ms(const Decimal& value, std::string_view unit);
// "latency (ms)" is the median, 50; "latency (90 percentile) (ms)" is 90; 0 for any other name.
std::int64_t openvino_percentile(std::string_view key);
// Without the "Status." that the Python tool puts before it.
std::string openvino_status(std::string_view status);
// Adds the figures in ms of `n` requests. A percentile that is not the median stays a metric, and the mean stands for
// the row.
void add_openvino_latency(Record& record, const OpenvinoLatency& latency, std::int64_t n);
// The topology's name, or the file where the tool made one up ("Model1").
std::string openvino_model(std::string_view topology, std::string_view file);
// "cpu" for "CPU", "gpu.0" for "GPU.0"; "" for several.
std::string openvino_processor(std::string_view device);

}  // namespace hetscope

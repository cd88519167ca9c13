// OpenVINO's benchmark_app has one percentile of the user's choice, an average, a minimum and a maximum. Its printed
// output, JSON and CSV call the percentile by different names; what it becomes is here.
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

// Adds the figures in ms of `n` requests. A percentile that is not the median stays a metric, and the mean stands for
// the row.
void add_openvino_latency(Record& record, const OpenvinoLatency& latency, std::int64_t n);
// "cpu" for "CPU", "gpu.0" for "GPU.0"; "" for several.
std::string openvino_processor(std::string_view device);

}  // namespace hetscope

// TensorFlow's statistics line, "count=50 first=79449 curr=81350 min=77385 max=88213 avg=79732 std=1929", which
// benchmark_model and the operation profiler share. New versions add "p5=77500 median=79700 p95=83000". Microseconds.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/record/record.hpp"
#include "reports/importers/log_text.hpp"

namespace hetscope {

struct TfliteStat {
  std::int64_t count = 0;
  Decimal first;
  Decimal current;
  Decimal min;
  Decimal max;
  Decimal mean;
  Decimal deviation;
  Decimal p05;
  Decimal median;
  Decimal p95;
  bool is_all_same = false;  // "curr=10(all same)" stands for all figures
};

// The scanner stands before "count=". Nothing when the rest of the line is anything else.
std::optional<TfliteStat> read_tflite_stat(LineScanner scan);
// Adds what the line says under `clock`; a line of no runs adds nothing.
void add_tflite_stat(Record& record, std::string_view clock, const TfliteStat& stat);

}  // namespace hetscope

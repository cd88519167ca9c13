// Format: samples/cpp/benchmark_app/statistics_report.cpp.
#include "reports/importers/openvino_latency.hpp"

#include "reports/importers/imported_row.hpp"
#include "reports/importers/json_text.hpp"

namespace hetscope {

void add_openvino_latency(Record& record, const OpenvinoLatency& latency, std::int64_t n) {
  constexpr std::string_view kClock = "openvino_benchmark_app";
  const std::int64_t count = n > 0 ? n : 0;
  if (latency.percentile == 50) {
    add_latency(record, kClock, printed_median(latency.at_percentile.from_ms(), latency.mean.from_ms(), count));
  } else {
    add_latency(record, kClock, printed_mean(latency.mean.from_ms(), count));
    const std::string name = latency.percentile > 0 ? "p" + std::to_string(latency.percentile) + "_ns"
                                                    : std::string("unnamed_percentile_ns");
    add_metric(record, name, latency.at_percentile.from_ms(), "ns");
  }
  add_metric(record, "min_ns", latency.min.from_ms(), "ns");
  add_metric(record, "max_ns", latency.max.from_ms(), "ns");
}

std::string openvino_processor(std::string_view device) {
  device = trimmed(device);
  const bool is_one = device.find_first_of(", :") == std::string_view::npos;
  return is_one ? lowered(device) : std::string();
}

}  // namespace hetscope

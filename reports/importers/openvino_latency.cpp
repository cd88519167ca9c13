// Formats: samples/cpp/benchmark_app/statistics_report.cpp, openvino/tools/benchmark (Python).
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

Decimal openvino_ms(const Decimal& value, std::string_view unit) {
  if (unit == "ms") return value;
  // An exponent, infinity and NaN are never printed with us.
  return Decimal::parse(value.text() + "e-3").value_or(Decimal());
}

std::int64_t openvino_percentile(std::string_view key) {
  if (key == "latency (ms)" || key == "Median latency (ms)") return 50;
  LogLine line;
  line.text = key;
  std::int64_t percentile = 0;
  if (!LineScanner(line).literal("latency (").integer(percentile).literal("percentile) (ms)").end().matched()) return 0;
  return percentile >= 1 && percentile <= 100 ? percentile : 0;
}

std::string openvino_model(std::string_view topology, std::string_view file) {
  const bool is_made_up = topology.empty() || (topology.starts_with("Model") &&
                                               topology.find_first_not_of("0123456789", 5) == std::string_view::npos);
  return std::string(is_made_up && !file.empty() ? file : topology);
}

std::string openvino_status(std::string_view status) {
  constexpr std::string_view kPrefix = "Status.";
  if (status.starts_with(kPrefix)) status.remove_prefix(kPrefix.size());
  return std::string(status.substr(0, 100));
}

std::string openvino_processor(std::string_view device) {
  device = trimmed(device);
  const bool is_one = device.find_first_of(", :") == std::string_view::npos;
  return is_one ? lowered(device) : std::string();
}

}  // namespace hetscope

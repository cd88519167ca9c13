// Format: tsl/util/stats_calculator.h, Stat::OutputToStream.
#include "reports/importers/tflite_stat.hpp"

#include <cmath>

#include "reports/importers/imported_row.hpp"

namespace hetscope {

std::optional<TfliteStat> read_tflite_stat(LineScanner scan) {
  TfliteStat stat;
  if (!scan.literal("count=").integer(stat.count).matched() || stat.count < 0) return std::nullopt;
  if (scan.optional("first=")) scan.number(stat.first);
  if (scan.optional("curr=")) {
    scan.number(stat.current);
    stat.is_all_same = scan.optional("(all same)");
  }
  if (scan.optional("min=")) {
    scan.number(stat.min).literal("max=").number(stat.max).literal("avg=").number(stat.mean);
    scan.literal("std=").number(stat.deviation);
  }
  if (scan.optional("p5=")) {
    scan.number(stat.p05).literal("median=").number(stat.median).literal("p95=").number(stat.p95);
  }
  if (!scan.end().matched()) return std::nullopt;
  // A single run is printed as "count=1 curr=10", with nothing that it could be the same as.
  stat.is_all_same = stat.is_all_same || (stat.count == 1 && std::isnan(stat.mean.value()));
  if (stat.is_all_same) stat.mean = stat.min = stat.max = stat.current;
  return stat;
}

void add_tflite_stat(Record& record, std::string_view clock, const TfliteStat& stat) {
  if (stat.count == 0) return;
  if (std::isfinite(stat.median.value())) {
    LatencyRecord latency = printed_median(stat.median.from_us(), stat.mean.from_us(), stat.count);
    latency.p05_ns = stat.p05.from_us();
    latency.p95_ns = stat.p95.from_us();
    add_latency(record, clock, latency);
  } else {
    add_latency(record, clock, printed_mean(stat.mean.from_us(), stat.count));
  }
  add_metric(record, "min_ns", stat.min.from_us(), "ns");
  add_metric(record, "max_ns", stat.max.from_us(), "ns");
  add_metric(record, "stddev_ns", stat.deviation.from_us(), "ns");
}

}  // namespace hetscope

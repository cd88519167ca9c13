// From rows to series, and from the ratios of their rounds to verdicts.
#include "reports/texture_walks.hpp"

#include <cmath>
#include <string_view>

#include "reports/compose.hpp"
#include "reports/latency_series.hpp"
#include "reports/row_values.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kMemoryWalk = "memory_walk";
constexpr std::string_view kKernelPrefix = "memory_walk_";
constexpr std::string_view kBuffer = "buffer";
// The device's own clock leaves out what a launch costs, which is no property of a cache.
constexpr const char* kDeviceClock = "opencl_event";

std::string memory_of(const Record& record) {
  const std::string& kernel = record.item.kernel();
  if (!kernel.starts_with(kKernelPrefix)) return kernel;
  const std::string memory = kernel.substr(kKernelPrefix.size());
  return memory == "simd" ? "host memory" : memory;
}

const LatencyRecord* clock_of(const Record& record) {
  const auto device = record.latencies.find(kDeviceClock);
  return device != record.latencies.end() ? &device->second : record.latency();
}

const Row* row_at(const WalkSeries& series, const Row& like) {
  for (std::size_t i = 0; i < series.rows.size(); ++i) {
    const Record& record = *series.rows[i]->record;
    if (record.group == like.record->group && record.session == like.record->session) return series.rows[i];
  }
  return nullptr;
}

}  // namespace

std::map<WalkWay, WalkSeries> walk_series(const Summary& summary) {
  std::map<WalkWay, WalkSeries> result;
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    if (record.item.operation() != kMemoryWalk || !has_time(record) || record.item.find("load") != nullptr) continue;
    const LatencyRecord* latency = clock_of(record);
    const auto bytes = axis_value<std::int64_t>(record, "bytes");
    if (latency == nullptr || !bytes || !(latency->median_ns > 0) || record.executed_bytes <= 0) continue;
    const CaseWords words = labelled_words(summary, row);
    WalkSeries& series = result[{row.run, word_of(words, "processor"), word_of(words, "pattern"),
                                 word_of(words, "dtype"), memory_of(record)}];
    series.points.push_back({static_cast<double>(*bytes),
                             static_cast<double>(record.executed_bytes) * 1e9 / latency->median_ns,
                             standard_error_of(*latency) / latency->median_ns});
    series.rows.push_back(&row);
  }
  for (auto& [way, series] : result) series.knees = find_knees(series.points);
  return result;
}

std::map<WalkWay, WalkCrossover> walk_crossovers(const Summary& summary, const std::map<WalkWay, WalkSeries>& series) {
  std::map<WalkWay, WalkCrossover> result;
  for (const auto& [way, images] : series) {
    if (!std::get<4>(way).starts_with("image")) continue;
    WalkWay beside = way;
    std::get<4>(beside) = kBuffer;
    const auto buffers = series.find(beside);
    if (buffers == series.end()) continue;
    WalkCrossover& found = result[way];
    std::vector<SizedVerdict> verdicts;
    for (std::size_t i = 0; i < images.rows.size(); ++i) {
      const Row* buffer = row_at(buffers->second, *images.rows[i]);
      if (buffer == nullptr) continue;
      verdicts.push_back({images.points[i].x, compare_pair(*images.rows[i], *buffer).verdict});
      if (runs_on_host_cpu(summary, *images.rows[i])) {
        found.not_testable = "not testable here: this device is the host's CPU, which has no texture unit";
      }
    }
    found.crossover = find_crossover(verdicts);
    found.sizes = static_cast<int>(verdicts.size());
  }
  return result;
}

}  // namespace hetscope

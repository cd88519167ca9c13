// From rows to series, and from the ratios of their rounds to verdicts.
#include "reports/texture_walks.hpp"

#include <cmath>
#include <string_view>

#include "reports/compose.hpp"
#include "reports/latency_series.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kOperation = "memory_walk";
constexpr std::string_view kKernelPrefix = "memory_walk_";
constexpr std::string_view kBuffer = "buffer";
// The device's own clock leaves out what a launch costs, which is no property of a cache.
constexpr const char* kDeviceClock = "opencl_event";
constexpr double kReach = 1.96;  // standard errors to either side of 95 %

std::string memory_of(const Record& record) {
  const std::string& kernel = record.item.kernel();
  if (!kernel.starts_with(kKernelPrefix)) return kernel;
  const std::string memory = kernel.substr(kKernelPrefix.size());
  return memory == "simd" ? "host memory" : memory;
}

// Records may come from strangers: an axis that is missing or of another type is nothing.
std::optional<std::int64_t> integer_of(const Record& record, const std::string& axis) {
  const AxisValue* value = record.item.find(axis);
  const auto* integer = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
  return integer == nullptr ? std::nullopt : std::optional(*integer);
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
    if (record.item.operation() != kOperation || !has_time(record) || record.item.find("load") != nullptr) continue;
    const LatencyRecord* latency = clock_of(record);
    const auto bytes = integer_of(record, "bytes");
    if (latency == nullptr || !bytes || !(latency->median_ns > 0) || record.executed_bytes <= 0) continue;
    const CaseWords words = labelled_words(summary, row);
    WalkSeries& series = result[{row.run, word_of(words, "processor"), word_of(words, "pattern"),
                                 word_of(words, "dtype"), memory_of(record)}];
    const double half_width = (latency->ci95_high_ns - latency->ci95_low_ns) / 2;
    series.points.push_back({static_cast<double>(*bytes),
                             static_cast<double>(record.executed_bytes) * 1e9 / latency->median_ns,
                             half_width / kReach / latency->median_ns});
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

// Charts of a section of results, where its rows have what they show: a roofline, a quantity over an axis, stages.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "harness/core/decimal.hpp"
#include "reports/compose.hpp"
#include "reports/split_summary.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMaxPoints = 600;
constexpr std::size_t kMaxSeries = 10;
constexpr std::size_t kFewestPoints = 3;
constexpr std::size_t kMaxBars = 24;
constexpr std::size_t kMaxAxisCharts = 4;

std::string processors_of(const Summary& summary, const Row& row) {
  return word_of(labelled_words(summary, row), "processor");
}

// Executed work in a nanosecond: GB/s or GFLOP/s.
double rate_of(std::int64_t work, const Record& record) {
  const LatencyRecord* latency = record.latency();
  if (latency == nullptr || work <= 0 || !(latency->figure_ns() > 0)) return 0;
  return static_cast<double>(work) / latency->figure_ns();
}

// Best bandwidth by working set and best arithmetic of each processor, as probed in the same run.
struct Roofs {
  std::map<std::string, std::map<double, double>> bandwidth;
  std::map<std::string, double> arithmetic;
};

Roofs roofs_of(const Summary& summary, std::size_t run) {
  Roofs roofs;
  for (const RowSection& section : summary.roofs) {
    if (section.run != run) continue;
    for (const Row* row : section.rows) {
      const Record& record = *row->record;
      const std::string processor = processors_of(summary, *row);
      if (section.operation == "copy_bandwidth") {
        double& best = roofs.bandwidth[processor][static_cast<double>(record.executed_bytes)];
        best = std::max(best, rate_of(record.executed_bytes, record));
      } else if (section.operation == "multiply_add_peak") {
        double& best = roofs.arithmetic[processor];
        best = std::max(best, rate_of(record.executed_flops, record));
      }
    }
  }
  return roofs;
}

// Arithmetic over intensity, under the slope of the best bandwidth and the flat peak.
RoofChart arithmetic_roofline(const RowSection& section, const Roofs& roofs) {
  RoofChart chart{"Roofline: arithmetic over intensity (executed work)", "flop per byte", "GFLOP/s", {}, {}};
  double low = INFINITY;
  double high = 0;
  for (const Row* row : section.rows) {
    const Record& record = *row->record;
    const double rate = rate_of(record.executed_flops, record);
    if (!(rate > 0) || record.executed_bytes <= 0 || chart.points.size() == kMaxPoints) continue;
    const double intensity = static_cast<double>(record.executed_flops) / static_cast<double>(record.executed_bytes);
    chart.points.push_back({record.item.kernel(), row->line, intensity, rate});
    low = std::min(low, intensity);
    high = std::max(high, intensity);
  }
  for (const auto& [processor, peak] : roofs.arithmetic) {
    const auto bandwidths = roofs.bandwidth.find(processor);
    if (bandwidths == roofs.bandwidth.end() || !(peak > 0)) continue;
    double best = 0;
    for (const auto& [bytes, bandwidth] : bandwidths->second) best = std::max(best, bandwidth);
    if (!(best > 0)) continue;
    const double ridge = peak / best;
    const double left = std::min(low, ridge) / 2;
    const double right = std::max(high, ridge) * 2;
    chart.roofs.push_back({processor, {{left, left * best}, {ridge, peak}, {right, peak}}});
  }
  return chart;
}

// Bandwidth over bytes, under the copies of the same working set: caches are steps in it.
RoofChart bandwidth_roofline(const Summary& summary, const RowSection& section, const Roofs& roofs) {
  RoofChart chart{"Roofline: bandwidth over bytes read and written", "bytes", "GB/s", {}, {}};
  std::set<std::string> used;
  for (const Row* row : section.rows) {
    const Record& record = *row->record;
    const double rate = rate_of(record.executed_bytes, record);
    if (!(rate > 0) || chart.points.size() == kMaxPoints) continue;
    chart.points.push_back({record.item.kernel(), row->line, static_cast<double>(record.executed_bytes), rate});
    used.insert(processors_of(summary, *row));
  }
  for (const auto& [processor, bandwidths] : roofs.bandwidth) {
    if (used.count(processor) == 0) continue;
    RoofChart::Roof roof{"copy on " + processor, {}};
    for (const auto& [bytes, bandwidth] : bandwidths) {
      if (bandwidth > 0) roof.line.emplace_back(bytes, bandwidth);
    }
    chart.roofs.push_back(std::move(roof));
  }
  return chart;
}

// The value of a row on an axis as a number: a number, or the elements of a shape.
std::optional<double> coordinate_of(const Record& record, const std::string& axis) {
  const AxisValue* value = record.item.find(axis);
  if (value == nullptr) return std::nullopt;
  if (const auto* dims = std::get_if<Dims>(value)) {
    double elements = 1;
    for (const std::int64_t extent : *dims) elements *= static_cast<double>(extent);
    return elements;
  }
  return read_decimal(to_string(*value));
}

// Latency over one axis; a series is all rows that agree in every other word.
LineChart line_chart(const Summary& summary, const RowSection& section, const std::vector<std::string>& varying,
                     const std::string& axis) {
  std::map<std::string, std::map<double, LineChart::Point>> series;
  bool is_shape = false;
  for (const Row* row : section.rows) {
    const Record& record = *row->record;
    const LatencyRecord* latency = record.latency();
    const auto x = coordinate_of(record, axis);
    if (!x || latency == nullptr || !(latency->figure_ns() > 0)) continue;
    is_shape = is_shape || std::holds_alternative<Dims>(*record.item.find(axis));
    CaseWords others = labelled_words(summary, *row);
    // A layer is the name of a shape.
    std::erase_if(others, [&](const auto& word) { return word.first == axis || word.first == "layer"; });
    const std::string name = words_text(others, varying);
    series[name][*x] = {*x, latency->figure_ns(), {latency->ci95_low_ns, latency->ci95_high_ns}};
  }
  LineChart chart;
  chart.title =
      "Time over " + (is_shape ? "elements of " + axis : axis) + ": where lines cross, the better choice changes";
  chart.x_title = is_shape ? "elements of " + axis : axis;
  for (const auto& [name, points] : series) {
    if (points.size() < kFewestPoints || chart.series.size() == kMaxSeries) continue;
    LineChart::Series line{name.empty() ? section.operation : name, {}};
    for (const auto& [x, point] : points) line.points.push_back(point);
    chart.series.push_back(std::move(line));
  }
  return chart;
}

std::vector<std::string> varying_words(const Summary& summary, const RowSection& section) {
  WordSpread spread;
  for (const Row* row : section.rows) spread.add(labelled_words(summary, *row));
  return spread.varying();
}

}  // namespace

void compose_roofline(const Summary& summary, const RowSection& section, Document& document) {
  if (is_roof_operation(section.operation)) return;
  const Roofs roofs = roofs_of(summary, section.run);
  const bool has_flops = std::any_of(section.rows.begin(), section.rows.end(),
                                     [](const Row* row) { return row->record->executed_flops > 0; });
  RoofChart chart = has_flops ? arithmetic_roofline(section, roofs) : bandwidth_roofline(summary, section, roofs);
  if (!chart.points.empty() && !chart.roofs.empty()) document.add(std::move(chart));
}

void compose_axes(const Summary& summary, const RowSection& section, Document& document) {
  const std::vector<std::string> varying = varying_words(summary, section);
  std::size_t drawn = 0;
  for (const std::string& axis : varying) {
    if (drawn == kMaxAxisCharts) break;
    LineChart chart = line_chart(summary, section, varying, axis);
    if (chart.series.size() < 2) continue;  // one line crosses nothing
    document.add(std::move(chart));
    ++drawn;
  }
}

void compose_stages(const Summary& summary, const RowSection& section, Document& document) {
  const std::vector<std::string> varying = varying_words(summary, section);
  StageChart chart{"What one execution consists of, from a pass of its own", {}};
  for (const Row* row : section.rows) {
    if (row->record->stages_ns.empty() || chart.bars.size() == kMaxBars) continue;
    std::string label = words_text(labelled_words(summary, *row), varying);
    if (label.empty()) label = row->record->item.kernel();
    const StagesOfRun stages = stages_of(*row->record);
    chart.bars.push_back({label, stages.whole});
    for (const auto& [processor, alone] : stages.alone) {
      if (chart.bars.size() < kMaxBars) chart.bars.push_back({label + ", " + processor + " alone", alone});
    }
  }
  if (!chart.bars.empty()) document.add(std::move(chart));
}

}  // namespace hetscope

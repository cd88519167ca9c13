// What a launch costs: a line through the times of chains of small operators, launched one by one and as one.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "harness/statistics/linear_fit.hpp"
#include "reports/compose.hpp"
#include "reports/latency_series.hpp"
#include "reports/row_values.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kOperatorChain = "operator_chain";
constexpr double kOperatorsGone = 100;

// {run, processor (labelled), words of the case that are not the number of operators, kernel}
using ChainWay = std::tuple<std::size_t, std::string, std::string, std::string>;

std::map<ChainWay, std::vector<LinePoint>> chain_points(const Summary& summary) {
  std::map<ChainWay, std::vector<LinePoint>> result;
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    if (record.item.operation() != kOperatorChain || !has_time(record) || record.item.find("load") != nullptr) continue;
    const LatencyRecord* latency = record.latency();
    const std::optional<std::int64_t> count = axis_value<std::int64_t>(record, "operators");
    if (latency == nullptr || !count) continue;
    const CaseWords words = labelled_words(summary, row);
    result[{row.run, word_of(words, "processor"), words_text(words, {"words", "threads"}), record.item.kernel()}]
        .push_back(line_point_of(static_cast<double>(*count), *latency));
  }
  return result;
}

std::string interval_text(double value, const Interval& interval) {
  return fmt::format("{} [{}, {}]", format_number(value / 1e3), format_number(interval.low / 1e3),
                     format_number(interval.high / 1e3));
}

std::vector<Cell> cells_of(const ChainWay& way, const std::vector<LinePoint>& points) {
  std::vector<Cell> cells = {{std::get<1>(way)}, {std::get<3>(way)}, {std::get<2>(way)}};
  const std::optional<LinearFit> fit = fit_line(points);
  if (!fit) {
    for (int i = 0; i < 3; ++i) cells.push_back({std::string(kMissing)});
    return cells;
  }
  const Interval saved{kOperatorsGone * fit->slope_interval.low, kOperatorsGone * fit->slope_interval.high};
  cells.push_back(number_cell(interval_text(fit->slope, fit->slope_interval), fit->slope));
  cells.push_back(number_cell(interval_text(kOperatorsGone * fit->slope, saved), fit->slope));
  cells.push_back(
      number_cell(fmt::format("{:.0f} %", 100 * fit->largest_relative_residual), fit->largest_relative_residual));
  return cells;
}

}  // namespace

void compose_launches(const Summary& summary, Document& document) {
  const std::map<ChainWay, std::vector<LinePoint>> chains = chain_points(summary);
  if (chains.empty()) return;
  document.add(Heading{2, "What a launch costs"});
  document.add(Paragraph{fmt::format(
      "A line through the times of chains of small operators over their number, by weighted least squares with 95 % "
      "intervals, on the host's clock. What {:.0f} operators that are gone save is the slope of those launched one by "
      "one; the slope of those in one launch is what they compute.",
      kOperatorsGone)});
  Table table;
  table.columns = {{"processor"},
                   {"kernel"},
                   {"case"},
                   {"us per operator", true},
                   {fmt::format("us per {:.0f} operators", kOperatorsGone), true},
                   {"largest deviation", true}};
  for (const auto& [way, points] : chains) {
    std::vector<Cell> cells = cells_of(way, points);
    cells[0].text = summary.run_prefix(std::get<0>(way)) + cells[0].text;
    table.rows.push_back(std::move(cells));
  }
  document.add(std::move(table));
}

}  // namespace hetscope

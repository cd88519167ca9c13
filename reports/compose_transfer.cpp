// What handing memory over costs: a line through the times of each way of sharing, and whether one that claims to copy
// nothing does.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/detectors/detectors.hpp"
#include "reports/text.hpp"
#include "reports/transfer_lines.hpp"

namespace hetscope {
namespace {

// What the slope says, beside that of an open copy in the same direction.
Cell judgement_of(const std::string& sharing, const TransferLine& line, const TransferLine* copy) {
  if (!line.fit) return {"not evaluated: fewer than three sizes have a trusted time"};
  if (sharing == kOpenCopy || sharing == kImageCopy) return {"copies"};
  if (copy == nullptr) return {"not evaluated: no copy to compare with"};
  const double limit = threshold_of("D5");
  const Interval& of_copy = copy->fit->slope_interval;
  const std::string share = fmt::format("{:.0f} % of a copied one", 100 * limit);
  std::string text;
  Tone tone = Tone::plain;
  if (line.fit->slope_interval.low > limit * of_copy.high) {
    text = "as a copy: a byte costs more than " + share;
    tone = Tone::bad;
  } else if (line.fit->slope_interval.high < limit * of_copy.low) {
    text = "no copy: a byte costs less than " + share;
    tone = Tone::good;
  } else {
    text = "unclear: a byte may cost more or less than " + share;
  }
  if (line.is_mapped_elsewhere) {
    text += "; mapped elsewhere than the memory it was told to use";
    tone = Tone::bad;
  }
  return {text, std::nullopt, tone};
}

constexpr double kMicroseconds = 1e-3;  // in a ns

std::string interval_text(const Interval& interval, double scale) {
  return fmt::format("[{}, {}]", format_number(interval.low * scale), format_number(interval.high * scale));
}

// Intercept, slope and deviation of a line whose y are ns; the slope in units of `slope_scale` ns.
void append_fit(std::vector<Cell>& cells, const std::optional<LinearFit>& fit, double slope_scale) {
  if (!fit) {
    for (int i = 0; i < 3; ++i) cells.push_back({std::string(kMissing)});
    return;
  }
  const auto parameter = [&](double value, const Interval& interval, double scale) {
    cells.push_back(number_cell(format_number(value * scale) + " " + interval_text(interval, scale), value));
  };
  parameter(fit->intercept, fit->intercept_interval, kMicroseconds);
  parameter(fit->slope, fit->slope_interval, slope_scale);
  cells.push_back(
      number_cell(fmt::format("{:.0f} %", 100 * fit->largest_relative_residual), fit->largest_relative_residual));
}

std::vector<Cell> cells_of(const TransferWay& way, const TransferLine& line, const TransferLine* copy) {
  const std::string& sharing = std::get<4>(way);
  std::vector<Cell> cells = {{std::get<2>(way)}, {sharing}, {std::get<3>(way)}};
  // A MiB makes slopes readable, 1 ns per byte being a GB/s.
  append_fit(cells, line.fit, 1024 * 1024 * kMicroseconds);
  cells.push_back(
      number_cell(format_number(static_cast<double>(line.points.size())), static_cast<double>(line.points.size())));
  cells.push_back(number_cell(format_number(line.address_changes), line.address_changes));
  cells.push_back(judgement_of(sharing, line, copy));
  return cells;
}

// The cost of a launch that finds the queue busy, beside that of a handing over whose one launch finds it drained.
void compose_busy_queue(const Summary& summary, const std::map<LaunchWay, LaunchLine>& lines, Document& document) {
  if (lines.empty()) return;
  document.add(Heading{3, "Launches into a busy queue"});
  document.add(Paragraph{
      "The same handing over with the device's kernel launched several times before the host waits: a line through the "
      "times over the number of launches, with 95 % intervals. The slope is what a launch costs that finds the queue "
      "busy, submitted by itself and executed by one work-item; a handing over with one launch costs the slope and the "
      "rest."});
  Table table;
  table.columns = {{"processor"},
                   {"direction"},
                   {"sharing"},
                   {"sync"},
                   {"bytes", true},
                   {"the rest, us", true},
                   {"a further launch, us", true},
                   {"largest deviation", true}};
  for (const auto& [way, line] : lines) {
    const auto& [run, processor, direction, sync, sharing, bytes] = way;
    std::vector<Cell> cells = {{summary.run_prefix(run) + processor}, {direction}, {sharing}, {sync}};
    cells.push_back(number_cell(std::to_string(bytes), static_cast<double>(bytes)));
    append_fit(cells, line.fit, kMicroseconds);
    table.rows.push_back(std::move(cells));
  }
  document.add(std::move(table));
}

}  // namespace

void compose_transfer(const Summary& summary, Document& document) {
  const std::map<TransferWay, TransferLine> lines = transfer_lines(summary);
  const std::map<LaunchWay, LaunchLine> launches = launch_lines(summary);
  if (lines.empty() && launches.empty()) return;
  document.add(Heading{2, "What handing memory over costs"});
  document.add(Paragraph{
      "A line through the times of each way, alpha + beta x bytes, by weighted least squares with 95 % intervals: "
      "alpha holds the launch of the device's side and the wait, beta what is copied, openly or not. The largest "
      "deviation of a point says how far to trust the line: caches bend it. A way is judged where its whole interval "
      "of beta lies on one side of that share (D5) of a copy's whole interval; what costs as a copy hides one, or "
      "flushes "
      "caches."});
  std::size_t run = 0;
  std::string processor;
  Table table;
  const auto finish_table = [&] {
    if (!table.rows.empty()) document.add(std::move(table));
    table = Table{};
    table.columns = {{"direction"},
                     {"sharing"},
                     {"sync"},
                     {"alpha, us", true},
                     {"beta, us per MiB", true},
                     {"largest deviation", true},
                     {"sizes", true},
                     {"addresses changed", true},
                     {"what it does"}};
  };
  for (const auto& [way, line] : lines) {
    if (std::get<0>(way) != run || std::get<1>(way) != processor) {
      finish_table();
      run = std::get<0>(way);
      processor = std::get<1>(way);
      document.add(Heading{3, summary.run_prefix(run) + processor});
    }
    table.rows.push_back(cells_of(way, line, copy_beside(lines, way)));
  }
  finish_table();
  compose_busy_queue(summary, launches, document);
}

}  // namespace hetscope

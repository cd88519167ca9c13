// What handing memory over costs: a line through the times of each way of sharing, and whether one that claims to copy
// nothing does.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "harness/statistics/linear_fit.hpp"
#include "reports/compose.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kOperation = "transfer";
constexpr const char* kCopy = "copy";
// A standard error below this share of the time claims more than one launch of a program knows.
constexpr double kLeastRelativeSigma = 0.01;
// Of the slope of an open copy; a way that has more of it copies something.
constexpr double kHiddenCopyShare = 0.1;

// {run, processor, direction, sync, sharing}: what a line is drawn through.
using Way = std::tuple<std::size_t, std::string, std::string, std::string, std::string>;

struct Line {
  std::vector<LinePoint> points;
  std::optional<LinearFit> fit;
  double address_changes = 0;
  bool is_mapped_elsewhere = false;
};

double metric_or_zero(const Record& record, const std::string& name) {
  const auto found = record.metrics.find(name);
  return found == record.metrics.end() || !std::isfinite(found->second.value) ? 0 : found->second.value;
}

// Records may come from strangers: an axis that is missing or of another type is no text.
std::string text_of(const Record& record, const std::string& axis) {
  const AxisValue* value = record.item.find(axis);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::string() : *text;
}

std::map<Way, Line> lines_of(const Summary& summary) {
  std::map<Way, Line> lines;
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    if (record.item.operation() != kOperation || record.status != Status::ok) continue;
    const LatencyRecord* latency = record.latency();
    const AxisValue* bytes = record.item.find("bytes");
    const auto* size = bytes == nullptr ? nullptr : std::get_if<std::int64_t>(bytes);
    if (latency == nullptr || size == nullptr) continue;
    Line& line = lines[{row.run, word_of(labelled_words(summary, row), "processor"), text_of(record, "direction"),
                        text_of(record, "sync"), text_of(record, "sharing")}];
    // An interval of 95 % reaches 1.96 standard errors to either side.
    const double sigma = (latency->ci95_high_ns - latency->ci95_low_ns) / 2 / 1.96;
    line.points.push_back(
        {static_cast<double>(*size), latency->median_ns, std::max(sigma, kLeastRelativeSigma * latency->median_ns)});
    line.address_changes += metric_or_zero(record, "address_changes");
    line.is_mapped_elsewhere = line.is_mapped_elsewhere || metric_or_zero(record, "mapped_elsewhere") > 0;
  }
  for (auto& [way, line] : lines) line.fit = fit_line(line.points);
  return lines;
}

// What the slope says, beside that of an open copy in the same direction.
Cell judgement_of(const std::string& sharing, const Line& line, const Line* copy) {
  if (!line.fit) return {"not evaluated: fewer than three sizes have a trusted time"};
  if (sharing == kCopy) return {"copies"};
  if (copy == nullptr || !copy->fit || !(copy->fit->slope > 0)) return {"not evaluated: no copy to compare with"};
  const double limit = kHiddenCopyShare * copy->fit->slope;
  std::string text;
  Tone tone = Tone::plain;
  if (line.fit->slope_interval.low > limit) {
    text = "hidden copy: the time grows with the size";
    tone = Tone::bad;
  } else if (line.fit->slope_interval.high < limit) {
    text = "no copy: the time does not grow";
    tone = Tone::good;
  } else {
    text = "unclear: the slope may be on either side of a tenth of a copy's";
  }
  if (line.is_mapped_elsewhere) {
    text += "; mapped elsewhere than the memory it was told to use";
    tone = Tone::bad;
  }
  return {text, std::nullopt, tone};
}

std::string interval_text(const Interval& interval, double scale) {
  return fmt::format("[{}, {}]", format_number(interval.low * scale), format_number(interval.high * scale));
}

std::vector<Cell> cells_of(const Way& way, const Line& line, const Line* copy) {
  const std::string& sharing = std::get<4>(way);
  std::vector<Cell> cells = {{std::get<2>(way)}, {sharing}, {std::get<3>(way)}};
  if (line.fit) {
    const LinearFit& fit = *line.fit;
    // ns and ns per byte; a MiB makes slopes readable, 1 ns per byte being a GB/s.
    constexpr double kMiB = 1024 * 1024 * 1e-3;
    cells.push_back(number_cell(format_number(fit.intercept * 1e-3) + " " + interval_text(fit.intercept_interval, 1e-3),
                                fit.intercept));
    cells.push_back(
        number_cell(format_number(fit.slope * kMiB) + " " + interval_text(fit.slope_interval, kMiB), fit.slope));
    cells.push_back(
        number_cell(fmt::format("{:.0f} %", 100 * fit.largest_relative_residual), fit.largest_relative_residual));
  } else {
    for (int i = 0; i < 3; ++i) cells.push_back({std::string(kMissing)});
  }
  cells.push_back(
      number_cell(format_number(static_cast<double>(line.points.size())), static_cast<double>(line.points.size())));
  cells.push_back(number_cell(format_number(line.address_changes), line.address_changes));
  cells.push_back(judgement_of(sharing, line, copy));
  return cells;
}

}  // namespace

void compose_transfer(const Summary& summary, Document& document) {
  const std::map<Way, Line> lines = lines_of(summary);
  if (lines.empty()) return;
  document.add(Heading{2, "What handing memory over costs"});
  document.add(Paragraph{
      "A line through the times of each way, alpha + beta x bytes, by weighted least squares with 95 % intervals: "
      "alpha "
      "holds the launch of the device's side and the wait, beta what is copied, openly or not. The largest deviation "
      "of "
      "a point says how far to trust the line: caches bend it. A way whose beta is surely above a tenth of a copy's "
      "hides one."});
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
    Way open_copy = way;
    std::get<4>(open_copy) = kCopy;
    const auto copy = lines.find(open_copy);
    table.rows.push_back(cells_of(way, line, copy == lines.end() ? nullptr : &copy->second));
  }
  finish_table();
}

}  // namespace hetscope

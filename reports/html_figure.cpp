// Interval plots and sample charts; see html_figure.hpp.
#include "reports/html_figure.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "harness/core/divided_up.hpp"
#include "harness/core/units.hpp"
#include "reports/axis.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kBins = 40;
constexpr int kChartWidth = 400;
constexpr int kChartHeight = 60;

std::string_view class_of(Tone tone) {
  switch (tone) {
    case Tone::good:
      return "good";
    case Tone::bad:
      return "bad";
    case Tone::warning:
      return "warning";
    case Tone::neutral:
    case Tone::plain:
      break;
  }
  return "neutral";
}

std::string position_text(double share) { return fmt::format("{:.2f}%", 100 * share); }

std::string tick_text(Quantity quantity, double value) {
  return quantity == Quantity::time_ns ? format_ns(value) : format_number(value);
}

Axis axis_of(const Plot& plot) {
  std::vector<double> values;
  for (const PlotRow& row : plot.rows) {
    values.insert(values.end(), {row.centre, row.interval.low, row.interval.high});
    if (row.tails) values.insert(values.end(), {row.tails->low, row.tails->high});
  }
  if (plot.band) values.insert(values.end(), {plot.band->low, plot.band->high});
  return make_axis(values);
}

// Band and tick lines, the same behind every row.
std::string background_of(const Plot& plot, const Axis& axis) {
  std::string svg;
  if (plot.band) {
    const double left = axis.position(plot.band->low);
    svg += fmt::format("<rect class=\"band\" x=\"{}\" y=\"0\" width=\"{}\" height=\"100%\"/>", position_text(left),
                       position_text(axis.position(plot.band->high) - left));
  }
  for (double tick : axis.ticks) {
    const std::string x = position_text(axis.position(tick));
    svg += fmt::format("<line class=\"grid\" x1=\"{0}\" x2=\"{0}\" y1=\"0\" y2=\"100%\"/>", x);
  }
  return svg;
}

void append_line(std::string& out, std::string_view name, const Axis& axis, const Interval& interval) {
  if (!std::isfinite(interval.low) || !std::isfinite(interval.high)) return;
  fmt::format_to(std::back_inserter(out), "<line class=\"{}\" x1=\"{}\" x2=\"{}\" y1=\"50%\" y2=\"50%\"/>", name,
                 position_text(axis.position(interval.low)), position_text(axis.position(interval.high)));
}

// Values that can be drawn.
std::vector<double> finite(const std::vector<double>& values) {
  std::vector<double> result;
  std::copy_if(values.begin(), values.end(), std::back_inserter(result), [](double v) { return std::isfinite(v); });
  return result;
}

// Dots at (order of measurement, time), thinned evenly.
void append_strip(const std::vector<double>& values, const Axis& axis, std::string& out) {
  const std::size_t stride = divided_up(values.size(), kMaxDots);
  out += fmt::format(
      "<svg class=\"strip\" viewBox=\"0 0 {} {}\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path d=\"",
      kChartWidth, kChartHeight);
  for (std::size_t i = 0; i < values.size(); i += stride) {
    const double x = (static_cast<double>(i) + 0.5) / static_cast<double>(values.size()) * kChartWidth;
    fmt::format_to(std::back_inserter(out), "M{:.0f} {:.0f}h0", x, (1 - axis.position(values[i])) * kChartHeight);
  }
  out += "\"/></svg>";
}

void append_histogram(const std::vector<double>& values, const Axis& axis, std::string& out) {
  std::array<std::size_t, kBins> counts{};
  for (double value : values) {
    const auto bin = static_cast<std::size_t>(axis.position(value) * kBins);
    ++counts[std::min(bin, kBins - 1)];
  }
  const auto highest = static_cast<double>(*std::max_element(counts.begin(), counts.end()));
  out += fmt::format(
      "<svg class=\"histogram\" viewBox=\"0 0 {} {}\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path d=\"M0 "
      "{}",
      kBins, kChartHeight, kChartHeight);
  for (std::size_t count : counts) {
    fmt::format_to(std::back_inserter(out), "V{:.0f}h1", kChartHeight * (1 - static_cast<double>(count) / highest));
  }
  out += fmt::format("V{}Z\"/></svg>", kChartHeight);
}

}  // namespace

void append_plot(const Plot& plot, std::string& out) {
  const Axis axis = axis_of(plot);
  const std::string background = background_of(plot, axis);
  out += "<figure class=\"plot\"><figcaption>" + escape_html(plot.title) +
         (axis.is_logarithmic ? " (logarithmic axis)" : "") + "</figcaption>\n";
  for (const PlotRow& row : plot.rows) {
    out += "<div class=\"plot-row\"><span class=\"plot-label\">" + escape_html(row.label);
    if (!row.detail.empty()) out += "<small>" + escape_html(row.detail) + "</small>";
    out += "</span><svg role=\"img\" ";
    out += "aria-label=\"" + escape_html(row.label + ": " + row.value) + "\" class=\"";
    out += class_of(row.tone);
    out += "\">" + background;
    if (row.tails) append_line(out, "tails", axis, *row.tails);
    append_line(out, "interval", axis, row.interval);
    if (std::isfinite(row.centre))
      out += "<circle cx=\"" + position_text(axis.position(row.centre)) + "\" cy=\"50%\" r=\"4\"/>";
    out += "</svg><span class=\"plot-value " + std::string(class_of(row.tone)) + "\">" + escape_html(row.value) +
           "</span></div>\n";
  }
  out += "<div class=\"plot-row plot-axis\" aria-hidden=\"true\"><span class=\"plot-label\"></span><svg>";
  for (double tick : axis.ticks) {
    const double at = axis.position(tick);
    // Labels at the edges must not leave the picture.
    const char* anchor = at < 0.06 ? "start" : at > 0.94 ? "end" : "middle";
    fmt::format_to(std::back_inserter(out), "<text x=\"{}\" y=\"12\" text-anchor=\"{}\">{}</text>", position_text(at),
                   anchor, escape_html(tick_text(plot.quantity, tick)));
  }
  out += "</svg><span class=\"plot-value\"></span></div></figure>\n";
}

void append_sample_chart(const SampleChart& chart, std::string& out) {
  const std::vector<double> values = finite(chart.per_iteration_ns);
  if (values.empty()) return;
  // A few outliers must not squeeze all others into one line: beyond the range they are drawn on its edge.
  const double low = quantile(values, 0.005);
  const double high = quantile(values, 0.995);
  const std::array<double, 2> range{low, high};
  const Axis axis = make_axis(range);
  out += "<figure class=\"samples\"><figcaption>" + escape_html(chart.label) + "</figcaption><div>";
  append_strip(values, axis, out);
  append_histogram(values, axis, out);
  out += "</div><p>" + escape_html(count_of(values.size(), "sample")) + " in the order of measurement (left, " +
         escape_html(time_text(axis.low)) + " at the bottom, " + escape_html(time_text(axis.high)) +
         " at the top) and how often each time occurs (right, same range from left to right)</p></figure>\n";
}

}  // namespace hetscope

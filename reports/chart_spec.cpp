// Vega-Lite specifications. None names a schema: the page that draws them asks no network for anything.
#include "reports/chart_spec.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

#include "harness/core/divided_up.hpp"
#include "harness/core/error.hpp"
#include "reports/axis.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kRowHeight = 24;
constexpr const char* kTimeLabel =
    "datum.value >= 1e9 ? format(datum.value / 1e9, '~g') + ' s' : datum.value >= 1e6 ? format(datum.value / 1e6, "
    "'~g') + "
    "' ms' : datum.value >= 1e3 ? format(datum.value / 1e3, '~g') + ' us' : format(datum.value, '~g') + ' ns'";

// Not Vega-Lite's own steps: with them it warns that a width that follows the page is half dropped.
std::size_t height_of(std::size_t rows) { return kRowHeight * std::max<std::size_t>(1, rows); }

std::string dump(const Json& spec) { return spec.dump(-1, ' ', false, Json::error_handler_t::replace); }

// Five digits are more than a screen shows; the tables have the rest.
Json rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == 0) return 0;
  const double scale = std::pow(10.0, 5 - std::ceil(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

Json axis_of(Quantity quantity, const std::string& title) {
  Json axis = {{"title", title.empty() ? Json() : Json(title)}};
  if (quantity == Quantity::time_ns) axis["labelExpr"] = kTimeLabel;
  return axis;
}

Json scale_of(const std::vector<double>& values) {
  const Axis axis = make_axis(values);
  Json scale = {{"type", axis.is_logarithmic ? "log" : "linear"}, {"nice", false}};
  if (!axis.is_logarithmic) scale["zero"] = false;
  if (axis.low < axis.high) scale["domain"] = {rounded(axis.low), rounded(axis.high)};
  return scale;
}

std::string_view colour_of(Tone tone) {
  switch (tone) {
    case Tone::good:
      return "var(--good)";
    case Tone::bad:
      return "var(--bad)";
    case Tone::warning:
      return "var(--warning)";
    case Tone::neutral:
    case Tone::plain:
      break;
  }
  return "var(--neutral)";
}

// Rows with one label would be drawn on one line.
std::vector<std::string> unique_labels(const std::vector<PlotRow>& rows) {
  std::map<std::string, int> seen;
  std::vector<std::string> labels;
  for (const PlotRow& row : rows) {
    std::string label = one_line(row.axis_label.empty() ? row.label : row.axis_label);
    if (const int count = ++seen[label]; count > 1) label += " (" + std::to_string(count) + ")";
    labels.push_back(std::move(label));
  }
  return labels;
}

Json plot_values(const Plot& plot) {
  const std::vector<std::string> labels = unique_labels(plot.rows);
  Json values = Json::array();
  for (std::size_t i = 0; i < plot.rows.size(); ++i) {
    const PlotRow& row = plot.rows[i];
    Json value = {{"row", labels[i]},
                  {"what", one_line(row.label + (row.detail.empty() ? "" : " " + row.detail))},
                  {"value", row.value},
                  {"centre", rounded(row.centre)},
                  {"low", rounded(row.interval.low)},
                  {"high", rounded(row.interval.high)},
                  {"colour", colour_of(row.tone)}};
    if (row.tails) {
      value["p05"] = rounded(row.tails->low);
      value["p95"] = rounded(row.tails->high);
    }
    values.push_back(std::move(value));
  }
  return values;
}

Json rule_layer(const char* from, const char* to, double width, double opacity) {
  return {{"mark", {{"type", "rule"}, {"strokeWidth", width}, {"opacity", opacity}}},
          {"encoding",
           {{"x", {{"field", from}, {"type", "quantitative"}}},
            {"x2", {{"field", to}}},
            {"color", {{"field", "colour"}, {"type", "nominal"}, {"scale", nullptr}}}}}};
}

// The finite samples; those beyond Tukey's outer fences (three interquartile ranges from the quartiles) are put on the
// edge, because a few outliers would squeeze all others into one line.
struct Samples {
  std::vector<double> values;
  double low = 0;
  double high = 0;
};

Samples samples_of(const SampleChart& chart) {
  Samples samples;
  std::copy_if(chart.per_iteration_ns.begin(), chart.per_iteration_ns.end(), std::back_inserter(samples.values),
               [](double value) { return std::isfinite(value); });
  const double lower = quantile(samples.values, 0.25);
  const double upper = quantile(samples.values, 0.75);
  const double reach = 3 * (upper - lower);
  samples.low = std::max(quantile(samples.values, 0), lower - reach);
  samples.high = std::min(quantile(samples.values, 1), upper + reach);
  for (double& value : samples.values) value = std::clamp(value, samples.low, samples.high);
  return samples;
}

Json sample_values(const std::vector<double>& values) {
  Json list = Json::array();
  const std::size_t stride = std::max<std::size_t>(1, divided_up(values.size(), kMaxDots));
  for (std::size_t i = 0; i < values.size(); i += stride) list.push_back(rounded(values[i]));
  return list;
}

Json logarithmic(const char* field, const std::string& title) {
  return {{"field", field},
          {"type", "quantitative"},
          {"scale", {{"type", "log"}, {"nice", false}}},
          {"axis", {{"title", title}, {"format", "~s"}}}};
}

}  // namespace

std::string chart_spec(const Plot& plot) {
  std::vector<double> all;
  for (const PlotRow& row : plot.rows) {
    all.insert(all.end(), {row.centre, row.interval.low, row.interval.high});
    if (row.tails) all.insert(all.end(), {row.tails->low, row.tails->high});
  }
  if (plot.band) all.insert(all.end(), {plot.band->low, plot.band->high});

  const std::size_t rows = plot.rows.size();
  Json layers = Json::array();
  if (plot.band) {
    layers.push_back(
        {{"data", {{"values", Json::array({Json{{"low", plot.band->low}, {"high", plot.band->high}}})}}},
         {"mark", {{"type", "rect"}, {"color", "var(--band)"}}},
         {"encoding",
          {{"x", {{"field", "low"}, {"type", "quantitative"}}}, {"x2", {{"field", "high"}}}, {"y", nullptr}}}});
  }
  layers.push_back(rule_layer("p05", "p95", 1.5, 1));
  layers.push_back(rule_layer("low", "high", 6, 0.5));
  layers.push_back(
      {{"mark", {{"type", "point"}, {"filled", true}, {"size", 55}, {"opacity", 1}}},
       {"encoding",
        {{"x",
          {{"field", "centre"},
           {"type", "quantitative"},
           {"scale", scale_of(all)},
           {"axis", axis_of(plot.quantity, "")}}},
         {"color", {{"field", "colour"}, {"type", "nominal"}, {"scale", nullptr}}},
         {"tooltip",
          {{{"field", "what"}, {"type", "nominal"}, {"title", "case"}}, {{"field", "value"}, {"type", "nominal"}}}}}}});
  const Json y = {{"field", "row"}, {"type", "nominal"}, {"sort", nullptr}, {"axis", {{"title", nullptr}}}};
  return dump({{"width", "container"},
               {"height", height_of(rows)},
               {"data", {{"values", plot_values(plot)}}},
               {"encoding", {{"y", y}}},
               {"layer", std::move(layers)}});
}

std::string strip_spec(const SampleChart& chart) {
  const Samples samples = samples_of(chart);
  const Json y = {{"field", "data"},
                  {"type", "quantitative"},
                  {"scale", scale_of({samples.low, samples.high})},
                  {"axis", axis_of(Quantity::time_ns, "")}};
  const Json x = {{"field", "order"}, {"type", "quantitative"}, {"axis", {{"title", "order of measurement"}}}};
  return dump(
      {{"width", "container"},
       {"height", 110},
       {"data", {{"values", sample_values(samples.values)}}},
       {"transform", Json::array({Json{{"window", Json::array({Json{{"op", "row_number"}, {"as", "order"}}})}}})},
       {"mark", {{"type", "point"}, {"filled", true}, {"size", 14}, {"opacity", 0.7}, {"color", "var(--neutral)"}}},
       {"encoding", {{"x", x}, {"y", y}}}});
}

std::string histogram_spec(const SampleChart& chart) {
  const Samples samples = samples_of(chart);
  const Json x = {
      {"field", "data"},
      {"type", "quantitative"},
      {"bin", samples.low < samples.high
                  ? Json{{"maxbins", 30}, {"extent", Json::array({rounded(samples.low), rounded(samples.high)})}}
                  : Json{{"maxbins", 30}}},
      {"axis", axis_of(Quantity::time_ns, "")}};
  const Json y = {{"aggregate", "count"}, {"type", "quantitative"}, {"axis", {{"title", "samples"}}}};
  return dump({{"width", "container"},
               {"height", 110},
               {"data", {{"values", sample_values(samples.values)}}},
               {"mark", {{"type", "bar"}, {"color", "var(--neutral)"}}},
               {"encoding", {{"x", x}, {"y", y}}}});
}

std::string chart_spec(const RoofChart& chart) {
  Json points = Json::array();
  for (const RoofChart::Point& point : chart.points) {
    points.push_back({{"name", one_line(point.name)},
                      {"case", one_line(point.detail)},
                      {"x", rounded(point.x)},
                      {"y", rounded(point.y)}});
  }
  Json lines = Json::array();
  for (const RoofChart::Roof& roof : chart.roofs) {
    for (const auto& [x, y] : roof.line) {
      lines.push_back({{"roof", one_line(roof.name)}, {"x", rounded(x)}, {"y", rounded(y)}});
    }
  }
  const Json x = logarithmic("x", chart.x_title);
  const Json y = logarithmic("y", chart.y_title);
  const Json roofs = {{"data", {{"values", std::move(lines)}}},
                      {"mark", {{"type", "line"}, {"color", "var(--soft)"}, {"strokeWidth", 1.5}, {"point", false}}},
                      {"encoding",
                       {{"x", x},
                        {"y", y},
                        {"strokeDash", {{"field", "roof"}, {"type", "nominal"}, {"legend", {{"title", "roof"}}}}}}}};
  const Json tooltip = {{{"field", "case"}, {"type", "nominal"}},
                        {{"field", "x"}, {"type", "quantitative"}, {"title", chart.x_title}},
                        {{"field", "y"}, {"type", "quantitative"}, {"title", chart.y_title}}};
  const Json dots = {{"data", {{"values", std::move(points)}}},
                     {"mark", {{"type", "point"}, {"filled", true}, {"size", 40}, {"opacity", 0.8}}},
                     {"encoding",
                      {{"x", x},
                       {"y", y},
                       {"color", {{"field", "name"}, {"type", "nominal"}, {"legend", {{"title", nullptr}}}}},
                       {"tooltip", tooltip}}}};
  return dump({{"width", "container"}, {"height", 280}, {"layer", {roofs, dots}}});
}

std::string chart_spec(const LineChart& chart) {
  Json values = Json::array();
  std::vector<double> xs, ys;
  for (const LineChart::Series& series : chart.series) {
    for (const LineChart::Point& point : series.points) {
      values.push_back({{"name", one_line(series.name)},
                        {"x", rounded(point.x)},
                        {"y", rounded(point.y)},
                        {"low", rounded(point.interval.low)},
                        {"high", rounded(point.interval.high)}});
      xs.push_back(point.x);
      ys.insert(ys.end(), {point.y, point.interval.low, point.interval.high});
    }
  }
  const Json x = {{"field", "x"},
                  {"type", "quantitative"},
                  {"scale", scale_of(xs)},
                  {"axis", {{"title", chart.x_title}, {"format", "~s"}}}};
  const Json y = {
      {"field", "y"}, {"type", "quantitative"}, {"scale", scale_of(ys)}, {"axis", axis_of(chart.quantity, "")}};
  const Json colour = {{"field", "name"}, {"type", "nominal"}, {"legend", {{"title", nullptr}}}};
  const Json line = {{"mark", {{"type", "line"}, {"point", true}}},
                     {"encoding",
                      {{"x", x},
                       {"y", y},
                       {"color", colour},
                       {"tooltip", {{{"field", "name"}}, {{"field", "x"}}, {{"field", "y"}}}}}}};
  const Json bars = {{"mark", {{"type", "rule"}, {"strokeWidth", 3}, {"opacity", 0.4}}},
                     {"encoding",
                      {{"x", x},
                       {"y", {{"field", "low"}, {"type", "quantitative"}}},
                       {"y2", {{"field", "high"}}},
                       {"color", colour}}}};
  return dump(
      {{"width", "container"}, {"height", 260}, {"data", {{"values", std::move(values)}}}, {"layer", {bars, line}}});
}

std::string chart_spec(const StageChart& chart) {
  Json values = Json::array();
  std::map<std::string, int> seen;
  for (const StageChart::Bar& bar : chart.bars) {
    std::string label = one_line(bar.label);
    if (const int count = ++seen[label]; count > 1) label += " (" + std::to_string(count) + ")";
    for (const auto& [stage, ns] : bar.stages_ns) {
      values.push_back({{"row", label}, {"stage", one_line(stage)}, {"ns", rounded(ns)}});
    }
  }
  const std::size_t rows = chart.bars.size();
  const Json x = {
      {"field", "ns"}, {"type", "quantitative"}, {"stack", "zero"}, {"axis", axis_of(Quantity::time_ns, "")}};
  const Json y = {{"field", "row"}, {"type", "nominal"}, {"sort", nullptr}, {"axis", {{"title", nullptr}}}};
  const Json colour = {{"field", "stage"}, {"type", "nominal"}, {"legend", {{"title", nullptr}}}};
  return dump(
      {{"width", "container"},
       {"height", height_of(rows)},
       {"data", {{"values", std::move(values)}}},
       {"mark", {{"type", "bar"}}},
       {"encoding", {{"x", x}, {"y", y}, {"color", colour}, {"tooltip", {{{"field", "stage"}}, {{"field", "ns"}}}}}}});
}

std::string chart_spec(const HeatChart& chart) {
  Json values = Json::array();
  std::vector<std::string> rows;
  for (const HeatChart::Cell& cell : chart.cells) {
    const std::string row = one_line(cell.y);
    if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(row);
    values.push_back({{"x", one_line(cell.x)}, {"y", row}, {"value", rounded(cell.value)}, {"text", cell.text}});
  }
  const Json x = {{"field", "x"},
                  {"type", "nominal"},
                  {"sort", nullptr},
                  {"axis", {{"title", chart.x_title}, {"orient", "top"}, {"labelAngle", 0}, {"labelLimit", 110}}}};
  const Json y = {
      {"field", "y"}, {"type", "nominal"}, {"sort", nullptr}, {"axis", {{"title", nullptr}, {"labelLimit", 200}}}};
  // 1 is nothing lost; a little above it is noise, and drawn as 1.
  const Json colour = {{"field", "value"},
                       {"type", "quantitative"},
                       {"scale", {{"domain", {0, 1}}, {"clamp", true}, {"scheme", "redyellowgreen"}}},
                       {"legend", {{"title", nullptr}}}};
  const Json cells = {{"mark", {{"type", "rect"}}},
                      {"encoding",
                       {{"color", colour},
                        {"tooltip", {{{"field", "y"}}, {{"field", "x"}}, {{"field", "text"}, {"title", "keeps"}}}}}}};
  // Black is readable on every colour of the scheme, in light and in dark pages.
  const Json labels = {{"mark", {{"type", "text"}, {"color", "#000"}}},
                       {"encoding", {{"text", {{"field", "value"}, {"type", "quantitative"}, {"format", ".2f"}}}}}};
  return dump({{"width", "container"},
               {"height", height_of(rows.size())},
               {"data", {{"values", std::move(values)}}},
               {"encoding", {{"x", x}, {"y", y}}},
               {"layer", {cells, labels}}});
}

}  // namespace hetscope

// Figures of a Document as Vega-Lite specifications (JSON texts). Colours are variables of the page's style sheet, so
// that a chart follows the reader's light or dark, and paper, without being drawn again.
#pragma once

#include <string>

#include "reports/document.hpp"

namespace hetscope {

std::string chart_spec(const Plot& plot);
// In the order of measurement, and how often each time occurs; one range of times for both.
std::string strip_spec(const SampleChart& chart);
std::string histogram_spec(const SampleChart& chart);
std::string chart_spec(const RoofChart& chart);
std::string chart_spec(const LineChart& chart);
std::string chart_spec(const StageChart& chart);
std::string chart_spec(const HeatChart& chart);

}  // namespace hetscope

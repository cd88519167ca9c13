// Plots and sample charts as inline SVG. Positions are percentages, so that a figure fits a phone and a wall alike and
// its text, which is HTML beside the SVG, keeps its size.
#pragma once

#include <string>

#include "reports/document.hpp"

namespace hetscope {

void append_plot(const Plot& plot, std::string& out);
void append_sample_chart(const SampleChart& chart, std::string& out);

}  // namespace hetscope

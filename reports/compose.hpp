// From a Summary to a Document, part by part in the order in which a reader meets them.
#pragma once

#include <string>
#include <vector>

#include "reports/case_words.hpp"
#include "reports/document.hpp"
#include "reports/summary.hpp"

namespace hetscope {

// The whole report. `with_figures`: plots and sample charts too (Markdown shows none).
Document compose(const Summary& summary, bool with_figures);

// Its parts; each in the file of its name.
void compose_overview(const Summary& summary, Document& document);
void compose_comparisons(const Summary& summary, bool with_figures, Document& document);
void compose_conditions(const Summary& summary, Document& document);
void compose_results(const Summary& summary, bool with_figures, Document& document);
void compose_other_clocks(const Summary& summary, Document& document);
void compose_published(const Summary& summary, Document& document);
void compose_problems(const Summary& summary, Document& document);
void compose_reproduction(const Summary& summary, Document& document);

// The words of a row's case with its processors labelled (an OpenCL device on the host's CPU says so).
CaseWords labelled_words(const Summary& summary, const Row& row);
// "~" in front of what a model made.
std::string energy_text(const EnergyRecord& energy);
std::string edp_text(const EdpRecord& edp);
// "41.1 us", or "mean 41.1 us" where another tool printed no median.
std::string figure_text(const LatencyRecord& latency);
// A cell for a number that may be missing.
Cell number_cell(std::string text, double value);

}  // namespace hetscope

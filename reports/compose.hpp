// From a Summary to a Document, part by part in the order in which a reader meets them.
#pragma once

#include <string>
#include <vector>

#include "reports/case_words.hpp"
#include "reports/decision.hpp"
#include "reports/detectors/detectors.hpp"
#include "reports/document.hpp"
#include "reports/summary.hpp"

namespace hetscope {

// The questions of a report with their answers; the decisions point into the sets.
struct Answers {
  Answers() = default;
  Answers(Answers&&) = default;
  Answers& operator=(Answers&&) = default;
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  std::vector<QuestionSet> sets;
  std::vector<Decision> decisions;  // one a set
};
// By the rules of input.questions; without any, by the report's own rule for each scenario whose rows name baselines.
Answers answer_questions(const ReportInput& input, const Summary& summary);

// The whole report. `with_figures`: plots and sample charts too (Markdown shows none).
Document compose(const ReportInput& input, const Summary& summary, bool with_figures, Charts charts = Charts::plain);

// Its parts; each in the file of its name.
void compose_overview(const Summary& summary, const Answers& answers, Document& document);
void compose_questions(const Summary& summary, const Answers& answers, bool with_figures, Document& document);
void compose_comparisons(const Summary& summary, bool with_figures, Document& document);
void compose_contention(const Summary& summary, bool with_figures, Document& document);
void compose_transfer(const Summary& summary, Document& document);
void compose_texture(const Summary& summary, Document& document);
void compose_tasd(const Summary& summary, const Answers& answers, Document& document);
void compose_mappings(const Summary& summary, Document& document);
void compose_launches(const Summary& summary, Document& document);
void compose_frameworks(const Summary& summary, Document& document);
void compose_splits(const Summary& summary, const std::vector<InstrumentNote>& instruments,
                    const std::vector<Finding>& findings, Document& document);
void compose_pitfalls(const std::vector<Finding>& findings, Document& document);
void compose_conditions(const Summary& summary, Document& document);
void compose_results(const Summary& summary, bool with_figures, Document& document);
void compose_other_clocks(const Summary& summary, Document& document);
void compose_roofline(const Summary& summary, const RowSection& section, Document& document);
void compose_axes(const Summary& summary, const RowSection& section, Document& document);
void compose_stages(const Summary& summary, const RowSection& section, Document& document);
void compose_published(const Summary& summary, Document& document);
void compose_problems(const Summary& summary, Document& document);
void compose_reproduction(const Summary& summary, Document& document);

// What tells a comparison's candidate from its baseline, and its group from the others with these varying words.
struct ComparisonNames {
  std::string where;
  std::string candidate;
  std::string baseline;
};
ComparisonNames names_of(const Summary& summary, const Comparison& comparison, const std::vector<std::string>& varying);
Tone tone_of(Verdict verdict);

// The words of a row's case with its processors labelled (an OpenCL device on the host's CPU says so).
CaseWords labelled_words(const Summary& summary, const Row& row);
// Whether one of the row's processors is an OpenCL device that is the host's CPU, or the CPU itself.
bool runs_on_host_cpu(const Summary& summary, const Row& row);
// "~" in front of what a model made.
std::string energy_text(const EnergyRecord& energy);
std::string edp_text(const EdpRecord& edp);
// "41.1 us", or "mean 41.1 us" where another tool printed no median.
std::string figure_text(const LatencyRecord& latency);
// By their principal clocks; both rows have a time.
bool is_faster(const Row* a, const Row* b);
// A cell for a number that may be missing.
Cell number_cell(std::string text, double value);

}  // namespace hetscope

// What a report is made of and the three forms it takes. The writers are pure: records in, text out; the caller reads
// and writes the files, and picks the form by the file's suffix.
#pragma once

#include <string>
#include <vector>

#include "harness/record/journal.hpp"
#include "reports/instrument_note.hpp"
#include "reports/published.hpp"
#include "reports/questions.hpp"

namespace hetscope {

struct ReportInput {
  std::vector<LoadedRun> runs;
  std::vector<PublishedSet> published = {};  // figures of papers, set beside what was measured
  // Answered on the first screen; without any, the questions of the runs' scenarios are.
  std::vector<QuestionSet> questions = {};
  std::vector<InstrumentNote> instruments = {};
};

// GitHub-flavoured Markdown.
std::string markdown_report(const ReportInput& input);
// By Vega-Lite, which the program was built with or not, or as plain SVG.
enum class Charts { vega_lite, plain };
Charts available_charts();
// One self-contained file: no external resource, on a phone and in print, readable without JavaScript but for the
// further rows of long tables. Throws Error for charts that the program was not built with.
std::string html_report(const ReportInput& input, Charts charts = available_charts());
// One row per record and clock (one for a record without latencies), RFC 4180 quoting, a header, '.' as decimal point.
// A text that a spreadsheet would take for a formula gets a leading apostrophe.
std::string csv_report(const ReportInput& input);

}  // namespace hetscope

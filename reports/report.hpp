// What a report is made of and the three forms it takes. The writers are pure: records in, text out; the caller reads
// and writes the files, and picks the form by the file's suffix.
#pragma once

#include <string>
#include <vector>

#include "harness/record/journal.hpp"
#include "reports/published.hpp"

namespace hetscope {

struct ReportInput {
  std::vector<LoadedRun> runs;
  std::vector<PublishedSet> published = {};  // figures of papers, set beside what was measured
};

// GitHub-flavoured Markdown.
std::string markdown_report(const ReportInput& input);
// One self-contained file: no external resource, readable without JavaScript, on a phone and in print.
std::string html_report(const ReportInput& input);
// One row per record and clock (one for a record without latencies), RFC 4180 quoting, a header, '.' as decimal point.
// A text that a spreadsheet would take for a formula gets a leading apostrophe.
std::string csv_report(const ReportInput& input);

}  // namespace hetscope

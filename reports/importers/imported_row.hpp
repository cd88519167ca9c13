// The pieces every importer builds its rows from, so that "what the tool did not print is missing" has one meaning.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/case.hpp"
#include "harness/record/record.hpp"
#include "reports/importers/importer.hpp"
#include "reports/importers/log_text.hpp"

namespace hetscope {

inline constexpr std::string_view kUnknownProcessor = "unknown";

// `OPERATION kernel=TOOL processor=PROCESSOR`, where the processor that the user named stands above the text's.
Case tool_case(const ImportInput& input, std::string_view operation, std::string_view tool, std::string_view processor);
// `model kernel=TOOL processor=PROCESSOR model=MODEL`, where what the user said stands above what the text says.
Case model_case(const ImportInput& input, std::string_view tool, std::string_view model, std::string_view processor);
// A text of the file as a row may hold it: without control characters and blanks around it, and short.
std::string clean_text(std::string_view text);
// A text axis of clean_text; nothing for an empty text.
void set_text(Case& item, std::string_view axis, std::string_view text);

// A row with status ok and nothing in it. `timer` says in words what the tool times; `line` may be nullptr.
Record row_of(Case item, const LogLine* line, std::string_view timer);

// What the tool printed of a clock; NaN is what it did not print. `n` is 0 when it does not say.
LatencyRecord printed_mean(double mean_ns, std::int64_t n);
LatencyRecord printed_median(double median_ns, double mean_ns, std::int64_t n);
// Median and mean, and percentiles of 20 or more, of times that the tool wrote one by one, each the mean of
// `iterations` executions. At most 2,000 are kept, every k-th; the figures are of all.
LatencyRecord latency_of_samples(std::span<const double> samples_ns, std::span<const std::int64_t> iterations = {});

// Sets a latency; the first one is the principal.
void add_latency(Record& record, std::string_view clock, LatencyRecord latency);
// Does nothing for a value that is not finite.
void add_metric(Record& record, std::string_view name, double value, std::string_view unit);

Record failed_row(Case item, const LogLine* line, std::string_view reason);
// Ends the reading of a log: a crash line makes a failed row of its own, an unfinished last line a remark. A log
// without rows gets one that says why, when it is the importer's or reports an error.
void close_log(const ImportInput& input, const std::vector<LogLine>& lines, const Importer& importer,
               ImportResult& result);

// In record.source->file_sha256 until import_text knows the hashes: the row stands in the second stream.
inline constexpr std::string_view kSecondStream = "second stream";

}  // namespace hetscope

// Building rows; the rules of docs/importers.md about means, medians and samples are here.
#include "reports/importers/imported_row.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "harness/core/divided_up.hpp"
#include "harness/core/error.hpp"
#include "harness/statistics/statistics.hpp"

namespace hetscope {
namespace {

constexpr double kNotPrinted = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kLongestText = 400;
constexpr std::size_t kMostSamples = 2000;
// With fewer, the 5th and 95th percentile are drawn between the two outermost samples.
constexpr std::size_t kFewestForPercentiles = 20;

LatencyRecord printed() {
  LatencyRecord latency;
  latency.median_ns = latency.mean_ns = latency.p05_ns = latency.p95_ns = kNotPrinted;
  latency.ci95_low_ns = latency.ci95_high_ns = kNotPrinted;
  return latency;
}

}  // namespace

std::string clean_text(std::string_view text) {
  const std::string line = one_line(std::string(text.substr(0, kLongestText + 1)));
  const std::string_view kept = trimmed(line);
  return kept.size() <= kLongestText ? std::string(kept) : std::string(kept.substr(0, kLongestText)) + "...";
}

Case tool_case(const ImportInput& input, std::string_view operation, std::string_view tool,
               std::string_view processor) {
  if (!input.processor.empty()) processor = input.processor;
  std::string name = clean_text(processor);
  if (name.empty()) name = kUnknownProcessor;
  return Case(std::string(operation), std::string(tool), {std::move(name)});
}

Case model_case(const ImportInput& input, std::string_view tool, std::string_view model, std::string_view processor) {
  Case item = tool_case(input, "model", tool, processor);
  if (!input.model.empty()) model = input.model;
  set_text(item, "model", model);
  if (!item.has("model")) item.set("model", std::string("unknown"));
  return item;
}

void set_text(Case& item, std::string_view axis, std::string_view text) {
  if (std::string clean = clean_text(text); !clean.empty()) item.set(axis, std::move(clean));
}

Record row_of(Case item, const LogLine* line, std::string_view timer) {
  Record record;
  record.item = std::move(item);
  record.status = Status::ok;
  record.prepare_ns = kNotPrinted;
  record.conditions.load = kNotPrinted;
  record.source = SourceRecord{};
  record.source->timer = timer;
  if (line != nullptr) {
    record.source->line = line->number;
    if (line->is_second) record.source->file_sha256 = kSecondStream;
  }
  return record;
}

LatencyRecord printed_mean(double mean_ns, std::int64_t n) {
  LatencyRecord latency = printed();
  latency.statistic = Statistic::mean;
  latency.mean_ns = mean_ns;
  latency.n = n;
  return latency;
}

LatencyRecord printed_median(double median_ns, double mean_ns, std::int64_t n) {
  LatencyRecord latency = printed();
  latency.median_ns = median_ns;
  latency.mean_ns = mean_ns;
  latency.n = n;
  return latency;
}

LatencyRecord latency_of_samples(std::span<const double> samples_ns, std::span<const std::int64_t> iterations) {
  LatencyRecord latency = printed();
  latency.median_ns = median(samples_ns);
  latency.mean_ns = mean(samples_ns);
  if (samples_ns.size() >= kFewestForPercentiles) {
    latency.p05_ns = quantile(samples_ns, 0.05);
    latency.p95_ns = quantile(samples_ns, 0.95);
  }
  latency.n = std::ssize(samples_ns);
  const std::size_t step = divided_up(samples_ns.size(), kMostSamples);
  for (std::size_t i = 0; i < samples_ns.size(); i += step) {
    const std::int64_t executions = i < iterations.size() ? iterations[i] : 1;
    latency.rounds.push_back(0);
    latency.order.push_back(0);
    latency.iterations.push_back(executions);
    latency.totals_ns.push_back(samples_ns[i] * static_cast<double>(executions));
  }
  return latency;
}

void add_latency(Record& record, std::string_view clock, LatencyRecord latency) {
  if (record.clock.empty()) record.clock = clock;
  record.latencies[std::string(clock)] = std::move(latency);
}

void add_metric(Record& record, std::string_view name, double value, std::string_view unit) {
  if (std::isfinite(value)) record.metrics[clean_text(name)] = {value, clean_text(unit), ""};
}

Record failed_row(Case item, const LogLine* line, std::string_view reason) {
  Record record = row_of(std::move(item), line, "");
  record.status = Status::failed;
  record.reason = clean_text(reason);
  return record;
}

void close_log(const ImportInput& input, const std::vector<LogLine>& lines, const Importer& importer,
               ImportResult& result) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].is_unfinished && !trimmed(lines[i].text).empty()) {
      result.remarks.push_back("line " + std::to_string(lines[i].number) +
                               " has no line end; a number that ends there may be cut off and is left out");
    }
  }
  const bool is_empty = result.records.empty();
  const LogLine* fault = is_empty ? find_error(lines) : find_crash(lines);
  const bool is_ours = importer.detects(input.text) > 0 || importer.detects(input.second_text) > 0;
  if (fault == nullptr && !(is_empty && is_ours)) return;
  if (!is_empty && result.records.back().status == Status::failed) {
    result.records.back().reason += ": " + clean_text(fault->text);
    return;
  }
  std::string reason = is_empty ? "the tool printed no result" : "the tool died after the rows above";
  if (fault != nullptr) reason += ": " + std::string(trimmed(fault->text));
  result.records.push_back(failed_row(model_case(input, result.tool, "", ""), fault, std::move(reason)));
}

}  // namespace hetscope

// From rows to points, weighted by their own intervals.
#include "reports/transfer_lines.hpp"

#include <algorithm>
#include <cmath>

#include "reports/compose.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kOperation = "transfer";
// A standard error below this share of the time claims more than one launch of a program knows.
constexpr double kLeastRelativeSigma = 0.01;

double metric_or_zero(const Record& record, const std::string& name) {
  const auto found = record.metrics.find(name);
  return found == record.metrics.end() || !std::isfinite(found->second.value) ? 0 : found->second.value;
}

// Records may come from strangers: an axis that is missing or of another type is no text.
std::string text_of(const Record& record, const std::string& axis) {
  const AxisValue* value = record.item.find(axis);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::string() : *text;
}

}  // namespace

std::map<TransferWay, TransferLine> transfer_lines(const Summary& summary) {
  std::map<TransferWay, TransferLine> lines;
  std::map<TransferWay, std::int64_t> largest;
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    if (record.item.operation() != kOperation || record.status != Status::ok) continue;
    if (record.item.find("load") != nullptr) continue;  // another experiment
    const LatencyRecord* latency = record.latency();
    const AxisValue* bytes = record.item.find("bytes");
    const auto* size = bytes == nullptr ? nullptr : std::get_if<std::int64_t>(bytes);
    if (latency == nullptr || size == nullptr) continue;
    const TransferWay way{row.run, word_of(labelled_words(summary, row), "processor"), text_of(record, "direction"),
                          text_of(record, "sync"), text_of(record, "sharing")};
    TransferLine& line = lines[way];
    if (std::int64_t& most = largest[way]; *size >= most) {
      most = *size;
      line.evidence = row.line;
    }
    // An interval of 95 % reaches 1.96 standard errors to either side.
    const double sigma = (latency->ci95_high_ns - latency->ci95_low_ns) / 2 / 1.96;
    line.points.push_back(
        {static_cast<double>(*size), latency->median_ns, std::max(sigma, kLeastRelativeSigma * latency->median_ns)});
    line.address_changes += metric_or_zero(record, "address_changes");
    line.is_mapped_elsewhere = line.is_mapped_elsewhere || metric_or_zero(record, "mapped_elsewhere") > 0;
  }
  for (auto& [way, line] : lines) line.fit = fit_line(line.points);
  return lines;
}

const TransferLine* copy_beside(const std::map<TransferWay, TransferLine>& lines, const TransferWay& way) {
  TransferWay open_copy = way;
  std::get<4>(open_copy) = kOpenCopy;
  const auto found = lines.find(open_copy);
  if (found == lines.end() || !found->second.fit || !(found->second.fit->slope > 0)) return nullptr;
  return &found->second;
}

}  // namespace hetscope

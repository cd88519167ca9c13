// From rows to points, weighted by their own intervals.
#include "reports/transfer_lines.hpp"

#include <algorithm>
#include <set>

#include "reports/compose.hpp"
#include "reports/row_values.hpp"

namespace hetscope {
namespace {

constexpr std::string_view kTransfer = "transfer";
constexpr std::size_t kFewestLaunches = 3;  // two numbers lie on any line

// A row of `transfer` with a trusted time.
struct TransferRow {
  const Row* row = nullptr;
  TransferWay way;
  std::int64_t bytes = 0;
  std::int64_t launches = 1;  // records of before the axis was there have one
};

std::vector<TransferRow> transfer_rows(const Summary& summary) {
  std::vector<TransferRow> result;
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    if (record.item.operation() != kTransfer || record.status != Status::ok) continue;
    if (record.item.find("load") != nullptr) continue;  // another experiment
    const std::optional<std::int64_t> size = axis_value<std::int64_t>(record, "bytes");
    if (record.latency() == nullptr || !size) continue;
    const bool is_of_image = record.item.kernel().ends_with("_image2d");
    result.push_back({&row,
                      {row.run, word_of(labelled_words(summary, row), "processor"),
                       axis_value<std::string>(record, "direction").value_or(""),
                       axis_value<std::string>(record, "sync").value_or(""),
                       is_of_image ? kImageCopy : axis_value<std::string>(record, "sharing").value_or("")},
                      *size,
                      axis_value<std::int64_t>(record, "launches").value_or(1)});
  }
  return result;
}

}  // namespace

std::map<TransferWay, TransferLine> transfer_lines(const Summary& summary) {
  std::map<TransferWay, TransferLine> lines;
  std::map<TransferWay, std::int64_t> largest;
  for (const TransferRow& found : transfer_rows(summary)) {
    if (found.launches != 1) continue;
    const Record& record = *found.row->record;
    TransferLine& line = lines[found.way];
    if (std::int64_t& most = largest[found.way]; found.bytes >= most) {
      most = found.bytes;
      line.evidence = found.row->line;
    }
    line.points.push_back(line_point_of(static_cast<double>(found.bytes), *record.latency()));
    line.address_changes += metric_of(record, "address_changes").value_or(0);
    line.is_mapped_elsewhere = line.is_mapped_elsewhere || metric_of(record, "mapped_elsewhere").value_or(0) > 0;
  }
  for (auto& [way, line] : lines) line.fit = fit_line(line.points);
  return lines;
}

std::map<LaunchWay, LaunchLine> launch_lines(const Summary& summary) {
  std::map<LaunchWay, LaunchLine> lines;
  std::map<LaunchWay, std::set<std::int64_t>> numbers;
  for (const TransferRow& found : transfer_rows(summary)) {
    const LaunchWay way = std::tuple_cat(found.way, std::tuple(found.bytes));
    numbers[way].insert(found.launches);
    lines[way].points.push_back(line_point_of(static_cast<double>(found.launches), *found.row->record->latency()));
  }
  std::erase_if(lines, [&](const auto& entry) { return numbers[entry.first].size() < kFewestLaunches; });
  for (auto& [way, line] : lines) line.fit = fit_line(line.points);
  return lines;
}

const TransferLine* copy_beside(const std::map<TransferWay, TransferLine>& lines, const TransferWay& way) {
  TransferWay open_copy = way;
  std::get<4>(open_copy) = kOpenCopy;
  auto found = lines.find(open_copy);
  if (found == lines.end()) {
    // A flag in shared memory tells of no copy; what a byte costs is the same however one waits.
    std::get<3>(open_copy) = "wait";
    found = lines.find(open_copy);
  }
  if (found == lines.end() || !found->second.fit || !(found->second.fit->slope > 0)) return nullptr;
  return &found->second;
}

}  // namespace hetscope

// D6: work that an accelerator was to do and does elsewhere, in fragments, through the host's memory or in vain.
#include <algorithm>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/detectors/detector_rows.hpp"
#include "reports/detectors/detectors.hpp"
#include "reports/row_values.hpp"

namespace hetscope {
namespace {

constexpr const char* kPartitions = "partitions";

bool is_within(const PlacementRecord& part) {
  return part.actual == part.requested || whole_processor(part.actual) == part.requested;
}

bool is_on_cpu_alone(const Record& record) {
  return record.item.processors().size() == 1 && whole_processor(record.item.processors()[0]) == "cpu";
}

}  // namespace

std::vector<Measured> fallbacks(const Summary& summary) {
  std::vector<Measured> values;
  for (const Row& row : summary.rows) {
    const auto& placement = row.record->placement;
    if (placement.empty()) continue;
    Measured measured{0, row.line};
    for (const PlacementRecord& part : placement) {
      if (is_within(part)) continue;
      ++measured.value;
      measured.remark += fmt::format("{}{} for {}", measured.remark.empty() ? "" : ", ", part.actual, part.requested);
    }
    values.push_back(std::move(measured));
  }
  return values;
}

// A provider that is the host's CPU takes node by node, which fragments nothing.
std::vector<Measured> fragments(const Summary& summary) {
  std::vector<Measured> values;
  for (const Row& row : summary.rows) {
    const auto partitions = metric_of(*row.record, kPartitions);
    if (!partitions || (row.record->item.processors().size() == 1 && runs_on_host_cpu(summary, row))) continue;
    values.push_back({*partitions, row.line});
  }
  return values;
}

std::vector<Measured> boundary_shares(const Summary& summary) {
  std::vector<Measured> values;
  for (const Row& row : summary.rows) {
    const auto bytes = metric_of(*row.record, "boundary_bytes");
    if (!bytes || row.record->executed_bytes <= 0) continue;
    const auto executed = static_cast<double>(row.record->executed_bytes);
    values.push_back(
        {*bytes / executed, row.line, fmt::format("{} of {}", format_bytes(*bytes), format_bytes(executed))});
  }
  return values;
}

// Delegated is what tells its partitions.
std::vector<Measured> slower_than_host(const Summary& summary) {
  std::vector<Measured> values;
  for (const auto& [name, rows] : timed_groups(summary)) {
    const Row* host = nullptr;
    for (const Row* row : rows) {
      if (is_on_cpu_alone(*row->record) && (host == nullptr || is_faster(row, host))) host = row;
    }
    if (host == nullptr) continue;
    for (const Row* row : rows) {
      if (is_on_cpu_alone(*row->record) || !metric_of(*row->record, kPartitions)) continue;
      const Comparison beside = compare_pair(*row, *host);
      if (!beside.ratio) continue;
      values.push_back({beside.ratio->interval.low, row->line, "beside " + host->record->item.kernel()});
    }
  }
  return values;
}

}  // namespace hetscope

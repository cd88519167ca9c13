// See stream_roof.hpp. The roof is measured, on all cores where a scenario does so: what a data sheet promises is no
// roof of this machine.
#include "reports/stream_roof.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/core/error.hpp"
#include "reports/case_words.hpp"
#include "reports/detectors/detectors.hpp"
#include "reports/row_values.hpp"

namespace hetscope {
namespace {

std::optional<StreamRoof> stream_roof(const Summary& summary, std::size_t run, std::int64_t bytes) {
  std::optional<StreamRoof> best;
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    if (row.run != run || !is_stream(record.item.operation()) || record.item.has(kLoadWord)) continue;
    if (record.status != Status::ok || 2 * record.useful_bytes < bytes || record.latency() == nullptr) continue;
    const double gb_per_s = static_cast<double>(record.executed_bytes) / record.latency()->ci95_low_ns;
    if (std::isfinite(gb_per_s) && (!best || gb_per_s > best->gb_per_s)) best = {gb_per_s, &row};
  }
  return best;
}

bool uses_host_memory(const RunInfo& run, const std::string& processor) {
  const ProcessorFacts* facts = run.processor(processor);
  return facts != nullptr &&
         (facts->runs_on_host_cpu || fact_of(facts->others, "memory shared with the host") == "yes");
}

}  // namespace

std::optional<Case> load_of(const Record& record) {
  const auto text = axis_value<std::string>(record, kLoadWord);
  if (!text) return std::nullopt;
  try {
    return Case::parse(*text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool is_stream(const std::string& operation) {
  static const std::set<std::string> kStreams = {"stream_read", "stream_write", "copy_bandwidth", "copy"};
  return kStreams.contains(operation);
}

std::optional<double> StreamsTogether::over_roof() const {
  if (!is_one_memory || !roof) return std::nullopt;
  return gb_per_s / roof->gb_per_s;
}

std::optional<StreamsTogether> streams_together(const Summary& summary, const Row& row) {
  const auto gb_per_s = metric_of(*row.record, "bandwidth_together");
  const std::optional<Case> load = load_of(*row.record);
  if (!gb_per_s || !load || !is_stream(row.record->item.operation()) || !is_stream(load->operation())) {
    return std::nullopt;
  }
  if (static_cast<double>(row.record->useful_bytes) < limit_of("D8", "bytes")) return std::nullopt;
  const auto is_in_host_memory = [&](const std::string& name) { return uses_host_memory(summary.runs[row.run], name); };
  return StreamsTogether{*gb_per_s,
                         std::ranges::all_of(row.record->item.processors(), is_in_host_memory) &&
                             std::ranges::all_of(load->processors(), is_in_host_memory),
                         stream_roof(summary, row.run, row.record->useful_bytes)};
}

}  // namespace hetscope

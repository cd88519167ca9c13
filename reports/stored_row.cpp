// Line by line; the fast reader first, the full one where it cannot say.
#include "reports/stored_row.hpp"

#include <filesystem>
#include <optional>

#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "harness/record/line_reader.hpp"
#include "reports/latency_series.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMaxFaults = 1000;

StoredRow row_of(const Record& record) {
  StoredRow row;
  row.line = record.item.line();
  row.session = record.session;
  row.run = run_of(record);
  row.device_model = record.device_model;
  row.device_unit = record.device_unit;
  row.launch = record.conditions.launch;
  row.clock = record.clock;
  row.has_time = has_time(record);
  if (const LatencyRecord* latency = record.latency()) {
    row.figure_ns = latency->figure_ns();
    row.interval = {latency->ci95_low_ns, latency->ci95_high_ns};
  }
  return row;
}

}  // namespace

void for_each_stored_row(const std::string& records_path,
                         const std::function<void(StoredRow&& row, std::string_view text)>& visit,
                         std::vector<std::string>& faults) {
  const std::string name = std::filesystem::path(records_path).filename().string();
  std::size_t untold = 0;
  const std::size_t told_before = faults.size();
  LineReader lines(records_path);
  StoredRowReader reader;
  while (lines.next()) {
    const std::string_view text = lines.line();
    if (!lines.is_too_long() && text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    std::optional<StoredRow> row(std::in_place);
    if (lines.is_too_long() || !reader.read(text, *row)) {
      const std::string where = name + " line " + std::to_string(lines.number());
      row.reset();
      try {
        if (lines.is_too_long())
          throw Error("longer than " + std::to_string(LineReader::kMaxLineBytes >> 20) + " MiB", where);
        row = row_of(record_from_json(parse_json(text, where), where));
      } catch (const Error& error) {
        if (faults.size() - told_before < kMaxFaults) {
          faults.push_back(error.what() +
                           std::string(lines.is_unfinished() ? " (the file ends in the middle of this line)" : ""));
        } else {
          ++untold;
        }
      }
    }
    if (row) visit(std::move(*row), text);
  }
  if (untold > 0) faults.push_back(name + ": " + std::to_string(untold) + " more lines cannot be read");
}

}  // namespace hetscope

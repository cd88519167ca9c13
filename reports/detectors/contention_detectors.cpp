// D8: what a case and the load beside it take from each other, and what no two can have together.
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/case_words.hpp"
#include "reports/detectors/detectors.hpp"
#include "reports/row_values.hpp"
#include "reports/stream_roof.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

bool is_of_memory(const std::string& operation) { return is_stream(operation) || operation == "pointer_chase"; }

// Run, case without its load, and the processors of the load.
using LoadedPlace = std::tuple<std::size_t, std::string, std::vector<std::string>>;

LoadedPlace place_of(const Row& row, const Case& load) {
  return {row.run, words_text(words_without(words_of(row.record->item), kLoadWord)), load.processors()};
}

// Rows beside a load that computes in registers and touches no memory.
std::map<LoadedPlace, const Row*> beside_arithmetic(const Summary& summary) {
  std::map<LoadedPlace, const Row*> rows;
  for (const Row& row : summary.rows) {
    const std::optional<Case> load = load_of(*row.record);
    if (load && load->operation() == "spin" && metric_of(*row.record, "retained")) rows[place_of(row, *load)] = &row;
  }
  return rows;
}

// Memory is what two contend for when a load of memory surely slows the case more than arithmetic in its place.
std::string cause_of(const Row& row, const Case& load, const std::map<LoadedPlace, const Row*>& arithmetic) {
  if (!is_of_memory(load.operation())) return "sharing of a core, since the load is not one of memory";
  const auto found = arithmetic.find(place_of(row, load));
  const auto retained = metric_of(*row.record, "retained");
  if (found == arithmetic.end() || !retained)
    return "memory or a core, since no load of spin was measured in its place";
  const Record& beside_spin = *found->second->record;
  const double high = metric_of(*row.record, "retained_high").value_or(*retained);
  const double low = metric_of(beside_spin, "retained_low").value_or(*metric_of(beside_spin, "retained"));
  return fmt::format("{}: the case keeps {}, and {} beside spin in its place",
                     high < low ? "memory contention" : "sharing of a core", ratio_text(*retained),
                     ratio_text(*metric_of(beside_spin, "retained")));
}

}  // namespace

std::vector<Measured> contentions(const Summary& summary) {
  const std::map<LoadedPlace, const Row*> arithmetic = beside_arithmetic(summary);
  std::vector<Measured> values;
  for (const Row& row : summary.rows) {
    const auto efficiency = metric_of(*row.record, "concurrency_efficiency");
    const std::optional<Case> load = load_of(*row.record);
    if (!efficiency || !load) continue;
    values.push_back({2 - *efficiency, row.line, cause_of(row, *load, arithmetic)});
  }
  return values;
}

std::vector<Measured> impossible_sums(const Summary& summary) {
  std::vector<Measured> values;
  for (const Row& row : summary.rows) {
    if (const auto low = metric_of(*row.record, "concurrency_efficiency_low")) values.push_back({*low, row.line});
  }
  return values;
}

std::vector<Measured> impossible_bandwidths(const Summary& summary) {
  std::vector<Measured> values;
  for (const Row& row : summary.rows) {
    const auto together = streams_together(summary, row);
    const auto over_roof = together ? together->over_roof() : std::nullopt;
    if (!over_roof) continue;
    values.push_back({*over_roof, row.line,
                      fmt::format("{} GB/s together, {} GB/s by {}", format_number(together->gb_per_s),
                                  format_number(together->roof->gb_per_s), together->roof->row->line)});
  }
  return values;
}

}  // namespace hetscope

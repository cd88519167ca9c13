// "Pitfalls": the detectors that were evaluated as a table, a line for each place where one fires, and the others as a
// list of what was not evaluated.
#include <algorithm>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

// Of one sign; whoever needs more finds the values in the results.
constexpr std::size_t kMostPlaces = 8;

std::vector<Cell> cells_of(const Finding& finding) {
  const Detector& detector = *finding.detector;
  const bool fires = finding.fired > 0;
  return {{detector.name()},
          {detector.pitfall},
          {fires ? "fires" : "quiet", {}, fires ? Tone::warning : Tone::neutral},
          number_cell(std::to_string(finding.fired) + " of " + std::to_string(finding.evaluated),
                      static_cast<double>(finding.fired)),
          number_cell(format_number(finding.worst->value), finding.worst->value),
          number_cell(format_number(detector.above), detector.above),
          {detector.value},
          {finding.worst->evidence},
          {fires ? detector.remedy : ""}};
}

void append_places(const Finding& finding, List& lines) {
  const Detector& detector = *finding.detector;
  const std::size_t shown = std::min(kMostPlaces, finding.places.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const Measured& place = finding.places[i];
    lines.items.push_back(fmt::format("{}, {}: {}, above {}, in {}{}{}", detector.name(), detector.pitfall,
                                      format_number(place.value), format_number(detector.above), place.evidence,
                                      place.remark.empty() ? "" : ": ", place.remark));
  }
  if (shown < finding.places.size()) {
    lines.items.push_back(fmt::format("{}: and {} more", detector.name(), finding.places.size() - shown));
  }
}

}  // namespace

void compose_pitfalls(const std::vector<Finding>& findings, Document& document) {
  Table table;
  table.columns = {{"detector"},          {"pitfall"}, {"outcome"}, {"fires in", true}, {"largest value", true},
                   {"fires above", true}, {"value"},   {"where"},   {"what to do"}};
  List places, others;
  for (const Finding& finding : findings) {
    if (finding.evaluated == 0) {
      others.items.push_back(finding.detector->name() + ", " + finding.detector->pitfall +
                             ": not evaluated, no such rows (" + finding.detector->experiment + ").");
      continue;
    }
    table.rows.push_back(cells_of(finding));
    append_places(finding, places);
  }
  document.add(Heading{2, "Pitfalls"});
  if (!table.rows.empty()) document.add(std::move(table));
  if (!places.items.empty()) document.add(std::move(places));
  if (others.items.empty()) return;
  Details details{"Not evaluated: " + count_of(others.items.size(), "sign"), {}};
  details.blocks.push_back({std::move(others)});
  document.add(std::move(details));
}

}  // namespace hetscope

// Reads the thresholds, asks each detector's rows, and says what came of it.
#include "reports/detectors/detectors.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <span>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "harness/core/embedded_file.hpp"
#include "harness/core/error.hpp"
#include "harness/core/units.hpp"
#include "harness/record/json_node.hpp"
#include "reports/compose.hpp"
#include "reports/text.hpp"

namespace hetscope {

std::span<const EmbeddedFile> detector_files();

namespace {

constexpr const char* kPath = "reports/detectors/detectors.json";
constexpr const char* kDetectorsSchema = "hetscope/detectors/1";

using Values = std::vector<Measured> (*)(const Summary&);
constexpr std::array<std::pair<std::string_view, Values>, 18> kValues = {{{"D1", slower_than_alone},
                                                                          {"D2", sharing_shares},
                                                                          {"D3", imbalances},
                                                                          {"D4", wrong_layouts},
                                                                          {"D5", hidden_copies},
                                                                          {"D6", fallbacks},
                                                                          {"D7", seam_errors},
                                                                          {"D8", contentions},
                                                                          {"D9", mispredictions},
                                                                          {"D10", regrets_of_plans},
                                                                          {"D11", frequency_differences},
                                                                          {"D12", drifts},
                                                                          {"D13", energy_inversions},
                                                                          {"D14", spinning_waiters},
                                                                          {"D15", collapses_of_threads},
                                                                          {"D16", cold_costs},
                                                                          {"D17", unheeded_options},
                                                                          {"D18", stutters}}};

std::vector<Detector> read_detectors() {
  const auto document = parse_ordered_json(embedded_text(detector_files(), kPath), kPath);
  const JsonNode root(*document, kPath);
  root.check_keys({"schema", "detectors"});
  if (root.at("schema").text() != kDetectorsSchema) throw root.error("is of another schema");
  std::vector<Detector> detectors;
  for (const auto& item : document->at("detectors")) {
    const JsonNode node(item, kPath);
    node.check_keys({"id", "pitfall", "value", "above", "experiment", "remedy"});
    detectors.push_back({node.at("id").text(), node.at("pitfall").text(), node.at("value").text(),
                         node.at("above").number(0, 1e6), node.at("experiment").text(), node.at("remedy").text()});
  }
  return detectors;
}

std::vector<Cell> cells_of(const Finding& finding) {
  const Detector& detector = *finding.detector;
  const bool fires = finding.fired > 0;
  return {{detector.id},
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

}  // namespace

const std::vector<Detector>& all_detectors() {
  static const std::vector<Detector> detectors = read_detectors();
  return detectors;
}

double threshold_of(std::string_view id) {
  for (const Detector& detector : all_detectors()) {
    if (detector.id == id) return detector.above;
  }
  throw Error("no detector '" + std::string(id) + "'", kPath);
}

std::vector<Finding> detect(const Summary& summary) {
  std::vector<Finding> findings;
  for (const Detector& detector : all_detectors()) {
    Finding finding;
    finding.detector = &detector;
    const auto values = std::find_if(kValues.begin(), kValues.end(),
                                     [&detector](const auto& entry) { return entry.first == detector.id; });
    assert(values != kValues.end() && "every detector of the file has its values");
    for (Measured& measured : values->second(summary)) {
      ++finding.evaluated;
      if (measured.value > detector.above) ++finding.fired;
      if (!finding.worst || measured.value > finding.worst->value) finding.worst = std::move(measured);
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

void compose_pitfalls(const Summary& summary, Document& document) {
  Table table;
  table.columns = {{"detector"},          {"pitfall"}, {"outcome"}, {"fires in", true}, {"largest value", true},
                   {"fires above", true}, {"value"},   {"where"},   {"what to do"}};
  List others;
  for (const Finding& finding : detect(summary)) {
    if (finding.evaluated > 0) {
      table.rows.push_back(cells_of(finding));
    } else {
      others.items.push_back(finding.detector->id + ", " + finding.detector->pitfall +
                             ": not evaluated, no such rows (" + finding.detector->experiment + ").");
    }
  }
  if (table.rows.empty()) return;
  document.add(Heading{2, "Pitfalls"});
  document.add(std::move(table));
  Details details{"Not evaluated: " + count_of(others.items.size(), "detector"), {}};
  details.blocks.push_back({std::move(others)});
  document.add(std::move(details));
}

}  // namespace hetscope

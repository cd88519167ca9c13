// Reads the thresholds, asks each detector's rows, and counts what is above.
#include "reports/detectors/detectors.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <span>
#include <string>
#include <utility>

#include "harness/core/embedded_file.hpp"
#include "harness/core/error.hpp"
#include "harness/record/json_node.hpp"

namespace hetscope {

std::span<const EmbeddedFile> detector_files();

namespace {

constexpr const char* kPath = "reports/detectors/detectors.json";
constexpr const char* kDetectorsSchema = "hetscope/detectors/2";
constexpr double kLargestFigure = 1e9;

using Values = std::vector<Measured> (*)(const Summary&);
constexpr std::array<std::pair<std::string_view, Values>, 26> kValues = {{{"D1", slower_than_alone},
                                                                          {"D2 share", sharing_shares},
                                                                          {"D2 gain", sharing_over_gain},
                                                                          {"D3 imbalance", imbalances},
                                                                          {"D3 ratio", regrets_of_ratios},
                                                                          {"D4", wrong_layouts},
                                                                          {"D5", hidden_copies},
                                                                          {"D6 elsewhere", fallbacks},
                                                                          {"D6 partitions", fragments},
                                                                          {"D6 boundary", boundary_shares},
                                                                          {"D6 slower", slower_than_host},
                                                                          {"D7", seam_errors},
                                                                          {"D8 loss", contentions},
                                                                          {"D8 sum", impossible_sums},
                                                                          {"D8 bandwidth", impossible_bandwidths},
                                                                          {"D9", mispredictions},
                                                                          {"D10", regrets_of_plans},
                                                                          {"D11", frequency_differences},
                                                                          {"D12", drifts},
                                                                          {"D13", energy_inversions},
                                                                          {"D14 spinning", spinning_waiters},
                                                                          {"D14 slowed", slowed_by_waiters},
                                                                          {"D15", collapses_of_threads},
                                                                          {"D16", cold_costs},
                                                                          {"D17", unheeded_options},
                                                                          {"D18", stutters}}};

Detector detector_from(const JsonNode& node) {
  node.check_keys({"id", "sign", "pitfall", "value", "above", "limits", "source", "experiment", "remedy"});
  Detector detector;
  detector.id = node.at("id").text();
  if (const auto sign = node.find("sign")) detector.sign = sign->text();
  detector.pitfall = node.at("pitfall").text();
  detector.value = node.at("value").text();
  detector.above = node.at("above").number(0, kLargestFigure);
  if (const auto limits = node.find("limits")) {
    for (const auto& [name, limit] : limits->members()) detector.limits[name] = limit.number(0, kLargestFigure);
  }
  detector.source = node.at("source").text();
  detector.experiment = node.at("experiment").text();
  detector.remedy = node.at("remedy").text();
  return detector;
}

std::vector<Detector> read_detectors() {
  const auto document = parse_ordered_json(embedded_text(detector_files(), kPath), kPath);
  const JsonNode root(*document, kPath);
  root.check_keys({"schema", "detectors"});
  if (root.at("schema").text() != kDetectorsSchema) throw root.error("is of another schema");
  std::vector<Detector> detectors;
  for (const JsonNode& node : root.at("detectors").items()) detectors.push_back(detector_from(node));
  return detectors;
}

Finding finding_of(const Detector& detector, std::vector<Measured> values) {
  Finding finding;
  finding.detector = &detector;
  // Records may come from strangers.
  std::erase_if(values, [](const Measured& measured) { return !std::isfinite(measured.value); });
  finding.evaluated = values.size();
  std::ranges::stable_sort(values, std::ranges::greater(), &Measured::value);
  if (!values.empty()) finding.worst = values.front();
  std::erase_if(values, [&detector](const Measured& measured) { return !(measured.value > detector.above); });
  finding.fired = values.size();
  finding.places = std::move(values);
  return finding;
}

}  // namespace

std::string Detector::name() const { return sign.empty() ? id : id + " " + sign; }

const std::vector<Detector>& all_detectors() {
  static const std::vector<Detector> detectors = read_detectors();
  return detectors;
}

double threshold_of(std::string_view id, std::string_view sign) {
  for (const Detector& detector : all_detectors()) {
    if (detector.id == id && (sign.empty() || detector.sign == sign)) return detector.above;
  }
  throw Error("no detector '" + std::string(id) + "' with a sign '" + std::string(sign) + "'", kPath);
}

double limit_of(std::string_view id, std::string_view name) {
  for (const Detector& detector : all_detectors()) {
    const auto limit = detector.limits.find(std::string(name));
    if (detector.id == id && limit != detector.limits.end()) return limit->second;
  }
  throw Error("detector '" + std::string(id) + "' has no limit '" + std::string(name) + "'", kPath);
}

std::vector<Finding> detect(const Summary& summary) {
  std::vector<Finding> findings;
  for (const Detector& detector : all_detectors()) {
    const auto values = std::ranges::find(kValues, detector.name(), [](const auto& entry) { return entry.first; });
    assert(values != kValues.end() && "every entry of the file has its values");
    findings.push_back(finding_of(detector, values->second(summary)));
  }
  return findings;
}

}  // namespace hetscope

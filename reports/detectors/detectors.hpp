// Known pitfalls of dividing and placing work, each with a value that is above its threshold where it bites
// (detectors.json). A detector whose experiment was not run is not evaluated, which is not the same as passed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/document.hpp"
#include "reports/summary.hpp"

namespace hetscope {

// One way in which a pitfall shows. Most detectors have one; those with several have an entry for each.
struct Detector {
  std::string id;                        // "D1"
  std::string sign;                      // "partitions"; "" where the detector has one sign only
  std::string pitfall;                   // in one line
  std::string value;                     // what is compared with `above`
  double above = 0;                      // it fires above this
  std::map<std::string, double> limits;  // further figures that decide what is judged, by name
  std::string source;                    // where `above` and the limits come from
  std::string experiment;                // whose rows can tell
  std::string remedy;

  std::string name() const;  // "D6 partitions"
};

// A value of one place, with the case that shows it and what else a reader must know of it.
struct Measured {
  double value = 0;
  std::string evidence = {};
  std::string remark = {};
};

struct Finding {
  const Detector* detector = nullptr;
  std::size_t evaluated = 0;      // places looked at; 0: not evaluated
  std::size_t fired = 0;          // of these above the threshold
  std::optional<Measured> worst;  // the largest value
  std::vector<Measured> places;   // those that fired, the largest value first
};

// All of them, in the order of the file that is part of the program; throws Error when that is not what it should be.
const std::vector<Detector>& all_detectors();
// What the detector `id` of the file fires above, for sections that judge by the same limit; the first of its signs
// when none is named. Throws Error for an unknown one.
double threshold_of(std::string_view id, std::string_view sign = {});
// A limit of the detector `id`; throws Error for an unknown one.
double limit_of(std::string_view id, std::string_view name);
// One finding for each entry.
std::vector<Finding> detect(const Summary& summary);

// The values of each entry; none where nothing can tell. Evidence is a row's case line.
// split_detectors.cpp
std::vector<Measured> slower_than_alone(const Summary& summary);  // D1
std::vector<Measured> sharing_shares(const Summary& summary);     // D2 share
std::vector<Measured> sharing_over_gain(const Summary& summary);  // D2 gain
std::vector<Measured> imbalances(const Summary& summary);         // D3 imbalance
std::vector<Measured> regrets_of_ratios(const Summary& summary);  // D3 ratio
std::vector<Measured> mispredictions(const Summary& summary);     // D9
std::vector<Measured> regrets_of_plans(const Summary& summary);   // D10
std::vector<Measured> slowed_by_waiters(const Summary& summary);  // D14 slowed
// layout_detector.cpp
std::vector<Measured> wrong_layouts(const Summary& summary);  // D4
// placement_detectors.cpp
std::vector<Measured> fallbacks(const Summary& summary);         // D6 elsewhere
std::vector<Measured> fragments(const Summary& summary);         // D6 partitions
std::vector<Measured> boundary_shares(const Summary& summary);   // D6 boundary
std::vector<Measured> slower_than_host(const Summary& summary);  // D6 slower
// precision_detector.cpp
std::vector<Measured> seam_errors(const Summary& summary);  // D7
// contention_detectors.cpp
std::vector<Measured> contentions(const Summary& summary);            // D8 loss
std::vector<Measured> impossible_sums(const Summary& summary);        // D8 sum
std::vector<Measured> impossible_bandwidths(const Summary& summary);  // D8 bandwidth
// row_detectors.cpp
std::vector<Measured> hidden_copies(const Summary& summary);          // D5
std::vector<Measured> frequency_differences(const Summary& summary);  // D11
std::vector<Measured> drifts(const Summary& summary);                 // D12
std::vector<Measured> energy_inversions(const Summary& summary);      // D13
std::vector<Measured> spinning_waiters(const Summary& summary);       // D14 spinning
std::vector<Measured> collapses_of_threads(const Summary& summary);   // D15
std::vector<Measured> cold_costs(const Summary& summary);             // D16
std::vector<Measured> unheeded_options(const Summary& summary);       // D17
std::vector<Measured> stutters(const Summary& summary);               // D18

}  // namespace hetscope

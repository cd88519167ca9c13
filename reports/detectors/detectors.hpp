// Known pitfalls of dividing and placing work, each with a value that is above its threshold where it bites
// (detectors.json). A detector whose experiment was not run is not evaluated, which is not the same as passed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/document.hpp"
#include "reports/summary.hpp"

namespace hetscope {

struct Detector {
  std::string id;          // "D1"
  std::string pitfall;     // in one line
  std::string value;       // what is compared with `above`
  double above = 0;        // it fires above this
  std::string experiment;  // whose rows can tell
  std::string remedy;
};

// A value of one place, with the case that shows it.
struct Measured {
  double value = 0;
  std::string evidence;
};

struct Finding {
  const Detector* detector = nullptr;
  std::size_t evaluated = 0;      // places looked at; 0: not evaluated
  std::size_t fired = 0;          // of these above the threshold
  std::optional<Measured> worst;  // the largest value
};

// All of them, in the order of the file that is part of the program; throws Error when that is not what it should be.
const std::vector<Detector>& all_detectors();
// What the detector `id` of the file fires above, for sections that judge by the same limit; throws for an unknown one.
double threshold_of(std::string_view id);
// One finding for each detector.
std::vector<Finding> detect(const Summary& summary);
// "Pitfalls": those that were evaluated as a table, the others as a list. Nothing when none was.
void compose_pitfalls(const Summary& summary, Document& document);

// split_detectors.cpp and row_detectors.cpp: the values of each detector; none where nothing can tell.
std::vector<Measured> slower_than_alone(const Summary& summary);      // D1
std::vector<Measured> sharing_shares(const Summary& summary);         // D2
std::vector<Measured> imbalances(const Summary& summary);             // D3
std::vector<Measured> wrong_layouts(const Summary& summary);          // D4
std::vector<Measured> hidden_copies(const Summary& summary);          // D5
std::vector<Measured> fallbacks(const Summary& summary);              // D6
std::vector<Measured> seam_errors(const Summary& summary);            // D7
std::vector<Measured> contentions(const Summary& summary);            // D8
std::vector<Measured> mispredictions(const Summary& summary);         // D9
std::vector<Measured> regrets_of_plans(const Summary& summary);       // D10
std::vector<Measured> frequency_differences(const Summary& summary);  // D11
std::vector<Measured> drifts(const Summary& summary);                 // D12
std::vector<Measured> energy_inversions(const Summary& summary);      // D13
std::vector<Measured> spinning_waiters(const Summary& summary);       // D14
std::vector<Measured> collapses_of_threads(const Summary& summary);   // D15
std::vector<Measured> cold_costs(const Summary& summary);             // D16
std::vector<Measured> unheeded_options(const Summary& summary);       // D17
std::vector<Measured> stutters(const Summary& summary);               // D18

}  // namespace hetscope

// Two sides of any size by the medians and intervals that their records have: a first look that tells which of a
// million cases deserve the judge. It forms no verdict of its own; those of compare_sessions() are for the rows asked
// for.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/statistics/verdict.hpp"
#include "reports/session_comparison.hpp"

namespace hetscope {

struct StoredComparison {
  std::string line;  // of the case
  double ratio = 0;  // of the medians over sessions of the sessions' medians, candidate / base
  // From the lowest end to the highest end of all sessions' intervals: wider than the judge's.
  Interval interval;
  int sessions_base = 0, sessions_candidate = 0;
};

struct StoredSides {
  std::vector<StoredComparison> rows;    // of the cases that both sides have on one clock, the largest difference first
  std::size_t records = 0;               // read
  std::vector<std::string> differences;  // as differences_between(), but for energies
  std::vector<std::string> faults;
};

// Each side is a list of records.jsonl files. Of one session's case the last record counts.
StoredSides compare_stored(const std::vector<std::string>& base, const std::vector<std::string>& candidate);

// The records of these cases in full; one that turns out to be none is told in `faults`.
std::vector<Record> records_of_cases(const std::vector<std::string>& files, const std::vector<std::string>& lines,
                                     std::vector<std::string>& faults);

}  // namespace hetscope

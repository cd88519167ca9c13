// The samples of a row as the comparisons read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/record/record.hpp"

namespace hetscope {

// Samples per iteration with their rounds, both lists of one length; samples that a clock missed are left out.
struct LatencySeries {
  std::vector<double> per_iteration_ns;
  std::vector<std::int32_t> rounds;
};
LatencySeries series_of(const LatencyRecord& latency);

// Timed, and right where that was verified: `ok`, or `unstable` with its time.
bool has_time(const Record& record);
// The run that a row is of: of one run's case the last row counts, whatever its sessions were called. A row of no known
// run has its session for one.
std::string run_of(const Record& record);
// Its results were never looked at, and `notes.not_verified` says why.
bool is_unverified(const Record& record);
// What a reader of so many rows that are must know.
std::string unverified_caution(std::size_t rows);

// The candidate's principal clock when both have it; another common one (the host's first) only when not; "" for none.
std::string common_clock(const Record& candidate, const Record& baseline);

}  // namespace hetscope

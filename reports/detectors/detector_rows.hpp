// How detectors walk through the rows of a report.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reports/detectors/detectors.hpp"
#include "reports/split_summary.hpp"
#include "reports/summary.hpp"

namespace hetscope {

// Rows whose times were taken in the same rounds: by run and group those with a time, in the order of the records.
std::map<std::pair<std::size_t, std::string>, std::vector<const Row*>> timed_groups(const Summary& summary);

// What `look` makes of each division and its processors alone; where it names no evidence, that is the best division.
std::vector<Measured> of_each_division(const Summary& summary,
                                       const std::function<std::optional<Measured>(const SplitGroup&)>& look);

// Times of one row on one clock, nullptr when it has none there.
const LatencyRecord* latency_on(const Row& row, const std::string& clock);

}  // namespace hetscope

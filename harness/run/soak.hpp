// What lasting work did to its own pace, as metrics of the case's record.
#pragma once

#include <cstdint>

#include "harness/measure/session.hpp"
#include "harness/record/record.hpp"

namespace hetscope {

// `soak_first` and `soak_last` (seconds): the median execution in the first twentieth of the rounds and in the last
// quarter (of twenty minutes the first and the last five, as rounds take equal times unless the device slows down).
// `soak_drift`: the last over the first, with `_low` and `_high` (95 %). Nothing with fewer than 20 rounds.
void add_soak(Record& record, const Measurement& measurement, std::uint64_t seed);

}  // namespace hetscope

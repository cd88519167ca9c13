// What a case and the load beside it do to each other, as metrics of the case's record.
#pragma once

#include <cstdint>

#include "harness/kernel/work.hpp"
#include "harness/measure/session.hpp"
#include "harness/record/record.hpp"

namespace hetscope {

// From paired visits: `retained` (the case's pace beside the load over its pace alone), `load_retained`, their sum
// `concurrency_efficiency` (1: what one gains the other loses; 2: independent), each with `_low` and `_high` (95 %
// bootstrap over visits) from two visits on; the load's own pace alone and together; and, where both move memory by
// their executed bytes, the bandwidth of both together. `load` is the load's executed work.
void add_contention(Record& record, const LoadedVisits& visits, const Work& load, std::uint64_t seed);

}  // namespace hetscope

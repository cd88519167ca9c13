// Chains of multiply-adds in the widest vectors of the running CPU.
#pragma once

#include <cstdint>

namespace hetscope {

// result[i] = x after `steps` times x <- x * factor + addend from x = start[i], for i in [0, count).
void multiply_add_chains(const float* start, float* result, std::int64_t count, std::int64_t steps, float factor,
                         float addend);

}  // namespace hetscope

// Which divisors are worth trying when a linear form is split into a part that divides and a small rest.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/tensor/index_linear.hpp"

namespace hetscope {

// The common divisors, above 1, of some of the factors of `linear` and of `divisor` (0: of the factors alone), largest
// first. There are never more than a few hundred.
std::vector<std::int64_t> common_parts(const IndexLinear& linear, std::int64_t divisor);

}  // namespace hetscope

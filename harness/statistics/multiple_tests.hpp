// Many comparisons at once: some look decided by chance alone.
#pragma once

#include <span>
#include <vector>

namespace hetscope {

// Benjamini and Hochberg's (1995) step-up rule: which of the tests with these p-values are discoveries when the
// expected share of false ones among them shall be at most `rate`. In the order of the input; NaN is never a discovery.
std::vector<bool> discoveries(std::span<const double> p_values, double rate = 0.05);

}  // namespace hetscope

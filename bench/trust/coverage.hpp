// How often the suite's intervals hold a truth that is known, on synthetic samples.
#pragma once

namespace hetscope {

// Prints a JSON document: for each kind of series the number of trials, of intervals that held the true median, and of
// series that were refused because their effective size is below kMinEffectiveSize.
void print_coverage(int trials);

}  // namespace hetscope

// A kernel that is slower by a known share: the truth that the suite's verdicts are tried on.
#pragma once

#include <memory>
#include <string>

#include "harness/kernel/kernel.hpp"

namespace hetscope {

// Runs like `inner` (which must outlive it) and spins afterwards for `share` of the time that the batch just took, so
// that the slow-down is exact in every round whatever the machine does. Its name is "<inner>_slowed_<percent>".
std::unique_ptr<Kernel> make_slowed_kernel(const Kernel& inner, int percent);

}  // namespace hetscope

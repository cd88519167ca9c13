// Which CPUs a thread may run on: the system call, for any number of CPUs.
#pragma once

#include <vector>

namespace hetscope {

// CPUs that the calling thread may run on, ascending; empty when the system does not tell.
std::vector<int> affinity_of_this_thread();
// false when the system refuses (a CPU that is offline or outside the process's cpuset).
bool pin_this_thread(const std::vector<int>& cpus);

}  // namespace hetscope

// One group measured by a worker of its own, started for it and gone after it: what a launch decides once (addresses,
// placement of pages, first touch) is drawn anew in the next one.
#pragma once

#include <vector>

#include "harness/run/supervisor.hpp"
#include "harness/run/worker_protocol.hpp"

namespace hetscope {

// One record per case of the group, in its order; the same case may stand there twice. A worker that dies or exceeds
// the group's time-out gives `failed` records. Throws Error when it cannot be started, Interrupted on a signal (under
// an InterruptionGuard).
std::vector<Record> measure_in_launch(const WorkerCommand& worker, const RunRequest& request);

}  // namespace hetscope
